import { generateKeyPairSync } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type FakeGoogle, startGoogle } from '../../testing/clouds/index.ts';
import { CredentialSources } from './sources.ts';

const pair = generateKeyPairSync('rsa', { modulusLength: 2048 });
const email = 'hub@acme-prod.iam.gserviceaccount.com';
const secret = 'projects/acme-prod/secrets/registry';
const question = { host: 'registry.acme.io' };

describe('the secret managers of the clouds', () => {
  let folder: string;
  let google: FakeGoogle;
  let sources: CredentialSources;
  let running = true;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'tagboat-clouds-'));
    google = await startGoogle({ accounts: { [email]: { k1: pair.publicKey } } });
    google.secrets.set(secret, [{ data: JSON.stringify({ username: 'ci', password: 's3cret' }) }]);
    const { api, metadata } = google;
    const endpoints = { secretmanager: api.origin, oauth: api.origin, metadata: metadata.origin };
    const path = join(folder, 'key.json');
    const key = pair.privateKey.export({ type: 'pkcs8', format: 'pem' });
    const content = {
      type: 'service_account',
      private_key_id: 'k1',
      private_key: key,
      client_email: email,
      token_uri: 'https://oauth2.googleapis.com/token',
    };
    await writeFile(path, JSON.stringify(content));
    vi.stubEnv('GOOGLE_APPLICATION_CREDENTIALS', path);
    // Nothing but the fake can be reached, also when the code is wrong.
    const lookup = (name: string) => Promise.reject(new Error(`a test wanted to look up ${name}`));
    sources = new CredentialSources({ endpoints, env: {}, lookup });
    running = true;
  });
  afterEach(async () => {
    vi.unstubAllEnvs();
    await sources.close();
    if (running) await google.close();
    await rm(folder, { recursive: true });
  });

  it('give a field, and a whole credential', async () => {
    expect((await sources.readValue(`gcp-sm:${secret}#password`, question)).reveal()).toBe('s3cret');
    expect(await sources.readCredential(`gcp-sm:${secret}`, question)).toEqual({ kind: 'basic', username: 'ci', password: 's3cret' });
    expect(sources.describe(`gcp-sm:${secret}`)).toBe(`Google Secret Manager ${secret}`);
  });

  it('say of what is not reached that it is they, not a registry', async () => {
    running = false;
    await google.close();
    const reading = sources.readValue(`gcp-sm:${secret}#password`, question);
    await expect(reading).rejects.toMatchObject({
      code: 'credential_source_failed',
      message: expect.stringMatching(/^Google Secret Manager cannot be reached/),
    });
  });

  it.each(['aws-sm:eu-west-1/ci/registry#password', 'gcp-sm:projects/acme/secrets/x', 'azure-kv:https://acme.vault.azure.net/secrets/x'])(
    '%s is well written',
    (reference) => expect(() => sources.check(reference)).not.toThrow(),
  );

  it.each(['aws-sm:registry', 'gcp-sm:registry', 'azure-kv:https://vault.evil.example/secrets/x'])('%s is not', (reference) => {
    expect(() => sources.check(reference)).toThrow(expect.objectContaining({ code: 'invalid_settings' }));
  });
});
