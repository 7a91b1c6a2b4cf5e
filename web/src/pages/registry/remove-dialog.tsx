import { Select } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useLocation } from 'wouter';
import { hub } from '../../api/client.ts';
import { keys, useRegistries } from '../../api/queries.ts';
import type { Page, Registry } from '../../api/types.ts';
import { ConfirmDialog } from '../../components/confirm-dialog.tsx';
import { Notice, ProblemView } from '../../components/states.tsx';
import { plural } from '../../lib/format.ts';
import { paths } from '../../lib/paths.ts';

/** Removes a registry from Tagboat: says what is lost and what stands in the way. */
export function RemoveDialog({ registry, onClose }: { registry: Registry; onClose: () => void }) {
  const client = useQueryClient();
  const [, navigate] = useLocation();
  const registries = useRegistries();
  const references = useQuery({
    queryKey: keys.references(registry.id),
    queryFn: ({ signal }) => hub.listRegistryReferences(registry.id, { signal }),
    staleTime: 0,
  });
  const others = (registries.data?.items ?? []).filter((each) => each.id !== registry.id);
  const asksNext = registry.default && others.length > 0;
  const [next, setNext] = useState<string>();
  const nextDefault = next ?? (others.length === 1 ? others[0]?.id : undefined);
  const remove = useMutation({
    mutationFn: () =>
      hub.deleteRegistry(registry.id, asksNext && nextDefault !== undefined ? { nextDefault } : {}, { ifMatch: registry.version }),
    onSuccess: () => {
      client.setQueryData<Page<Registry>>(
        keys.registries,
        (list) => list && { ...list, items: list.items.filter((each) => each.id !== registry.id) },
      );
      client.removeQueries({ queryKey: keys.registry(registry.name) });
      void client.invalidateQueries({ queryKey: keys.registries });
      notifications.show({ message: `${registry.name} was removed.` });
      navigate(paths.registries);
    },
  });
  const used = references.data?.items ?? [];
  return (
    <ConfirmDialog
      title={`Remove ${registry.name}`}
      action={`Remove ${registry.name}`}
      {...(registry.secretsSet.length > 0 ? { confirmName: registry.name } : {})}
      busy={remove.isPending}
      error={remove.error}
      disabled={references.isPending || used.length > 0 || (asksNext && nextDefault === undefined)}
      onConfirm={() => remove.mutate()}
      onClose={onClose}
    >
      <p style={{ margin: 0 }}>
        Tagboat forgets this registry, its settings
        {registry.secretsSet.length > 0 && ' and its stored credential, which cannot be brought back'}. Nothing changes at{' '}
        <span className="mono">{registry.host}</span> itself.
      </p>
      {references.error !== null && <ProblemView error={references.error} onRetry={() => void references.refetch()} />}
      {used.length > 0 && (
        <Notice kind="warning">
          It cannot be removed while {plural(used.length, 'thing refers', 'things refer')} to it:
          <ul style={{ margin: '4px 0 0', paddingLeft: 18 }}>
            {used.map((reference) => (
              <li key={`${reference.kind}/${reference.id}`}>
                {reference.kind.replaceAll('-', ' ')} {reference.name}
              </li>
            ))}
          </ul>
        </Notice>
      )}
      {references.data && used.length === 0 && (
        <p className="dim" style={{ margin: 0 }}>
          Nothing else refers to it.
        </p>
      )}
      {asksNext && (
        <Select
          label="The default registry after that"
          placeholder="Choose one"
          data={others.map((each) => ({ value: each.id, label: each.name }))}
          value={nextDefault ?? null}
          onChange={(value) => setNext(value ?? undefined)}
          allowDeselect={false}
          searchable
        />
      )}
    </ConfirmDialog>
  );
}
