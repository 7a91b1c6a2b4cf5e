import type { ExportFormat, ImportEntry, ImportKind, ImportNote } from '../api/types.ts';
import { plural } from './format.ts';

export interface ImportKindWords {
  kind: ImportKind;
  title: string;
  /** What to paste, and how to get it. */
  help: string;
  /** Prints what is wanted, where a command does. */
  command?: string;
  placeholder: string;
}

/** Where registries can come from, with how to get at them there. */
export const importKinds: readonly ImportKindWords[] = [
  {
    kind: 'argocd-image-updater',
    title: 'Argo CD Image Updater',
    help: 'Its registries.conf, or the ConfigMap that holds it. Secrets that it refers to can be pasted along, as YAML.',
    command: 'kubectl -n argocd get configmap argocd-image-updater-config -o yaml',
    placeholder:
      'registries:\n  - name: Docker Hub\n    prefix: docker.io\n    api_url: https://registry-1.docker.io\n    credentials: env:DOCKER_HUB',
  },
  {
    kind: 'docker-config',
    title: 'Docker’s config.json',
    help: 'With the entries of “auths”. What a credential helper of your machine keeps is not in it.',
    command: 'cat ~/.docker/config.json',
    placeholder: '{ "auths": { "registry.example.com": { "auth": "…" } } }',
  },
  {
    kind: 'kubernetes-secrets',
    title: 'Kubernetes pull secrets',
    help: 'Secrets of type dockerconfigjson or dockercfg, one or a list of them.',
    command: 'kubectl get secrets -A --field-selector type=kubernetes.io/dockerconfigjson -o yaml',
    placeholder: 'apiVersion: v1\nkind: Secret\ntype: kubernetes.io/dockerconfigjson',
  },
  {
    kind: 'regsync',
    title: 'regsync',
    help: 'Its configuration; the entries under “creds”.',
    command: 'cat regsync.yml',
    placeholder: 'version: 1\ncreds:\n  - registry: registry.example.com',
  },
  {
    kind: 'harbor',
    title: 'Harbor’s endpoints',
    help: 'The endpoints of its replications, as its API answers. Secrets are not in that and have to be entered.',
    command: 'curl -u admin https://harbor.example.com/api/v2.0/registries',
    placeholder: '[{ "name": "hub", "type": "docker-hub", "url": "https://hub.docker.com" }]',
  },
  {
    kind: 'devtron',
    title: 'Devtron',
    help: 'Its container registries, as its API answers.',
    command: 'curl -H "token: $TOKEN" https://devtron.example.com/orchestrator/docker/registry',
    placeholder: '{ "result": [{ "id": "acme", "registryURL": "registry.example.com" }] }',
  },
  {
    kind: 'zadig',
    title: 'Zadig',
    help: 'Its registries, as its API answers.',
    command: 'curl -H "Authorization: Bearer $TOKEN" https://zadig.example.com/api/aslan/system/registry/namespaces',
    placeholder: '[{ "reg_addr": "https://registry.example.com", "namespace": "team" }]',
  },
  {
    kind: 'tagboat',
    title: 'Another Tagboat',
    help: 'An export of this page, or of “tagboat export”. Secrets are not in it and have to be entered.',
    command: 'tagboat export',
    placeholder: 'registries:\n  - name: prod\n    provider: harbor\n    url: https://harbor.example.com',
  },
];

export const exportFormats: readonly { format: ExportFormat; title: string; help: string }[] = [
  { format: 'tagboat', title: 'Tagboat', help: 'Everything but the secrets, for another Tagboat or for “tagboat apply”.' },
  { format: 'argocd-image-updater', title: 'Argo CD Image Updater', help: 'A registries.conf.' },
  { format: 'regsync', title: 'regsync', help: 'The “creds” of its configuration.' },
  { format: 'docker-config', title: 'Docker', help: 'A config.json that names the credential helper of each host.' },
];

/** Secrets of an entry that nobody has entered yet. */
export function lacking(entry: ImportEntry, entered: Readonly<Record<string, string>> = {}): ImportEntry['secrets'] {
  return entry.secrets.filter((secret) => secret.state === 'missing' && (entered[secret.field] ?? '') === '');
}

/** Whether an entry can be taken as things are, given what was entered for it. */
export function isTakeable(entry: ImportEntry, entered: Readonly<Record<string, string>> = {}): boolean {
  if (entry.action === 'create' || entry.action === 'update') return lacking(entry, entered).length === 0;
  // What is missing may be all that is wrong with it.
  return entry.action === 'invalid' && Object.values(entered).some((value) => value !== '');
}

/** `3 to connect, 1 to change, 2 left as they are`. */
export function planWords(entries: readonly ImportEntry[]): string {
  const count = (action: ImportEntry['action']) => entries.filter((entry) => entry.action === action).length;
  const parts: string[] = [];
  if (count('create') > 0) parts.push(`${count('create')} to connect`);
  if (count('update') > 0) parts.push(`${count('update')} to change`);
  if (count('skip') > 0) parts.push(`${count('skip')} left as ${count('skip') === 1 ? 'it is' : 'they are'}`);
  if (count('invalid') > 0) parts.push(`${count('invalid')} that cannot be taken`);
  return parts.length === 0 ? plural(0, 'registry', 'registries') : parts.join(', ');
}

const order: readonly ImportNote['level'][] = ['unmapped', 'warning', 'info'];
export const noteWords: Readonly<Record<ImportNote['level'], string>> = { unmapped: 'Left out', warning: 'Differs', info: 'Note' };

/** What matters most first. */
export function sortNotes(notes: readonly ImportNote[]): ImportNote[] {
  return notes.toSorted((a, b) => order.indexOf(a.level) - order.indexOf(b.level));
}

/** The kind that a text is, where it shows; undefined where it does not. */
export function guessKind(text: string): ImportKind | undefined {
  if (/kubernetes\.io\/docker(?:configjson|cfg)/.test(text)) return 'kubernetes-secrets';
  if (/"(?:auths|credHelpers|credsStore)"\s*:/.test(text)) return 'docker-config';
  if (/^\s*creds\s*:/m.test(text) || /^\s*sync\s*:/m.test(text)) return 'regsync';
  if (/^\s*registries(?:\.conf)?\s*:/m.test(text) && /(?:api_url|credsexpire|tagsortmode|registries\.conf)\b/.test(text)) {
    return 'argocd-image-updater';
  }
  if (/"?registryURL"?\s*:/.test(text) && /"?(?:dockerArtifactStore|isOCICompliantRegistry|registryType|pluginId)"?/.test(text))
    return 'devtron';
  if (/"reg_addr"\s*:/.test(text) || /"reg_provider"\s*:/.test(text)) return 'zadig';
  if (/"credential"\s*:/.test(text) && /"(?:insecure|type)"\s*:/.test(text)) return 'harbor';
  return undefined;
}
