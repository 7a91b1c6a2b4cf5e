import { readFile } from 'node:fs/promises';
import { inspect } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { provider as providerSchema } from '../api/schemas/provider.ts';
import { type Credential, RegistryClient } from '../oci/index.ts';
import { checkProvider } from '../provider/check.ts';
import type { AnyProvider, CatalogContext, ListPage } from '../provider/define.ts';
import { providerDescription } from '../provider/describe.ts';
import { fillProviderFields } from '../provider/docs.ts';
import { trustsRealm } from '../provider/realm.ts';
import { ProviderSet } from '../provider/set.ts';
import { checkFields, providerInput, secretNames } from '../provider/settings.ts';
import { describeDeleting, type DeletingSubject } from './describe-deleting.ts';
import { describeInput } from './describe-input.ts';
import { describeIssuing, type IssuingSubject } from './describe-issuing.ts';
import type { FakeClock } from './fake-clock.ts';

type FieldValues = Record<string, string | number | boolean>;

/** A provider and the fake cloud that it is tried against. */
export interface ProviderSubject extends IssuingSubject, DeletingSubject {
  /** The hub's and the cloud's. Starts at the real time, which client libraries look at. */
  clock: FakeClock;
  /** The fake's registry. */
  url: URL;
  endpoints?: Record<string, string>;
  namespace?: string;
  /** Fields of each way of signing in, settings included, all of them good. */
  signIns: Record<string, FieldValues>;
  /** Fields that the cloud refuses, for each way that can be refused. */
  refused: Record<string, FieldValues>;
  /** A repository that every way may read, with what is in it. */
  repository: string;
  tags: readonly string[];
  /** What is listed; undefined when the provider leaves that to `/v2/_catalog`. */
  repositories?: readonly string[];
  /**
   * Milliseconds that an issued credential is good for; undefined: it does not end by itself. By way of signing in where they
   * differ; those not named do not end.
   */
  lifetime?: number | Readonly<Record<string, number>>;
  /** A way whose listings go through the provider's own API. */
  listingSignIn?: string;
  close(): Promise<void>;
}

export interface ProviderSuite {
  provider: AnyProvider;
  /** Hostnames that are this provider's, and look-alikes that are not. */
  hosts: { own: readonly string[]; foreign: readonly string[] };
  start(): Promise<ProviderSubject>;
}

/**
 * The suite that every provider passes: described for people, recognised by its hosts and by nobody else's, issuing by every
 * way of signing in what the registry takes, honouring ends and cancellation, listing to the end, silent about secrets.
 */
