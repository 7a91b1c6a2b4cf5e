import { parseCertificates } from '../../registries/index.ts';
import { caller, type Routes } from '../api.ts';
import { certificateInput, certificateList, credentialSourceList, detectInput, detection, providerList } from '../schemas/provider.ts';
import { requestSignal } from '../request-signal.ts';

const tags = ['Providers'];

export const providerRoutes: Routes = (api, { providers, registries, sources }) => {
  api.get(
    '/providers',
    {
      config: { permission: 'registry:read' },
      schema: {
        operationId: 'listProviders',
        tags,
        summary: 'List the kinds of registry and the fields of their forms',
        response: { 200: providerList },
      },
    },
    async () => ({ items: providers.describe() }),
  );

  api.get(
    '/credential-sources',
    {
      config: { permission: 'registry:write' },
      schema: {
        operationId: 'listCredentialSources',
        tags,
        summary: 'List the places that secrets can be read from instead of being stored',
        response: { 200: credentialSourceList },
      },
    },
    async () => ({ items: sources.kinds() }),
  );

  api.post(
    '/providers/detect',
    {
      // Not for viewers: with `probe`, the caller has the hub connect to an address of their choice.
      config: { permission: 'registry:write' },
      schema: {
        operationId: 'detectRegistry',
        tags,
        summary: 'Recognise a registry in pasted text',
        description: 'Reads a URL, an image reference, a `docker login` line, a JSON key or a Docker configuration. Nothing is stored.',
        body: detectInput,
        response: { 200: detection },
      },
    },
    async (request, reply) => {
      const { text, probe } = request.body;
      return registries.detect(caller(request), text, { probe, signal: requestSignal(reply) });
    },
  );

  api.post(
    '/certificates/parse',
    {
      config: { permission: 'registry:read' },
      schema: {
        operationId: 'parseCertificates',
        tags,
        summary: 'Read what PEM certificates say',
        body: certificateInput,
        response: { 200: certificateList },
      },
    },
    async (request) => ({ items: parseCertificates(request.body.pem) }),
  );
};
