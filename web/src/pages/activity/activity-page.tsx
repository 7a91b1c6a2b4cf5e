import { Button, Select } from '@mantine/core';
import { useQueryClient } from '@tanstack/react-query';
import { keys } from '../../api/queries.ts';
import { Grow, Toolbar } from '../../components/bits.tsx';
import { FilterInput } from '../../components/filter-input.tsx';
import { IconRefresh } from '../../components/icons.tsx';
import { Page } from '../../components/page.tsx';
import { auditGroups } from '../../lib/audit-words.ts';
import { useUrlState } from '../../lib/use-url-state.ts';
import { AuditList } from './audit-list.tsx';

export default function ActivityPage() {
  const client = useQueryClient();
  const [actor, setActor] = useUrlState('actor');
  const [action, setAction] = useUrlState('action');
  const [target, setTarget] = useUrlState('target');
  const filtered = actor !== '' || action !== '' || target !== '';
  return (
    <Page title="Activity" narrow>
      <Toolbar>
        <FilterInput value={actor} onChange={setActor} label="By whom" placeholder="By whom: name" delay={300} />
        <FilterInput value={target} onChange={setTarget} label="Of what" hint={false} placeholder="Of what: name" delay={300} />
        <Select
          aria-label="What"
          placeholder="Everything"
          data={[...auditGroups]}
          value={action === '' ? null : action}
          onChange={(value) => setAction(value ?? '')}
          clearable
          w={190}
        />
        <Grow />
        <Button
          variant="default"
          size="xs"
          leftSection={<IconRefresh size={14} />}
          onClick={() => void client.invalidateQueries({ queryKey: keys.audit })}
        >
          Refresh
        </Button>
      </Toolbar>
      <AuditList
        actor={actor}
        action={action}
        target={target}
        {...(filtered
          ? {
              onClear: () => {
                setActor('');
                setAction('');
                setTarget('');
              },
            }
          : {})}
      />
    </Page>
  );
}
