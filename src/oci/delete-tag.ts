import { randomUUID } from 'node:crypto';
import type { CallOptions } from './call-options.ts';
import type { DeletionTrait } from './client-options.ts';
import { digestOf } from './digest.ts';
import { RegistryError, TagboatError, UnsupportedError } from './errors.ts';
import { type Manifest, parseManifest } from './manifest.ts';
import { mediaTypes } from './media-types.ts';
import type { Repository } from './repository.ts';
import { deleteByVendor, type VendorDeletion } from './vendor-deletion.ts';

export interface DeleteOptions extends CallOptions {
  /** Default: the registry's own trait, else `probe`. */
  deletion?: DeletionTrait;
  /** What deletes where the trait is `provider`. Default: nothing does, and nothing is deleted there. */
  vendor?: VendorDeletion;
}

export interface DeleteTagOptions extends DeleteOptions {
  /** What the tag was seen to point to. Where it points elsewhere meanwhile, nothing is deleted. Default: whatever it points to. */
  digest?: string;
  /**
   * Nothing else needs the manifest, neither another tag nor an index: it may go with the tag. Say so only on the strength of a whole
   * listing. Default false: the manifest stays.
   */
  alone?: boolean;
}

/** `moved`: the tag points elsewhere than was said, and was left alone. */
export type DeletedTag = 'deleted' | 'absent' | 'moved';

/** `artifactType` and label of what a tag points to for the moment before it goes. */
const placeholderType = 'application/vnd.tagboat.deleted-tag.v1+json';
const placeholderLabel = 'io.tagboat.deleted-tag';
const empty = Buffer.from('{}');

/**
 * Deletes one tag and leaves the others that point to the same manifest.
 *
 * Where the vendor's own interface deletes, it does. Where the registry deletes tags (OCI distribution specification 1.1, "Deleting tags"), that is one request. Elsewhere, and where nobody
 * knows whether a tag's `DELETE` takes the manifest with it, the tag is first pointed to a manifest that nothing else points to, and that
 * one is deleted: whichever meaning the registry has, nothing else goes. When the registry refuses half-way, the tag is put back.
 *
 * @throws UnsupportedError where only the vendor's own interface deletes, and that is not to be had or deletes no single tags; RegistryError `deletion_disabled` where deletion is turned off;
 *   RegistryError, TransportError, CredentialError as other calls. Then the tag is what it was, unless the message says otherwise.
 */
export async function deleteTag(repository: Repository, tag: string, options: DeleteTagOptions = {}): Promise<DeletedTag> {
  const { digest, alone = false, deletion: _deletion, vendor, ...call } = options;
  const deletion = requireDeletable(repository, options);
  const found = await optional(() => repository.resolve(tag, call));
  if (!found) return 'absent';
  if (digest !== undefined && found.digest !== digest) return 'moved';
  if (vendor && deletion === 'provider') {
    if (vendor.grain === 'manifests' && !alone) throw wholeOnly(repository, tag);
    return (await deleteByVendor(repository, vendor, { tag }, call)) ? 'deleted' : 'absent';
  }
  if (deletion === 'tag') return (await refusable(repository, () => repository.deleteManifest(tag, call))) ? 'deleted' : 'absent';
  if (!alone) return replaceAndDelete(repository, tag, found.digest, call);
  return (await refusable(repository, () => deleteEither(repository, found.digest, tag, call))) ? 'deleted' : 'absent';
}

/**
 * Deletes a manifest, and with it every tag that points to it.
 *
 * @param tags All of its tags: some registries want them gone first.
 * @returns false when it was not there
 * @throws as `deleteTag`
 */
export async function deleteManifest(
  repository: Repository,
  digest: string,
  tags: readonly string[],
  options: DeleteOptions = {},
): Promise<boolean> {
  const { deletion: _deletion, vendor, ...call } = options;
  const deletion = requireDeletable(repository, options, 'manifest');
  if (vendor && deletion === 'provider') return deleteByVendor(repository, vendor, { digest }, call);
  // Google's registries refuse to delete what is tagged.
  if (deletion === 'tag') for (const tag of tags) await deleteTag(repository, tag, { ...options, digest });
  return refusable(repository, () => repository.deleteManifest(digest, call));
}

