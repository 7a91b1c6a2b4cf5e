import { Link } from 'wouter';
import type { Registry } from '../../api/types.ts';
import { AlertMark } from '../../components/alert-mark.tsx';
import { Chip } from '../../components/bits.tsx';
import { IconArrowDown, IconArrowUp } from '../../components/icons.tsx';
import { ProviderMark } from '../../components/provider-mark.tsx';
import { StateDot } from '../../components/state-dot.tsx';
import { formatCount } from '../../lib/format.ts';
import { paths } from '../../lib/paths.ts';
import { type RegistrySort, secretEnd } from '../../lib/registry-list.ts';
import styles from './registries.module.css';
import { ExpiryCell, ProjectsCell, QuotaCell } from './registry-cells.tsx';

interface RegistryTableProps {
  registries: readonly Registry[];
  projectNames: ReadonlyMap<string, string>;
  sort: RegistrySort;
  onSort: (sort: RegistrySort) => void;
}

export function RegistryTable({ registries, projectNames, sort, onSort }: RegistryTableProps) {
  const quotas = registries.some((registry) => registry.quota !== undefined);
  return (
    <table className={styles.table} aria-label="Registries">
      <thead>
        <tr>
          <SortHead sort={sort} onSort={onSort} up="name" down="-name">
            Name
          </SortHead>
          <SortHead sort={sort} onSort={onSort} up="state">
            State
          </SortHead>
          <th scope="col" className={styles.hideMedium}>
            Projects
          </th>
          <SortHead sort={sort} onSort={onSort} up="expiry">
            Credential
          </SortHead>
          {quotas && (
            <th scope="col" className={styles.hideMedium}>
              Quota
            </th>
          )}
          <SortHead sort={sort} onSort={onSort} up="repositories" down="-repositories" right>
            Repositories
          </SortHead>
        </tr>
      </thead>
      <tbody>
        {registries.map((registry) => (
          <tr key={registry.id}>
            <td>
              <div className={styles.name}>
                <ProviderMark provider={registry.provider} size={24} />
                <div style={{ minWidth: 0 }}>
                  <span style={{ display: 'flex', gap: 8, alignItems: 'center' }}>
                    <Link href={paths.registry(registry.name)} className="truncate">
                      {registry.name}
                    </Link>
                    {registry.default && <Chip kind="accent">default</Chip>}
                    <AlertMark registry={registry} />
                  </span>
                  <span className={`${styles.host} mono truncate`} title={registry.prefix}>
                    {registry.host}
                    {registry.namespace !== '' && ` · ${registry.namespace}`}
                  </span>
                </div>
              </div>
            </td>
            <td className={styles.span}>
              <div className={`${styles.state} ${styles.raised}`} style={{ width: 'fit-content' }}>
                <StateDot state={registry.state} />
              </div>
            </td>
            <td className={`${styles.hideMedium} ${styles.empty}`}>
              <div className={styles.raised} style={{ width: 'fit-content' }}>
                <ProjectsCell registry={registry} names={projectNames} />
              </div>
            </td>
            <td className={hasExpiry(registry) ? styles.span : styles.empty}>
              <div className={styles.raised} style={{ maxWidth: 140 }}>
                <ExpiryCell registry={registry} />
              </div>
            </td>
            {quotas && (
              <td className={`${styles.hideMedium} ${styles.empty}`}>
                <div className={styles.raised} style={{ maxWidth: 140 }}>
                  <QuotaCell registry={registry} />
                </div>
              </td>
            )}
            <td className={`${styles.right} ${styles.empty} num`}>
              {registry.repositoryCount === undefined ? <span className="dim">—</span> : formatCount(registry.repositoryCount)}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

/** Whether the cell says more than that nothing ends. */
function hasExpiry(registry: Registry): boolean {
  return registry.credential?.expiresAt !== undefined || secretEnd(registry) !== undefined || registry.secretsLost;
}

interface SortHeadProps {
  sort: RegistrySort;
  onSort: (sort: RegistrySort) => void;
  up: RegistrySort;
  down?: RegistrySort;
  right?: boolean;
  children: string;
}

function SortHead({ sort, onSort, up, down, right = false, children }: SortHeadProps) {
  const active = sort === up ? 'ascending' : sort === down ? 'descending' : undefined;
  // Counts are looked at from the largest.
  const first = right && down !== undefined ? down : up;
  const next = sort === up && down !== undefined ? down : sort === down ? up : first;
  return (
    <th scope="col" aria-sort={active} className={right ? styles.right : undefined}>
      <button type="button" className={active ? `${styles.sort} ${styles.sorted}` : styles.sort} onClick={() => onSort(next)}>
        {children}
        {active === 'ascending' && <IconArrowUp size={12} />}
        {active === 'descending' && <IconArrowDown size={12} />}
      </button>
    </th>
  );
}
