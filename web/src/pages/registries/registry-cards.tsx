import { Link } from 'wouter';
import type { Registry } from '../../api/types.ts';
import { AlertMark } from '../../components/alert-mark.tsx';
import { Chip } from '../../components/bits.tsx';
import { ProviderMark } from '../../components/provider-mark.tsx';
import { StateDot } from '../../components/state-dot.tsx';
import { plural } from '../../lib/format.ts';
import { paths } from '../../lib/paths.ts';
import styles from './registries.module.css';
import { ExpiryCell, ProjectsCell, QuotaCell } from './registry-cells.tsx';

export function RegistryCards({
  registries,
  projectNames,
}: {
  registries: readonly Registry[];
  projectNames: ReadonlyMap<string, string>;
}) {
  return (
    <ul className={styles.cards} aria-label="Registries">
      {registries.map((registry) => (
        <li key={registry.id} className={styles.card}>
          <div className={styles.name}>
            <ProviderMark provider={registry.provider} size={28} />
            <div style={{ minWidth: 0, flex: 1 }}>
              <span style={{ display: 'flex', gap: 8, alignItems: 'center' }}>
                <Link href={paths.registry(registry.name)} className="truncate">
                  {registry.name}
                </Link>
                {registry.default && <Chip kind="accent">default</Chip>}
                <AlertMark registry={registry} />
              </span>
              <span className={`${styles.host} mono truncate`}>{registry.host}</span>
            </div>
          </div>
          <div className={styles.raised} style={{ width: 'fit-content', maxWidth: '100%' }}>
            <StateDot state={registry.state} />
          </div>
          <div className={styles.cardFoot}>
            <div className={styles.raised}>
              <ExpiryCell registry={registry} />
            </div>
            {registry.quota !== undefined && (
              <div className={styles.raised}>
                <QuotaCell registry={registry} />
              </div>
            )}
            {!registry.allProjects && (
              <div className={styles.raised}>
                <ProjectsCell registry={registry} names={projectNames} />
              </div>
            )}
            {registry.repositoryCount !== undefined && (
              <span className="dim num" style={{ fontSize: '0.75rem', marginLeft: 'auto' }}>
                {plural(registry.repositoryCount, 'repository', 'repositories')}
              </span>
            )}
          </div>
        </li>
      ))}
    </ul>
  );
}
