/** Where a secret is read instead of being stored: `<kind>:<rest>`, as the hub takes it. */
export interface SourceKind {
  scheme: string;
  /** In a list of choices. */
  title: string;
  /** What the rest is. */
  label: string;
  example: string;
  help: string;
  /** Understood for a whole credential only: it holds user and password together. */
  whole?: true;
}

export const sourceKinds: readonly SourceKind[] = [
  {
    scheme: 'env',
    title: 'Environment variable',
    label: 'Name of the variable',
    example: 'REGISTRY_PASSWORD',
    help: 'Of the hub’s own environment. Only names that its configuration allows.',
  },
  {
    scheme: 'file',
    title: 'File',
    label: 'Path on the hub',
    example: '/run/secrets/registry',
    help: 'Read again when it changes, so that mounted secrets rotate. Only below folders that the hub’s configuration allows.',
  },
  {
    scheme: 'exec',
    title: 'Command',
    label: 'Name of the executable',
    example: 'registry-password',
    help: 'An executable in the hub’s folder for commands, run without a shell and without arguments. It prints user:password, a value, or JSON as credential helpers do.',
  },
  {
    scheme: 'secret',
    title: 'Kubernetes secret',
    label: 'Namespace, name and key',
    example: 'registry/acme-registry#password',
    help: 'namespace/name#key. The hub’s service account has to be allowed to read it.',
  },
  {
    scheme: 'pullsecret',
    title: 'Kubernetes pull secret',
    label: 'Namespace and name',
    example: 'registry/pull-secret',
    help: 'namespace/name, of type dockerconfigjson or dockercfg. The entry of this registry’s host is taken.',
    whole: true,
  },
  {
    scheme: 'docker-config',
    title: 'Docker’s config.json',
    label: 'Path on the hub',
    example: '/etc/tagboat/docker/config.json',
    help: 'The entry of this registry’s host, with its credential helpers. Empty for the file that the hub’s configuration names.',
    whole: true,
  },
  {
    scheme: 'vault',
    title: 'HashiCorp Vault',
    label: 'Path and key',
    example: 'secret/registries/acme#password',
    help: 'mount/path#key of a KV version 2 store. The hub’s configuration says where Vault is.',
  },
  {
    scheme: 'aws-sm',
    title: 'AWS Secrets Manager',
    label: 'Region and name, or ARN',
    example: 'eu-west-1/ci/registry#password',
    help: 'region/name#key, or the ARN of the secret; #key takes one member of its JSON. The hub’s own role reads it.',
  },
  {
    scheme: 'gcp-sm',
    title: 'Google Secret Manager',
    label: 'Name of the secret',
    example: 'projects/acme-prod/secrets/registry/versions/latest',
    help: 'Full name of the secret or of one of its versions. The hub’s own service account reads it.',
  },
  {
    scheme: 'azure-kv',
    title: 'Azure Key Vault',
    label: 'Vault and secret',
    example: 'https://acme.vault.azure.net/secrets/registry',
    help: 'Address of the secret; #key takes one member of its JSON. The hub’s own identity reads it.',
  },
];

export interface SourceText {
  kind: SourceKind | undefined;
  rest: string;
}

/** `vault:ci/registry#password` → the kind and what stands behind its colon. */
export function splitSource(text: string): SourceText {
  const colon = text.indexOf(':');
  const kind = colon < 0 ? undefined : sourceKinds.find((each) => each.scheme === text.slice(0, colon));
  return { kind, rest: kind ? text.slice(colon + 1) : text };
}

/**
 * The reference after the field behind the kind was edited. A whole reference that was pasted there brings its own kind.
 */
export function joinSource(scheme: string, rest: string): string {
  const trimmed = rest.trim();
  return splitSource(trimmed).kind ? trimmed : `${scheme}:${trimmed}`;
}

/** Whether it says where; Docker’s configuration has a place of its own. */
export function isCompleteSource(text: string): boolean {
  const { kind, rest } = splitSource(text);
  return kind !== undefined && (rest.trim() !== '' || kind.scheme === 'docker-config');
}

/** `Environment variable REGISTRY_PASSWORD`. */
export function sourceWords(text: string): { kind: string; place: string } {
  const { kind, rest } = splitSource(text);
  return { kind: kind?.title ?? 'Elsewhere', place: rest };
}
