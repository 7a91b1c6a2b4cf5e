import { Tooltip } from '@mantine/core';
import type { Registry } from '../../api/types.ts';
import { Chip, Meter } from '../../components/bits.tsx';
import { endTone } from '../../lib/credential-words.ts';
import { formatCount, formatExact, formatRelative, formatSpan } from '../../lib/format.ts';
import { secretEnd } from '../../lib/registry-list.ts';
import { useNow } from '../../lib/use-now.ts';

/** How much of the credential's life is left: `11 h 20 m of 12 h`. */
export function ExpiryCell({ registry }: { registry: Registry }) {
  const now = useNow();
  const credential = registry.credential;
  if (registry.secretsLost) return <Chip kind="bad">secret lost, enter again</Chip>;
  if (!credential) return <span className="dim">—</span>;
  if (credential.kind === 'anonymous') return <span className="dim">anonymous</span>;
  if (credential.expiresAt === undefined) {
    const end = secretEnd(registry);
    if (end === undefined) return <span className="dim">no expiry</span>;
    const tone = endTone(end, now);
    const words = `${Date.parse(end) < now ? 'secret ended' : 'secret ends'} ${formatRelative(end, now)}`;
    return (
      <Tooltip label={formatExact(end)}>
        <span>{tone === 'plain' ? <span className="dim">{words}</span> : <Chip kind={tone}>{words}</Chip>}</span>
      </Tooltip>
    );
  }
  const end = Date.parse(credential.expiresAt);
  const start = credential.issuedAt === undefined ? undefined : Date.parse(credential.issuedAt);
  const left = end - now;
  if (left <= 0) return <Chip kind="bad">expired {formatSpan(-left)} ago</Chip>;
  const whole = start === undefined || start >= end ? undefined : end - start;
  return (
    <Tooltip label={`Expires ${formatExact(credential.expiresAt)}`}>
      <div>
        <Meter
          label="Credential, time left"
          share={whole === undefined ? 1 : left / whole}
          warnBelow={0.15}
          badBelow={0.05}
          text={whole === undefined ? `${formatSpan(left)} left` : `${formatSpan(left)} of ${formatSpan(whole)}`}
        />
      </div>
    </Tooltip>
  );
}

export function QuotaCell({ registry }: { registry: Registry }) {
  const quota = registry.quota;
  if (!quota || quota.limit <= 0) return <span className="dim">—</span>;
  const window = quota.windowSeconds === undefined ? '' : ` per ${formatSpan(quota.windowSeconds * 1000)}`;
  return (
    <Tooltip label={`${formatCount(quota.remaining)} of ${formatCount(quota.limit)} pulls left${window}, seen ${formatExact(quota.at)}`}>
      <div>
        <Meter
          label="Quota left"
          share={quota.remaining / quota.limit}
          warnBelow={0.25}
          badBelow={0.08}
          text={`${formatCount(quota.remaining)} of ${formatCount(quota.limit)}`}
        />
      </div>
    </Tooltip>
  );
}

export function ProjectsCell({ registry, names }: { registry: Registry; names: ReadonlyMap<string, string> }) {
  if (registry.allProjects) return <span className="dim">all</span>;
  const known = registry.projects.map((id) => names.get(id) ?? id);
  const [first, ...rest] = known;
  if (first === undefined) return <span className="dim">none</span>;
  return (
    <Tooltip label={known.join(', ')} disabled={rest.length === 0}>
      <span style={{ display: 'inline-flex', gap: 4, maxWidth: 160 }}>
        <Chip>{first}</Chip>
        {rest.length > 0 && <Chip>+{rest.length}</Chip>}
      </span>
    </Tooltip>
  );
}
