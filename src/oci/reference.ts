import { isIPv6 } from 'node:net';
import { type Digest, parseDigest } from './digest.ts';
import { InvalidReference } from './errors.ts';
import { quote } from './text.ts';

/** Where an image is: registry host, repository and what of it. */
export interface Reference {
  /** `host[:port]`, lower case; `docker.io` for Docker Hub. */
  registry: string;
  /** As in `/v2/<repository>/`, with `library/` for Docker Hub's official images. */
  repository: string;
  tag?: string;
  digest?: Digest;
}

export interface ParseReferenceOptions {
  /** Registry of references that name none. Default `docker.io`. */
  defaultRegistry?: string;
  /** Tag of references with neither tag nor digest; null for none. Default `latest`. */
  defaultTag?: string | null;
}

const dockerHub = 'docker.io';
const dockerHubAliases: ReadonlySet<string> = new Set(['index.docker.io', 'registry-1.docker.io']);

/** Host, slash and repository together (distribution/reference, `NameTotalLengthMax`). */
const maxNameLength = 255;
/** A name, a tag of 128 characters and a sha512 digest. */
const maxReferenceLength = maxNameLength + 1 + 128 + 1 + 135;

const pathComponent = /^[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*$/;
const hostLabel = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;
const tagPattern = /^[A-Za-z0-9_][A-Za-z0-9._-]{0,127}$/;

/**
 * Parses an image reference by Docker's rules: the first component is a host if it contains `.`, `:` or an upper-case letter or
 * is `localhost`; otherwise the registry is Docker Hub, where a single component belongs to `library/`.
 *
 * ```ts
 * parseReference('alpine')                       // docker.io  library/alpine  latest
 * parseReference('ghcr.io/owner/app:1.2')        // ghcr.io    owner/app       1.2
 * parseReference('[::1]:5000/app@sha256:…')      // [::1]:5000 app             (digest)
 * ```
 *
 * @throws InvalidReference
 */
export function parseReference(text: string, options: ParseReferenceOptions = {}): Reference {
  if (text === '') throw new InvalidReference('The image reference is empty.');
  if (text.length > maxReferenceLength) {
    throw new InvalidReference(`The image reference is too long: ${text.length} characters, at most ${maxReferenceLength} are possible.`);
  }
  if (/^[A-Za-z][A-Za-z0-9+.-]*:\/\//.test(text)) {
    throw new InvalidReference('This is a URL, not an image reference: leave out everything up to and including "://".');
  }
  const { rest, digest } = splitDigest(text);
  const { name, tag } = splitTag(rest);
  const { registry, repository } = splitHost(name, options.defaultRegistry ?? dockerHub);
  if (registry.length + 1 + repository.length > maxNameLength) {
    throw new InvalidReference(
      `The name in ${quote(rest)} is too long: host and repository may have ${maxNameLength} characters together.`,
    );
  }
  const reference: Reference = { registry, repository };
  const defaultTag = options.defaultTag === undefined ? 'latest' : options.defaultTag;
  if (tag !== undefined) reference.tag = tag;
  else if (digest === undefined && defaultTag !== null) reference.tag = defaultTag;
  if (digest !== undefined) reference.digest = digest;
  return reference;
}

/** `registry/repository[:tag][@digest]`. */
export function formatReference(reference: Reference): string {
  return `${reference.registry}/${suffixed(reference.repository, reference)}`;
}

/** As Docker shows it: without `docker.io/` and `library/` where these go without saying. */
export function familiarReference(reference: Reference): string {
  if (reference.registry !== dockerHub) return formatReference(reference);
  const { repository } = reference;
  const slash = repository.indexOf('/');
  if (slash < 0) return formatReference(reference);
  if (repository.startsWith('library/') && !repository.includes('/', 8)) return suffixed(repository.slice(8), reference);
  // A first component that looks like a host has to keep docker.io before it.
  return isHost(repository.slice(0, slash)) ? formatReference(reference) : suffixed(repository, reference);
}

/**
 * Checks the name of a repository and returns it: components of lower-case letters and digits, joined by `.`, `_`, `__` or dashes,
 * with slashes between (OCI distribution specification, "Pulling manifests").
 *
 * @throws InvalidReference
 */
export function parseRepositoryName(name: string): string {
  if (name === '') throw new InvalidReference('The repository name is empty.');
  if (name.length > maxNameLength) {
    throw new InvalidReference(`The repository name ${quote(name, 60)} is too long: ${name.length} characters, at most ${maxNameLength}.`);
  }
  for (const component of name.split('/')) {
    if (pathComponent.test(component)) continue;
    if (pathComponent.test(component.toLowerCase())) throw new InvalidReference(`The repository name ${quote(name)} must be lower case.`);
    throw new InvalidReference(
      component === ''
        ? `The repository name ${quote(name)} has an empty part between slashes.`
        : `${quote(component)} cannot be part of a repository name: lower-case letters and digits are allowed, with ".", "_", "__" or "-" between them.`,
    );
  }
  return name;
}

/** Whether the text can be a tag: 1 to 128 letters, digits, `_`, `.` and `-`, not starting with `.` or `-`. */
export function isTag(text: string): boolean {
  return text.length <= 128 && tagPattern.test(text);
}

function suffixed(name: string, { tag, digest }: Reference): string {
  return `${name}${tag === undefined ? '' : `:${tag}`}${digest === undefined ? '' : `@${digest}`}`;
}

function splitDigest(text: string): { rest: string; digest?: Digest } {
  const at = text.indexOf('@');
  if (at < 0) return { rest: text };
  const tail = text.slice(at + 1);
  if (tail.includes('@') || tail.includes('/')) {
    // Possibly userinfo: what is before the @ is not repeated, it may be a password.
    throw new InvalidReference('An image reference cannot contain a user name or password, and "@" stands only before a digest.');
  }
  parseDigest(tail);
  return { rest: text.slice(0, at), digest: tail as Digest };
}

function splitTag(text: string): { name: string; tag?: string } {
  const colon = text.lastIndexOf(':');
  // A colon before the last slash is a port; one inside brackets is part of an address.
  if (colon < 0 || colon < text.lastIndexOf('/') || colon < text.lastIndexOf(']')) return { name: text };
  const tag = text.slice(colon + 1);
  if (!isTag(tag)) {
    throw new InvalidReference(
      `${quote(tag, 40)} cannot be a tag: 1 to 128 letters, digits, "_", "." and "-" are allowed, and it starts with none of "." and "-".`,
    );
  }
  return { name: text.slice(0, colon), tag };
}

function splitHost(name: string, defaultRegistry: string): { registry: string; repository: string } {
  const slash = name.indexOf('/');
  const first = slash < 0 ? '' : name.slice(0, slash);
  const named = isHost(first);
  if (!named && /^[a-f0-9]{64}$/.test(name)) {
    throw new InvalidReference('64 hexadecimal digits are an image id, not a reference: name a repository.');
  }
  const registry = normaliseHost(named ? first : defaultRegistry);
  const repository = parseRepositoryName(named ? name.slice(slash + 1) : name);
  return { registry, repository: registry === dockerHub && !repository.includes('/') ? `library/${repository}` : repository };
}

function isHost(component: string): boolean {
  return component.includes('.') || component.includes(':') || component === 'localhost' || component !== component.toLowerCase();
}

function normaliseHost(text: string): string {
  const host = text.toLowerCase();
  if (!isValidHost(host)) throw new InvalidReference(`${quote(text)} is not a registry host: "host" or "host:port" is expected.`);
  return dockerHubAliases.has(host) ? dockerHub : host;
}

function isValidHost(host: string): boolean {
  const bracket = host.lastIndexOf(']');
  const colon = host.indexOf(':', bracket + 1);
  const name = colon < 0 ? host : host.slice(0, colon);
  if (colon >= 0 && !isPort(host.slice(colon + 1))) return false;
  if (name.startsWith('[')) return bracket === name.length - 1 && !name.includes('%') && isIPv6(name.slice(1, -1));
  return name.length <= 253 && name.split('.').every((label) => hostLabel.test(label));
}

function isPort(text: string): boolean {
  return /^[0-9]{1,5}$/.test(text) && Number(text) >= 1 && Number(text) <= 65535;
}