/**
 * How deletion works at a repository's registry.
 *
 * @param what a single tag, or a manifest with all of its tags
 * @throws UnsupportedError where nothing deletes that, or the vendor's own interface only, and that is not to be had
 */
export function requireDeletable(
  repository: Repository,
  { deletion = repository.traits.delete ?? 'probe', vendor }: Pick<DeleteOptions, 'deletion' | 'vendor'> = {},
  what: 'tag' | 'manifest' = 'tag',
): DeletionTrait {
  if (deletion !== 'provider' && deletion !== 'unsupported') return deletion;
  const where = `${repository.registry.host}/${repository.name}`;
  if (deletion === 'provider' && vendor) {
    if (what === 'tag' || vendor.grain !== 'tags') return deletion;
    throw new UnsupportedError(`Nothing was deleted: from ${where} single tags are deleted, and no images by their digest.`, {
      repository: repository.name,
      help: 'Name the tags of the image.',
    });
  }
  throw new UnsupportedError(
    deletion === 'provider'
      ? `Nothing was deleted: ${where} is deleted from in the vendor's own interface only. Delete it there.`
      : `Nothing was deleted: nothing can be deleted from ${where}.`,
    { repository: repository.name },
  );
}

/** Whether a tag can be deleted whatever else needs its manifest. */
export function canDeleteTags(
  repository: Repository,
  { deletion = repository.traits.delete ?? 'probe', vendor }: Pick<DeleteOptions, 'deletion' | 'vendor'> = {},
): boolean {
  if (deletion === 'provider') return vendor !== undefined && vendor.grain !== 'manifests';
  return deletion !== 'unsupported';
}

function wholeOnly(repository: Repository, tag: string): UnsupportedError {
  const where = `${repository.registry.host}/${repository.name}`;
  return new UnsupportedError(
    `The tag ${tag} was not deleted: from ${where} images are deleted with all of their tags, never a single tag, and something else needs this one's image, or might.`,
    { repository: repository.name, help: 'To delete the image with all of its tags, name it by its digest.' },
  );
}

async function replaceAndDelete(repository: Repository, tag: string, digest: string, call: CallOptions): Promise<DeletedTag> {
  const original = await repository.manifest(digest, call);
  const { manifest, blobs } = placeholder(tag, original);
  // What is not there cannot be deleted: a registry where deletion is off, or not permitted, says so before the tag was touched.
  await refusable(repository, () => repository.deleteManifest(manifest.digest, call));
  for (const bytes of blobs) {
    const blob = { digest: digestOf(bytes), size: bytes.length, open: async (start: number) => oneChunk(bytes.subarray(start)) };
    if (!(await repository.hasBlob(blob.digest, call))) await repository.pushBlob(blob, call);
  }
  const now = await optional(() => repository.resolve(tag, call));
  if (now?.digest !== digest) return now ? 'moved' : 'absent';
  call.signal?.throwIfAborted();
  // From here on to the end: a tag must not be left below the placeholder because somebody pressed Ctrl-C.
  const { signal: _signal, ...uncanceled } = call;
  try {
    await repository.pushManifest(manifest, tag, uncanceled);
    await refusable(repository, () => deleteEither(repository, manifest.digest, tag, uncanceled));
    const left = await optional(() => repository.resolve(tag, uncanceled));
    if (left?.digest !== manifest.digest) return 'deleted';
    throw disabled(repository, undefined);
  } catch (error) {
    await putBack(repository, tag, { original, standIn: manifest.digest, error }, uncanceled);
    throw error;
  }
}

