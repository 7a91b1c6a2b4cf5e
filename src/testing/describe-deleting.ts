import { inspect } from 'node:util';
import { expect, it } from 'vitest';
import { RegistryError, UnsupportedError } from '../core/errors.ts';
import type { Credential, RegistryClient } from '../oci/index.ts';
import type { AnyProvider, CatalogContext } from '../provider/define.ts';

/** What a fake cloud knows of deleting: to be there where the provider has `deleteImage`. */
export interface DeletingSubject {
  deleting?: {
    /** A way that may delete. */
    signIn: string;
    /** Its fields, where they are others than the good ones. */
    fields?: Record<string, string | number | boolean>;
    /** Of whom may read, and not delete. */
    without: { signIn: string; fields: Record<string, string | number | boolean> };
  };
}

export interface DeletingTools {
  subject: () => DeletingSubject & {
    repository: string;
    tags: readonly string[];
    signIns: Readonly<Record<string, Record<string, string | number | boolean>>>;
  };
  open: (credential?: Credential) => RegistryClient;
  contextOf: (signIn: string, fields: Record<string, string | number | boolean>) => CatalogContext;
  tagsOf: (client: RegistryClient, repository: string) => Promise<string[]>;
}

/** The part of `describeProvider()` about deleting by the vendor's own API. */
export function describeDeleting(provider: AnyProvider, { subject, open, contextOf, tagsOf }: DeletingTools): void {
  const missing = `sha256:${'1'.repeat(64)}`;

  function working() {
    const { deleting, repository, tags, signIns } = subject();
    if (!deleting) throw new Error('The fake has to say who may delete');
    const context = contextOf(deleting.signIn, deleting.fields ?? signIns[deleting.signIn] ?? {});
    const [one = '', two = '', ...others] = tags.toSorted();
    const left = async () => tagsOf(open(await provider.issueCredential(context)), repository);
    return { deleting, repository, context, one, two, others, left };
  }

  it('is tried by whether it deletes', () => {
    expect(subject().deleting !== undefined).toBe(provider.deleteImage !== undefined);
  });

  it('deletes a tag, and no other', async () => {
    if (!provider.deleteImage) return;
    const { repository, context, one, two, others, left } = working();
    await provider.deleteImage(context, repository, { tag: one });
    expect(await left()).toEqual([two, ...others]);
    await expect(provider.deleteImage(context, repository, { tag: one })).rejects.toMatchObject({ code: 'registry_not_found' });
  });

  it('deletes a manifest by its digest, or says that it cannot', async () => {
    if (!provider.deleteImage) return;
    const { repository, context, one, two, others, left } = working();
    const { digest } = await open(await provider.issueCredential(context))
      .repository(repository)
      .resolve(one);
    if (provider.traits.providerDeletes === 'tags') {
      await expect(provider.deleteImage(context, repository, { digest })).rejects.toThrow(UnsupportedError);
      expect(await left()).toEqual([one, two, ...others]);
      return;
    }
    await provider.deleteImage(context, repository, { digest });
    expect(await left()).toEqual([two, ...others]);
    await expect(provider.deleteImage(context, repository, { digest: missing })).rejects.toMatchObject({ code: 'registry_not_found' });
  });

  it('deletes nothing without the permission, and says which one it takes', async () => {
    if (!provider.deleteImage) return;
    const { deleting, repository, one, two, others, left } = working();
    const { signIn, fields } = deleting.without;
    const error: unknown = await provider.deleteImage(contextOf(signIn, fields), repository, { tag: one }).then(
      () => expect.unreachable('it was not refused'),
      (reason: unknown) => reason,
    );
    expect(error, inspect(error)).toBeInstanceOf(RegistryError);
    const { code, context } = error as RegistryError;
    expect(code).toBe('registry_denied');
    expect(context['help']).toMatch(/\.$/);
    expect(await left()).toEqual([one, two, ...others]);
  });
}
