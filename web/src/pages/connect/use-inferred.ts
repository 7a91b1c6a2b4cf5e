import { useDebouncedValue } from '@mantine/hooks';
import { useQuery } from '@tanstack/react-query';
import { hub } from '../../api/client.ts';
import type { FieldDescription, Provider } from '../../api/types.ts';
import { activeFields } from '../../lib/registry-draft.ts';

export interface Inferred {
  /** Field → value, as the address says it. */
  values: Readonly<Record<string, string>>;
  /** The namespace that the address names behind its host. */
  namespace?: string;
  /** Whether it is not known yet: no address, or the hub has not answered. */
  open: boolean;
}

const nothing: Inferred = { values: {}, open: false };

/** What an address says of the fields that may be read from it. */
export function useInferred(provider: Provider | undefined, url: string): Inferred {
  const names = inferable(provider);
  const path = pathOf(url);
  const asked = names.length > 0 || (provider?.namespace !== undefined && path !== '');
  const [settled] = useDebouncedValue(url.trim(), 250);
  const detection = useQuery({
    queryKey: ['detect', settled],
    queryFn: ({ signal }) => hub.detectRegistry({ text: settled }, { signal }),
    enabled: asked && settled !== '',
    staleTime: Number.POSITIVE_INFINITY,
    retry: false,
  });
  if (!provider || !asked) return nothing;
  if (url.trim() === '' || detection.isPending || settled !== url.trim()) return { values: {}, open: true };
  if (detection.data?.provider !== provider.id) return nothing;
  // What stands behind the host is kept as the namespace, all of it.
  const named = detection.data.namespace;
  const namespace = named !== undefined && (path === named || path.startsWith(`${named}/`)) ? path : undefined;
  return {
    values: Object.fromEntries(Object.entries(detection.data.fields).filter(([name]) => names.includes(name))),
    open: false,
    ...(namespace !== undefined && provider.namespace && { namespace }),
  };
}

/** What was typed behind the host, without slashes around it. */
function pathOf(url: string): string {
  const [, ...segments] = url
    .trim()
    .replace(/^\w+:\/\//, '')
    .split('/');
  return segments.filter((segment) => segment !== '').join('/');
}

function inferable(provider: Provider | undefined): string[] {
  if (!provider) return [];
  return [...provider.fields, ...provider.signIn.flatMap((method) => method.fields)]
    .filter((field) => field.fromUrl)
    .map((field) => field.name);
}

/** What the address says of the active fields, in words: label and value. */
export function inferredFacts(provider: Provider, signIn: string, inferred: Inferred): { label: string; value: string }[] {
  const namespace =
    inferred.namespace === undefined || !provider.namespace ? [] : [{ label: provider.namespace.label, value: inferred.namespace }];
  const fields = activeFields(provider, signIn).flatMap((field) => {
    const value = inferred.values[field.name];
    if (value === undefined) return [];
    return [{ label: field.label, value: field.options?.find((option) => option.value === value)?.label ?? value }];
  });
  return [...fields, ...namespace];
}

/** Whether a field has to be asked for: the address does not tell it, or the hub finds fault with what it tells. */
export function isAsked(field: FieldDescription, inferred: Inferred, error: string | undefined): boolean {
  return !field.fromUrl || error !== undefined || (!inferred.open && inferred.values[field.name] === undefined);
}
