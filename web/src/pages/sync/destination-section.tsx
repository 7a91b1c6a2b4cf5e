import { NumberInput, Radio, Stack, TextInput } from '@mantine/core';
import { useState } from 'react';
import { useRegistries } from '../../api/queries.ts';
import { Notice } from '../../components/states.tsx';
import { ruleVariables } from '../../lib/copy-draft.ts';
import { lines } from '../../lib/sync-draft.ts';
import { isGlob, matchingNames } from '../../lib/sync-globs.ts';
import { renderName } from '../../lib/sync-names.ts';
import { useNow } from '../../lib/use-now.ts';
import connect from '../connect/connect.module.css';
import { RegistrySelect } from './registry-select.tsx';
import type { SectionProps } from './source-section.tsx';
import styles from './sync.module.css';
import type { Names } from './use-names.ts';

/** Where images go, under which names, and what becomes of tags that the source does not have. */
export function DestinationSection({ draft, errors, onChange, names }: SectionProps & { names: Names }) {
  const [help, setHelp] = useState(false);
  const common = { className: connect.code, spellCheck: false, autoComplete: 'off' } as const;
  return (
    <>
      <fieldset className={styles.section}>
        <legend>To</legend>
        <RegistrySelect
          label="Registry of the destination"
          path="spec.destination.registry"
          value={draft.destination}
          error={errors['spec.destination.registry']}
          onChange={(destination) => onChange({ destination })}
        />
        <div className={connect.pair}>
          <TextInput
            {...common}
            label="Repository there"
            placeholder="{repository}"
            data-field="spec.destination.repository"
            value={draft.repositoryRule}
            error={errors['spec.destination.repository']}
            onChange={(event) => onChange({ repositoryRule: event.currentTarget.value })}
          />
          <TextInput
            {...common}
            label="Tag there"
            placeholder="{tag}"
            data-field="spec.destination.tag"
            value={draft.tagRule}
            error={errors['spec.destination.tag']}
            onChange={(event) => onChange({ tagRule: event.currentTarget.value })}
          />
        </div>
        <Preview draft={draft} names={names} />
        <button
          type="button"
          className={connect.where}
          style={{ justifySelf: 'start' }}
          aria-expanded={help}
          onClick={() => setHelp(!help)}
        >
          What can stand in a name?
        </button>
        {help && (
          <ul className={styles.variables}>
            {ruleVariables
              .filter(({ text }) => text !== '{service}')
              .map(({ text, meaning }) => (
                <li key={text}>
                  <code className="mono">{text}</code> <span className="dim">{meaning}</span>
                </li>
              ))}
            <li className="dim">The name of a repository cannot depend on its tags: no tag, digest or date there.</li>
          </ul>
        )}
      </fieldset>
      <fieldset className={styles.section}>
        <legend>Tags that are only at the destination</legend>
        <Radio.Group
          aria-label="Tags that are only at the destination"
          value={draft.mode}
          onChange={(mode) => onChange({ mode: mode === 'mirror' ? 'mirror' : 'one-way' })}
        >
          <Stack gap={10}>
            <Radio value="one-way" label="Leave them" description="Images are added and moved on; nothing is deleted." />
            <Radio
              value="mirror"
              label="Delete them: a mirror"
              description="In every repository that the rule writes to, only what the rule puts there stays."
            />
          </Stack>
        </Radio.Group>
        {draft.mode === 'mirror' && (
          <div className={styles.indent}>
            <Notice kind="warning">
              Tags are deleted at the destination for good, also those that somebody else pushed there under names that this rule could have
              given. Nothing is deleted where a listing was not whole, where another rule or an environment needs a tag, or where more would
              go than the limit says.
            </Notice>
            <NumberInput
              label="Delete at most"
              description="Of a repository’s tags in one run, per cent. If more would go, none does, and the run says so."
              suffix=" %"
              maw={260}
              min={0}
              max={100}
              data-field="spec.deletionLimit"
              value={draft.deletionLimit}
              error={errors['spec.deletionLimit']}
              onChange={(value) => onChange({ deletionLimit: String(value) })}
            />
          </div>
        )}
      </fieldset>
    </>
  );
}

/** What some of the names become. */
function Preview({ draft, names }: Pick<SectionProps, 'draft'> & { names: Names }) {
  const registries = useRegistries();
  const now = useNow();
  const globs = lines(draft.repositories);
  const listed = matchingNames(names.names ?? [], globs, lines(draft.exclude));
  const samples = listed.length > 0 ? listed.slice(0, 3) : globs.filter((glob) => !isGlob(glob)).slice(0, 3);
  const source = registries.data?.items.find((each) => each.id === draft.source);
  if (samples.length === 0) return null;
  const tag = lines(draft.include).find((line) => /^\w[\w.-]*$/.test(line)) ?? '1.4.2';
  const values = { registry: source?.host ?? 'registry.example.com', tag, time: now };
  return (
    <ul className={styles.preview} aria-label="Names at the destination">
      {samples.map((repository) => {
        const name = renderName(draft.repositoryRule, 'repository', { ...values, repository });
        const there = renderName(draft.tagRule, 'tag', { ...values, repository });
        return (
          <li key={repository}>
            <span className="dim">
              {repository}:{tag}
            </span>
            <span aria-label="becomes">→</span>
            {'problem' in name ? (
              <span style={{ color: 'var(--bad-text)' }}>{name.problem}</span>
            ) : 'problem' in there ? (
              <span style={{ color: 'var(--bad-text)' }}>{there.problem}</span>
            ) : (
              <span>
                {name.name}:{there.name}
              </span>
            )}
          </li>
        );
      })}
    </ul>
  );
}
