import { isDeepStrictEqual } from 'node:util';
import { auditView, type Registry, type RegistryInput, type resolveInput, urlText } from '../registries/index.ts';

/** Names of the settings that differ between a registry and what it would become, as the audit log names them. */
export function changesOf(
  existing: Registry,
  draft: ReturnType<typeof resolveInput>,
  input: RegistryInput,
  projects: readonly { id: string; name: string }[],
): string[] {
  const ids = new Map(projects.flatMap(({ id, name }) => [[id, id] as const, [name.toLowerCase(), id] as const]));
  const { credentialExpiry: _expiry, tagOrder: _order, secretEndsAt: _end, ...kept } = existing;
  const after: Registry = {
    ...kept,
    name: draft.name,
    provider: draft.provider.id,
    url: urlText(draft.url),
    prefix: draft.prefix,
    namespace: draft.namespace,
    description: draft.description,
    signIn: draft.signIn,
    settings: { ...draft.settings },
    secretsSet: Object.keys(draft.secrets),
    connection: draft.connection,
    pinnedRepositories: [...draft.pinnedRepositories],
    trustedRealms: [...draft.trustedRealms],
    sources: { ...draft.sources },
    allProjects: draft.allProjects,
    projects: draft.projects.map((project) => ids.get(project) ?? ids.get(project.toLowerCase()) ?? project),
    default: existing.default || input.default === true,
    ...(draft.credentialExpiry !== undefined && { credentialExpiry: draft.credentialExpiry }),
    ...(draft.tagOrder !== undefined && { tagOrder: draft.tagOrder }),
    ...(draft.secretEndsAt !== undefined && { secretEndsAt: draft.secretEndsAt }),
  };
  const fresh = Object.entries(draft.secrets).flatMap(([name, value]) => ('fresh' in value ? [name] : []));
  const [before, now] = [sorted(auditView(existing)), sorted(auditView(after, fresh))];
  return [...new Set([...Object.keys(before), ...Object.keys(now)])].filter((name) => !isDeepStrictEqual(before[name], now[name]));
}

/** Lists whose order means nothing, in one order. */
function sorted(view: Record<string, unknown>): Record<string, unknown> {
  const inOrder = (value: unknown) => (Array.isArray(value) ? value.map(String).toSorted() : value);
  return { ...view, projects: inOrder(view.projects), secretsSet: inOrder(view.secretsSet), trustedRealms: inOrder(view.trustedRealms) };
}
