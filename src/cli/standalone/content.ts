import { type Content, type ContentSource, maxConfigBytes } from '../../catalog/source.ts';
import type { Manifest, RegistryClient, Repository } from '../../oci/index.ts';

/** Content of one repository, read from its registry for one command; manifests are asked for once. */
export class DirectContent implements Content {
  readonly source: ContentSource;
  readonly #repository: Repository;
  readonly #signal: AbortSignal;
  readonly #manifests = new Map<string, Manifest>();

  constructor(client: RegistryClient, repository: string, signal: AbortSignal) {
    this.source = { registryId: '', repository, open: async () => ({ client, provider: { title: '' } }) };
    this.#repository = client.repository(repository);
    this.#signal = signal;
  }

  async manifest(_source: ContentSource, digest: string): Promise<Manifest> {
    return this.#manifests.get(digest) ?? this.#read(digest);
  }

  async manifestOfTag(_source: ContentSource, tag: string): Promise<Manifest> {
    return this.#read(tag);
  }

  async knownManifest(_source: ContentSource, digest: string): Promise<Manifest | undefined> {
    return this.#manifests.get(digest);
  }

  async config(_source: ContentSource, descriptor: { digest: string; size: number }): Promise<Uint8Array | undefined> {
    if (descriptor.size > maxConfigBytes) return undefined;
    return this.#repository.blobBytes(descriptor, { maxBytes: maxConfigBytes, signal: this.#signal });
  }

  async #read(reference: string): Promise<Manifest> {
    const manifest = await this.#repository.manifest(reference, { signal: this.#signal });
    this.#manifests.set(manifest.digest, manifest);
    return manifest;
  }
}