/** By digest; where the registry takes a tag only, by the tag, which is the manifest's only one. */
async function deleteEither(repository: Repository, digest: string, tag: string, call: CallOptions): Promise<boolean> {
  try {
    return await repository.deleteManifest(digest, call);
  } catch (error) {
    if (!(error instanceof RegistryError) || !isRefusal(error)) throw error;
    return repository.deleteManifest(tag, call).catch((second: unknown) => {
      throw second instanceof RegistryError && isRefusal(second) ? error : second;
    });
  }
}

/** Points the tag to what it was, unless somebody else has pushed to it meanwhile. */
async function putBack(
  repository: Repository,
  tag: string,
  { original, standIn, error }: { original: Manifest; standIn: string; error: unknown },
  call: CallOptions,
): Promise<void> {
  try {
    const now = await optional(() => repository.resolve(tag, call));
    if (now && now.digest !== standIn) return;
    await repository.pushManifest(original, tag, call);
  } catch (second) {
    if (!(second instanceof TagboatError)) throw second;
    throw new RegistryError(
      `The tag ${repository.name}:${tag} could neither be deleted nor put back: it may point to a placeholder, ${standIn}. It pointed to ${original.digest}, which is still there. ${second.message}`,
      { code: second.code, method: 'PUT', url: repository.registry.href, retry: 'never', cause: error },
    );
  }
}

/** A manifest that nothing else points to, of the family of the one whose place it takes: some registries know Docker's types only. */
function placeholder(tag: string, { mediaType }: Manifest): { manifest: Manifest; blobs: Uint8Array[] } {
  const label = { [placeholderLabel]: `${tag} ${randomUUID()}` };
  const layer = { digest: digestOf(empty), size: empty.length };
  if (mediaType !== mediaTypes.dockerManifest && mediaType !== mediaTypes.dockerManifestList) {
    const json = {
      schemaVersion: 2,
      mediaType: mediaTypes.ociManifest,
      artifactType: placeholderType,
      config: { mediaType: mediaTypes.ociEmpty, ...layer },
      layers: [{ mediaType: mediaTypes.ociEmpty, ...layer }],
      annotations: label,
    };
    return { manifest: parseManifest(Buffer.from(JSON.stringify(json)), mediaTypes.ociManifest), blobs: [empty] };
  }
  const config = Buffer.from(
    JSON.stringify({
      architecture: 'amd64',
      os: 'linux',
      config: { Labels: label },
      rootfs: { type: 'layers', diff_ids: [layer.digest] },
      history: [{ created_by: 'tagboat delete' }],
    }),
  );
  const json = {
    schemaVersion: 2,
    mediaType: mediaTypes.dockerManifest,
    config: { mediaType: mediaTypes.dockerConfig, digest: digestOf(config), size: config.length },
    layers: [{ mediaType: mediaTypes.dockerLayer, ...layer }],
  };
  return { manifest: parseManifest(Buffer.from(JSON.stringify(json)), mediaTypes.dockerManifest), blobs: [config, empty] };
}

async function* oneChunk(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}

/** 405 of registries with deletion turned off, 400 and 501 of those that do not know how (OCI distribution specification). */
function isRefusal({ status }: RegistryError): boolean {
  return status === 400 || status === 405 || status === 501;
}

async function refusable<T>(repository: Repository, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw error instanceof RegistryError && isRefusal(error) ? disabled(repository, error) : error;
  }
}

function disabled(repository: Repository, cause: RegistryError | undefined): RegistryError {
  const said = cause?.errors[0]?.message ?? cause?.errors[0]?.code;
  return new RegistryError(
    `${repository.registry.host} does not delete from ${repository.name}${cause?.status === undefined ? '' : ` (status ${cause.status})`}.${said === undefined ? '' : ` It says: ${said.replace(/\.$/, '')}.`}`,
    {
      code: 'deletion_disabled',
      method: 'DELETE',
      url: cause?.url ?? repository.registry.href,
      retry: 'after-change',
      ...(cause && { status: cause.status, errors: cause.errors, cause }),
    },
  );
}

async function optional<T>(work: () => Promise<T>): Promise<T | undefined> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof RegistryError && error.code === 'registry_not_found') return undefined;
    throw error;
  }
}
