import { inspect } from 'node:util';
import { expect, it } from 'vitest';
import { CredentialError } from '../core/errors.ts';
import type { Credential, RegistryClient } from '../oci/index.ts';
import type { AnyProvider, CatalogContext, CredentialScope, Workload } from '../provider/define.ts';
import type { FakeClock } from './fake-clock.ts';

/** What a fake cloud knows beside signing in and listing: what belongs to a function that the provider has is to be there. */
export interface IssuingSubject {
  /** Making repositories: by which way, two names that are not there, and whether one is there now. */
  creating?: { signIn: string; repositories: readonly [string, string]; has: (repository: string) => boolean };
  /**
   * Ways that issue limited credentials. `named`: limited to named repositories; otherwise they open the whole registry, and naming some
   * gives none. `push`: pushing can be allowed. `longest`: milliseconds that the shortest one lasts, default 12 hours. Every other way
   * issues none.
   */
  scoped?: Readonly<Record<string, { named: boolean; push: boolean; longest?: number }>>;
  /** A repository that is there as well, for limited credentials to be refused. */
  otherRepository?: string;
  /** Service accounts of a cluster: one that opens the registry, and those that are refused, by what is wrong with them. */
  workload?: { good: Workload; bad: Readonly<Record<string, Workload>> };
  /** Ends of the stored secrets, by way of signing in; `undefined` in a field: it never ends. */
  secretEnds?: Readonly<Record<string, Readonly<Record<string, number | undefined>>>>;
}

export interface IssuingTools {
  subject: () => IssuingSubject & {
    repository: string;
    tags: readonly string[];
    clock: FakeClock;
    signIns: Readonly<Record<string, object>>;
  };
  open: (credential?: Credential) => RegistryClient;
  /** Context of a way with its good fields. */
  contextOf: (signIn: string) => CatalogContext;
  tagsOf: (client: RegistryClient, repository: string) => Promise<string[]>;
}

const lifetime = 30 * 60_000;