export function describeProvider(suite: ProviderSuite): void {
  const { provider, hosts } = suite;
  describe(`provider ${provider.id}`, () => {
    describe('as it is described', () => {
      it('keeps the rules of providers', () => {
        expect(checkProvider(provider, provider.id)).toEqual([]);
      });

      it('has the shape of the API', () => {
        const description = providerDescription(provider);
        expect(providerSchema.parse(description)).toEqual(description);
      });

      it('tells of every secret where it is found or what it is for, and of every plain field by example or help', () => {
        const { fields, signIn } = providerDescription(provider);
        for (const field of [...fields, ...signIn.flatMap((way) => way.fields)]) {
          expect(field.where ?? field.help ?? field.example, `${field.name} is not explained`).toBeDefined();
          expect(field.label, field.name).toMatch(/^[A-Z]/);
        }
      });

      it('has a page in the docs, whose table of fields is up to date (`npm run generate`)', async () => {
        const page = await readFile(new URL(`../../docs/${provider.docs}`, import.meta.url), 'utf8');
        expect(page).toBe(fillProviderFields(page, provider));
      });
    });

    describe('recognised by its URL', () => {
      const set = new ProviderSet([provider]);
      it.each(hosts.own)('%s is its own', (host) => {
        expect(set.detectByHost(new URL(`https://${host}/some/repository`))?.id).toBe(provider.id);
      });
      it.each(hosts.foreign)('%s is not', (host) => {
        expect(set.detectByHost(new URL(`https://${host}`))).toBeUndefined();
      });
      it('sends credentials to no token server at a metadata service, in the machine itself, or without https', () => {
        for (const realm of [
          'http://169.254.169.254/latest/meta-data/iam/security-credentials/',
          'https://169.254.169.254/token',
          'https://169.254.170.2/v2/credentials',
          'https://[fd00:ec2::254]/token',
          'https://100.100.100.200/token',
          'https://metadata.google.internal/token',
          'https://localhost/token',
          'https://127.0.0.1/token',
          ...hosts.own.map((host) => `http://${host}/token`),
          ...hosts.own.map((host) => `https://${host}:8443/token`),
        ]) {
          expect(trustsRealm(provider, new URL(realm)), realm).toBe(false);
        }
      });
      it.each(hosts.own)('%s is not believed as a user name or path of another host', (host) => {
        expect(set.detectByHost(new URL(`https://${host}@evil.example/`))).toBeUndefined();
        expect(set.detectByHost(new URL(`https://evil.example/${host}`))).toBeUndefined();
        expect(set.detectByHost(new URL(`https://${host}.evil.example/`))).toBeUndefined();
        expect(set.detectByHost(new URL(`https://evil-${host}.example/`))).toBeUndefined();
        expect(set.detectByHost(new URL(`ftp://${host}/`))).toBeUndefined();
      });
    });

    describe('at work', () => {
      let subject: ProviderSubject;
      const clients: RegistryClient[] = [];
      const log: string[] = [];

      beforeEach(async () => {
        log.length = 0;
        subject = await suite.start();
      });
      afterEach(async () => {
        await Promise.all(clients.splice(0).map((client) => client.close()));
        await subject.close();
      });

      function open(credential?: Credential): RegistryClient {
        const client = new RegistryClient({
          url: subject.url,
          tls: { mode: 'plain' },
          retries: 0,
          traits: provider.traits,
          trustRealm: (realm) => trustsRealm(provider, realm),
          lookup: (name) => Promise.reject(new Error(`a test wanted to look up ${name}`)),
          onRequest: (record) => log.push(JSON.stringify(record)),
          ...(credential && { credential }),
        });
        clients.push(client);
        return client;
      }

      function contextOf(signIn: string, fields: FieldValues, signal?: AbortSignal): CatalogContext {
        const { clock, url, endpoints, namespace } = subject;
        const { settings, secrets } = checkFields(provider, { signIn, fields, url });
        const input = providerInput(provider, { signIn, url, settings, secrets }) as Pick<CatalogContext, 'settings' | 'signIn'>;
        const client = open();
        const context = { ...input, url, clock, http: client, endpoints, namespace, signal };
        return { ...context, client, credential: () => provider.issueCredential(context) };
      }

      /** A listing context whose client is signed in. */
      async function signedIn(signIn: string, signal?: AbortSignal): Promise<CatalogContext> {
        const context = contextOf(signIn, subject.signIns[signIn] ?? {}, signal);
        return { ...context, client: open(await provider.issueCredential(context)) };
      }

      const methods = Object.keys(provider.signIn);
      const lifetimeOf = (method: string): number | undefined =>
        typeof subject.lifetime === 'object' ? subject.lifetime[method] : subject.lifetime;

      it('is tried by every way of signing in', () => {
        expect(Object.keys(subject.signIns).toSorted()).toEqual(methods.toSorted());
      });

      describeInput(provider, hosts.own, () => subject);

      it.each(methods)('issues by “%s” what the registry takes', async (method) => {
        const context = contextOf(method, subject.signIns[method] ?? {});
        const credential = await provider.issueCredential(context);
        expect(await tagsOf(open(credential), subject.repository)).toEqual(subject.tags.toSorted());
        const lifetime = lifetimeOf(method);
        if (lifetime === undefined) expect(credential.expiresAt).toBeUndefined();
        else expect(Math.abs((credential.expiresAt ?? 0) - subject.clock.now() - lifetime)).toBeLessThan(1000);
      });

      it('says the end of a credential truly: before it the registry takes it, after it does not, and a new one works', async () => {
        for (const method of methods) {
          const lifetime = lifetimeOf(method);
          if (lifetime === undefined) continue;
          const context = contextOf(method, subject.signIns[method] ?? {});
          const credential = await provider.issueCredential(context);
          await subject.clock.advance(lifetime - 1000);
          await expect(tagsOf(open(credential), subject.repository)).resolves.toHaveLength(subject.tags.length);
          await subject.clock.advance(2000);
          await expect(tagsOf(open(credential), subject.repository)).rejects.toMatchObject({
            // The registry refuses it, or its token server.
            name: expect.stringMatching(/^(?:Registry|Credential)Error$/),
          });
          await expect(tagsOf(open(await provider.issueCredential(context)), subject.repository)).resolves.toHaveLength(
            subject.tags.length,
          );
        }
      });

      it.each(methods)('gives up at once by “%s” when cancelled', async (method) => {
        const controller = new AbortController();
        const context = await signedIn(method, controller.signal);
        controller.abort();
        if (provider.listRepositories) await expect(collect(provider.listRepositories(context))).rejects.toThrow();
        if (provider.listTags) await expect(collect(provider.listTags(context, subject.repository))).rejects.toThrow();
        if (lifetimeOf(method) !== undefined) {
          await expect(provider.issueCredential(contextOf(method, subject.signIns[method] ?? {}, controller.signal))).rejects.toThrow();
        }
      });

      it('lists every repository, over more than three pages', async () => {
        if (!provider.listRepositories || !subject.repositories) return;
        const found = await collect(provider.listRepositories(await signedIn(subject.listingSignIn ?? methods[0] ?? '')));
        expect(found.pages).toBeGreaterThan(3);
        expect(found.items.map(({ name }) => name).toSorted()).toEqual(subject.repositories.toSorted());
      });

      it('lists every tag, over more than three pages, with digest and time', async () => {
        if (!provider.listTags) return;
        const found = await collect(provider.listTags(await signedIn(subject.listingSignIn ?? methods[0] ?? ''), subject.repository));
        expect(found.pages).toBeGreaterThan(3);
        expect(found.items.map(({ name }) => name).toSorted()).toEqual(subject.tags.toSorted());
        for (const { digest, pushedAt } of found.items) {
          expect(digest).toMatch(/^sha256:[0-9a-f]{64}$/);
          expect(pushedAt).toBeGreaterThan(0);
        }
      });

      it('says of an unknown repository that it is not there or not to be seen', async () => {
        if (!provider.listTags) return;
        const listing = provider.listTags(
          await signedIn(subject.listingSignIn ?? methods[0] ?? ''),
          `${subject.repository.split('/')[0]}/missing`,
        );
        await expect(collect(listing)).rejects.toMatchObject({
          name: 'RegistryError',
          code: expect.stringMatching(/^registry_(?:not_found|denied|unauthorized)$/),
        });
      });

      it('explains a refusal at a field, and no error or log holds a secret', async () => {
        for (const [method, fields] of Object.entries(subject.refused)) {
          const error: unknown = await use(method, fields).then(
            () => undefined,
            (reason: unknown) => reason,
          );
          expect(error, `${method} was not refused`).toBeInstanceOf(Error);
          const explanation = provider.explain?.(error, { signIn: method });
          expect(explanation?.message, inspect(error)).toMatch(/\.$/);
          expect(explanation?.help).toMatch(/\.$/);
          expect(explanation?.field).toMatch(/^(?:fields\.\w+|signIn|namespace|url)$/);
          const shown = [inspect(error, { depth: 10 }), JSON.stringify(error), JSON.stringify(explanation), ...log].join('\n');
          for (const name of secretNames(provider, method)) {
            const secret = fields[name];
            if (typeof secret !== 'string') continue;
            expect(shown).not.toContain(secret);
            expect(shown).not.toContain(encodeURIComponent(secret));
            expect(shown).not.toContain(Buffer.from(`${String(fields['username'] ?? 'AWS')}:${secret}`).toString('base64'));
          }
        }
      });

      describeDeleting(provider, { subject: () => subject, open, contextOf, tagsOf });

      describeIssuing(provider, {
        subject: () => subject,
        open,
        contextOf: (signIn) => contextOf(signIn, subject.signIns[signIn] ?? {}),
        tagsOf,
      });

      /** Issues, and reads the registry with what was issued. */
      async function use(method: string, fields: FieldValues): Promise<void> {
        const context = contextOf(method, fields);
        await tagsOf(open(await provider.issueCredential(context)), subject.repository);
      }
    });
  });
}

async function tagsOf(client: RegistryClient, repository: string): Promise<string[]> {
  const tags: string[] = [];
  for await (const page of client.repository(repository).listTags()) tags.push(...page);
  return tags.toSorted();
}

async function collect<T>(listing: AsyncIterable<ListPage<T>>): Promise<{ pages: number; items: T[] }> {
  const items: T[] = [];
  let pages = 0;
  for await (const page of listing) {
    pages++;
    items.push(...page.items);
  }
  return { pages, items };
}
