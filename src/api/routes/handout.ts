import { caller, type Routes } from '../api.ts';
import { presentHandout } from '../present/handout.ts';
import { requestSignal } from '../request-signal.ts';
import { credentialRequest, issuedCredential } from '../schemas/handout.ts';

/** Credentials for clients of registries. */
export const handoutRoutes: Routes = (api, { handouts }) => {
  api.post(
    '/credentials',
    {
      config: { permission: 'credential:pull' },
      schema: {
        operationId: 'issueCredential',
        tags: ['Credentials'],
        summary: 'Hand out a credential of a registry',
        description:
          'For docker, podman, the kubelet and other clients. Short-lived and limited to what was asked for where the registry can make such credentials; otherwise what the registry has, if the caller may use that (permission `credential:use`). Every answer is recorded.',
        body: credentialRequest,
        response: { 200: issuedCredential },
      },
    },
    async (request, reply) => {
      reply.header('cache-control', 'no-store');
      return presentHandout(await handouts.issue(caller(request), request.body, requestSignal(reply)));
    },
  );
};
