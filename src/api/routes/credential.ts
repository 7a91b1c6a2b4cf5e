import { z } from 'zod';
import { caller, type Routes } from '../api.ts';
import { type DoctorRun, sendDoctorRun } from '../doctor-run.ts';
import { expectedVersion, tagVersion } from '../etag.ts';
import { presentCredential } from '../present/credential.ts';
import { requestSignal } from '../request-signal.ts';
import { key } from '../schemas/common.ts';
import { credentialDetail, nextCredentialInput, promoteInput, testNextInput } from '../schemas/credential.ts';
import { doctorReport, doctorStep } from '../schemas/registry.ts';

const tags = ['Credentials'];
const params = z.object({ registry: key.describe('Id or name') });
const response = { 200: credentialDetail };

/** The life of a registry's credential: what is known of it, renewing it, and changing it for the next one. */
export const credentialRoutes: Routes = (api, { credentials }) => {
  api.get(
    '/registries/:registry/credential',
    {
      config: { permission: 'registry:read', editable: true },
      schema: {
        operationId: 'getCredential',
        tags,
        summary: 'Read what is known of a credential',
        description: 'When it was issued and ends, who used it, what depends on it, which one is next. Never the credential itself.',
        params,
        response,
      },
    },
    async (request, reply) => {
      const detail = await credentials.get(caller(request), request.params.registry);
      tagVersion(reply, detail.version);
      return presentCredential(detail);
    },
  );

  api.post(
    '/registries/:registry/credential/refresh',
    {
      config: { permission: 'registry:test' },
      schema: {
        operationId: 'refreshCredential',
        tags,
        summary: 'Have a new credential issued now',
        description: 'The one in use stays in use when that fails.',
        params,
        response,
      },
    },
    async (request, reply) => presentCredential(await credentials.refresh(caller(request), request.params.registry, requestSignal(reply))),
  );

  api.put(
    '/registries/:registry/credential/next',
    {
      config: { permission: 'registry:write', editable: true },
      schema: {
        operationId: 'setNextCredential',
        tags,
        summary: 'Prepare the next credential',
        description:
          'It is checked as in an edit of the registry and kept beside the one in use, which stays in use until the next one is promoted. Replaces a next one that is there.',
        params,
        body: nextCredentialInput,
        response,
      },
    },
    async (request, reply) => {
      const detail = await credentials.setNext(caller(request), request.params.registry, request.body, expectedVersion(request));
      tagVersion(reply, detail.version);
      return presentCredential(detail);
    },
  );

  api.delete(
    '/registries/:registry/credential/next',
    {
      config: { permission: 'registry:write', editable: true },
      schema: { operationId: 'discardNextCredential', tags, summary: 'Discard the next credential', params, response },
    },
    async (request, reply) => {
      const detail = await credentials.discard(caller(request), request.params.registry, 'next', expectedVersion(request));
      tagVersion(reply, detail.version);
      return presentCredential(detail);
    },
  );

  api.post(
    '/registries/:registry/credential/next/test',
    {
      config: { permission: 'registry:test', events: { step: doctorStep, report: doctorReport } },
      schema: {
        operationId: 'testNextCredential',
        tags,
        summary: 'Test the next credential',
        description:
          'The one in use is not touched. With `Accept: text/event-stream` every step is sent as it starts and ends (`event: step`), then the report (`event: report`); otherwise the report alone.',
        params,
        body: testNextInput,
        response: { 200: doctorReport },
      },
    },
    async (request, reply) =>
      sendDoctorRun(
        request,
        reply,
        (signal): DoctorRun => credentials.testNext(caller(request), request.params.registry, request.body.options ?? {}, signal),
      ),
  );

  api.post(
    '/registries/:registry/credential/next/promote',
    {
      config: { permission: 'registry:write', editable: true },
      schema: {
        operationId: 'promoteNextCredential',
        tags,
        summary: 'Put the next credential in use',
        description:
          'The one in use becomes the previous one, to go back to. Refused (`conflict`) while the next one was not tested since the last change of the registry, or its test failed, unless it is forced.',
        params,
        body: promoteInput,
        response,
      },
    },
    async (request, reply) => {
      const detail = await credentials.promote(caller(request), request.params.registry, request.body, expectedVersion(request));
      tagVersion(reply, detail.version);
      return presentCredential(detail);
    },
  );

  api.post(
    '/registries/:registry/credential/rollback',
    {
      config: { permission: 'registry:write', editable: true },
      schema: {
        operationId: 'rollBackCredential',
        tags,
        summary: 'Go back to the previous credential',
        description:
          'The one in use becomes the next one, untested; where another next one is prepared, that stays, and the one in use becomes the previous one.',
        params,
        response,
      },
    },
    async (request, reply) => {
      const detail = await credentials.rollBack(caller(request), request.params.registry, expectedVersion(request));
      tagVersion(reply, detail.version);
      return presentCredential(detail);
    },
  );

  api.delete(
    '/registries/:registry/credential/previous',
    {
      config: { permission: 'registry:write', editable: true },
      schema: {
        operationId: 'discardPreviousCredential',
        tags,
        summary: 'Forget the previous credential',
        description: 'Do it once the old one is revoked at the registry. By itself it is forgotten 30 days after it was replaced.',
        params,
        response,
      },
    },
    async (request, reply) => {
      const detail = await credentials.discard(caller(request), request.params.registry, 'previous', expectedVersion(request));
      tagVersion(reply, detail.version);
      return presentCredential(detail);
    },
  );
};