/** The part of `describeProvider()` about making repositories and issuing for others than the registry itself. */
export function describeIssuing(provider: AnyProvider, { subject, open, contextOf, tagsOf }: IssuingTools): void {
  const refused = { name: expect.stringMatching(/^(?:Registry|Credential)Error$/) };
  const first = Object.keys(provider.signIn)[0] ?? '';

  /** Begins an upload, as every push does. */
  async function push(credential: Credential, repository: string): Promise<number> {
    const scopes = [`repository:${repository}:pull,push`];
    return (await open(credential).request(`/v2/${repository}/blobs/uploads/`, { method: 'POST', scopes })).status;
  }

  it('is tried by all that it can do', () => {
    const { creating, scoped, workload, secretEnds } = subject();
    const tried = Object.entries({ createRepository: creating, issueScoped: scoped, issueForWorkload: workload, secretEnds });
    const untried = tried.filter(([name, known]) => name in provider && known === undefined).map(([name]) => name);
    expect(untried).toEqual([]);
  });

  it('makes a repository, says when it is there already, and lets two callers at once succeed', async () => {
    const { creating, clock } = subject();
    if (!creating || !provider.createRepository) return expect(creating).toBeUndefined();
    const { signIn, repositories, has } = creating;
    const [one, two] = repositories;
    const context = contextOf(signIn);
    expect(has(one)).toBe(false);
    expect(await waking(clock, provider.createRepository(context, one))).toBe('created');
    expect(has(one)).toBe(true);
    expect(await waking(clock, provider.createRepository(context, one))).toBe('exists');
    const calls = [provider.createRepository(context, two), provider.createRepository(contextOf(signIn), two)];
    const both = await waking(clock, Promise.all(calls));
    expect(both.toSorted()).toEqual(['created', 'exists']);
    expect(has(two)).toBe(true);
  });

  const issueScoped = provider.issueScoped?.bind(provider);
  const scopeOf = (repositories: readonly string[], push: boolean): CredentialScope => ({ repositories, push, lifetime });

  it('issues a limited credential that pulls what it is for, and neither pulls anything else nor pushes', async () => {
    const { scoped = {}, repository, tags, otherRepository, clock } = subject();
    if (!issueScoped) return expect(scoped).toEqual({});
    for (const [signIn, { named, longest = 12 * 3600_000 }] of Object.entries(scoped)) {
      const credential = await issueScoped(contextOf(signIn), scopeOf(named ? [repository] : [], false));
      if (!credential) return expect.unreachable(`${signIn} issued none`);
      expect(credential.expiresAt).toBeGreaterThan(clock.now());
      expect(credential.expiresAt).toBeLessThanOrEqual(clock.now() + longest);
      expect(await tagsOf(open(credential), repository)).toEqual(tags.toSorted());
      if (named && otherRepository !== undefined) await expect(tagsOf(open(credential), otherRepository)).rejects.toMatchObject(refused);
      await expect(push(credential, repository)).rejects.toMatchObject(refused);
    }
  });

  it('issues one that pushes too, or none', async () => {
    const { scoped = {}, repository, otherRepository } = subject();
    if (!issueScoped) return expect(scoped).toEqual({});
    for (const [signIn, { named, push: pushes }] of Object.entries(scoped)) {
      const asked = issueScoped(contextOf(signIn), scopeOf(named ? [repository] : [], true));
      const credential = await asked.catch((error: unknown) => {
        // The way could, and this identity may not.
        if (!(error instanceof CredentialError)) throw error;
        return undefined;
      });
      if (pushes && credential) {
        expect(await push(credential, repository)).toBe(202);
        if (named && otherRepository !== undefined) await expect(push(credential, otherRepository)).rejects.toMatchObject(refused);
      } else expect({ signIn, pushes, credential }).toEqual({ signIn, pushes: false, credential: undefined });
    }
  });

  it('issues none rather than one that could do more', async () => {
    const { scoped, repository, signIns } = subject();
    if (!scoped || !issueScoped) return expect(scoped).toBeUndefined();
    for (const signIn of Object.keys(signIns)) {
      if (scoped[signIn]?.named) continue;
      expect(await issueScoped(contextOf(signIn), scopeOf([repository], false)), signIn).toBeUndefined();
      if (!scoped[signIn]) expect(await issueScoped(contextOf(signIn), scopeOf([], false)), signIn).toBeUndefined();
    }
  });

  const issueForWorkload = provider.issueForWorkload?.bind(provider);

  it('issues for a service account by its token, with an end', async () => {
    const { workload, repository, tags, clock } = subject();
    if (!workload || !issueForWorkload) return expect(workload).toBeUndefined();
    const credential = await issueForWorkload(contextOf(first), workload.good);
    if (!credential) return expect.unreachable('none was issued');
    expect(credential.expiresAt).toBeGreaterThan(clock.now());
    expect(await tagsOf(open(credential), repository)).toEqual(tags.toSorted());
  });

  it('issues none for a service account whose annotations name nothing', async () => {
    const { workload } = subject();
    if (!workload || !issueForWorkload) return expect(workload).toBeUndefined();
    expect(await issueForWorkload(contextOf(first), { ...workload.good, annotations: {} })).toBeUndefined();
    expect(await issueForWorkload(contextOf(first), { ...workload.good, annotations: { 'example.com/team': 'a' } })).toBeUndefined();
  });

  it('refuses every other service account in plain words, and without its token', async () => {
    const { bad = {} } = subject().workload ?? {};
    if (!issueForWorkload) return expect(bad).toEqual({});
    for (const [wrong, workload] of Object.entries(bad)) {
      const error: unknown = await issueForWorkload(contextOf(first), workload).then(
        () => expect.unreachable(`${wrong}: it was not refused`),
        (reason: unknown) => reason,
      );
      expect(error, wrong).toBeInstanceOf(CredentialError);
      expect((error as CredentialError).message, wrong).toMatch(/^[A-Z].+\.$/);
      const shown = [inspect(error, { depth: 10 }), JSON.stringify(error)].join('\n');
      expect(shown).not.toContain(workload.token);
      expect(shown).not.toContain(workload.token.split('.')[2] || workload.token);
    }
  });

  it('tells when the stored secrets end', async () => {
    const { secretEnds = {} } = subject();
    if (!provider.secretEnds) return expect(secretEnds).toEqual({});
    for (const [signIn, ends] of Object.entries(secretEnds)) {
      const told = await provider.secretEnds(contextOf(signIn));
      expect(told, signIn).toStrictEqual(ends);
    }
  });
}

/** Lets time go on for as long as something takes, for what waits between its calls. */
async function waking<T>(clock: FakeClock, work: Promise<T>): Promise<T> {
  let done = false;
  const finish = () => {
    done = true;
  };
  work.then(finish, finish);
  while (!done) {
    await new Promise((resolve) => setTimeout(resolve, 1));
    if (clock.sleeping > 0) await clock.advance(1000);
  }
  return work;
}
