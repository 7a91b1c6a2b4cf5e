// A hub of its own process whose one provider asks an issuer at ISSUER_URL for credentials: for tests that stop, kill and race it.
// Usage: node test/support/issuing-hub.ts serve --data <folder>
import { z } from 'zod';
import { CredentialError } from '../../src/core/errors.ts';
import { defineProvider, ProviderSet, secret } from '../../src/provider/index.ts';
import { startHub } from '../../src/serve.ts';

const issuer = process.env['ISSUER_URL'] ?? '';
const answer = z.object({ password: z.string(), expiresAt: z.number() });

const provider = defineProvider({
  id: 'issuing',
  title: 'Issuing registry',
  icon: '<svg viewBox="0 0 24 24"/>',
  docs: 'providers/issuing.md',
  url: { example: 'registry.test' },
  hosts: [],
  settings: z.object({}),
  signIn: { key: { title: 'Access key', fields: z.object({ key: secret(z.string(), { label: 'Access key' }) }) } },
  traits: { catalog: 'registry', referrers: 'probe', delete: 'probe', mount: true, createRepository: false },
  async issueCredential({ http, signIn }) {
    const response = await http.send(new URL('/issue', issuer), { method: 'POST', body: signIn.key });
    if (response.status !== 200) {
      const refused = response.status === 403;
      throw new CredentialError(`The issuer answered with ${response.status}.`, {
        code: refused ? 'credential_refused' : 'credential_unavailable',
      });
    }
    const { password, expiresAt } = answer.parse(JSON.parse(response.text));
    return { kind: 'basic', username: 'ci', password, expiresAt };
  },
});

const dataDir = process.argv[process.argv.indexOf('--data') + 1] ?? '';
const hub = await startHub({ dataDir, port: 0 }, { providers: new ProviderSet([provider]) });
process.stdout.write(`The hub listens on ${hub.url}\n${hub.setupUrl ?? ''}\n`);
process.once('SIGTERM', () => void hub.close().then(() => process.exit(0)));
