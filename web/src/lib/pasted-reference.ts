/** What a full reference names: the repository as in `/v2/<name>/`, and the tag or digest. */
export interface ReferenceParts {
  repository: string;
  /** A digest wins over a tag. Empty when there is neither. */
  reference: string;
}

/** Takes `registry.acme.io/shop/api:1.8.2@sha256:…` apart behind its host. Undefined when it has no repository. */
export function referenceParts(full: string): ReferenceParts | undefined {
  const slash = full.indexOf('/');
  if (slash < 0) return undefined;
  const rest = full.slice(slash + 1);
  const at = rest.indexOf('@');
  const named = at < 0 ? rest : rest.slice(0, at);
  const colon = named.lastIndexOf(':');
  const tagged = colon > named.lastIndexOf('/');
  const repository = tagged ? named.slice(0, colon) : named;
  if (repository === '') return undefined;
  return { repository, reference: at >= 0 ? rest.slice(at + 1) : tagged ? named.slice(colon + 1) : '' };
}

/** A reference out of what people paste: a command (`docker pull …`), a line of YAML (`image: …`), an address, or the reference itself. */
export function cleanReference(pasted: string): string {
  const text = pasted.trim();
  const [, ofCommand] = /^\$?\s*(?:sudo\s+)?(?:docker|podman|nerdctl|crane|skopeo|oras|regctl)\s.*?(\S+)$/i.exec(text) ?? [];
  const [, ofYaml] = /^-?\s*image:\s*["']?([^"'\s]+)["']?$/i.exec(text) ?? [];
  const [, ofDockerfile] = /^FROM\s+(?:--\S+\s+)?(\S+)/i.exec(text) ?? [];
  return (ofCommand ?? ofYaml ?? ofDockerfile ?? text).replace(/^(?:docker|https?):\/\//, '');
}
