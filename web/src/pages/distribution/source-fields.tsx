import { Autocomplete, Select, TextInput } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { useMutation, useQuery } from '@tanstack/react-query';
import { useEffect, useRef, useState } from 'react';
import { hub } from '../../api/client.ts';
import { problemOf } from '../../api/problem.ts';
import { useRegistries } from '../../api/queries.ts';
import { IconSearch } from '../../components/icons.tsx';
import type { CopyDraft } from '../../lib/copy-draft.ts';
import type { FieldErrors } from '../../lib/draft-check.ts';
import { cleanReference, referenceParts } from '../../lib/pasted-reference.ts';
import connect from '../connect/connect.module.css';
import styles from './distribution.module.css';

type Source = CopyDraft['source'];

interface SourceFieldsProps {
  value: Source;
  onChange: (source: Source) => void;
  errors: FieldErrors;
}

/** Which image: pasted as a whole, or chosen piece by piece. */
export function SourceFields({ value, onChange, errors }: SourceFieldsProps) {
  const registries = useRegistries();
  const [repository] = useDebouncedValue(value.repository.trim(), 200);
  const [reference] = useDebouncedValue(value.reference.trim(), 200);
  const repositories = useQuery({
    queryKey: ['repository-names', value.registry, repository],
    queryFn: ({ signal }) =>
      hub.listRepositories(value.registry, { limit: 20, ...(repository === '' ? {} : { q: repository }) }, { signal }),
    enabled: value.registry !== '',
    retry: false,
  });
  const listed = repositories.data?.items;
  // While a name is being typed its beginning is no repository; where nothing can be listed any name may be one.
  const repositoryKnown =
    repositories.error !== null || (listed !== undefined && (listed.length === 0 || listed.some((each) => each.name === repository)));
  const tags = useQuery({
    queryKey: ['tag-names', value.registry, repository, reference],
    queryFn: ({ signal }) =>
      hub.listTags(
        value.registry,
        repository,
        { limit: 20, ...(filterOf(reference) === '' ? {} : { filter: filterOf(reference) }) },
        { signal },
      ),
    enabled: value.registry !== '' && repository !== '' && repositoryKnown,
    retry: false,
  });
  return (
    <div className={styles.stack}>
      <PasteField onFound={onChange} autoFocus={value.registry === ''} />
      <div className={styles.sourceFields}>
        <Select
          label="Registry"
          placeholder="Choose one"
          data={(registries.data?.items ?? []).map((each) => ({ value: each.id, label: each.name }))}
          value={value.registry === '' ? null : value.registry}
          onChange={(next) => onChange({ registry: next ?? '', repository: '', reference: '' })}
          error={errors['source.registry']}
          searchable
          allowDeselect={false}
        />
        <Autocomplete
          label="Repository"
          placeholder="shop/api"
          className={connect.code}
          data={(repositories.data?.items ?? []).map((each) => each.name)}
          filter={({ options }) => options}
          value={value.repository}
          onChange={(next) => onChange({ ...value, repository: next })}
          error={errors['source.repository']}
          disabled={value.registry === ''}
          spellCheck={false}
        />
        <Autocomplete
          label="Tag or digest"
          placeholder="1.8.2"
          className={connect.code}
          data={(tags.data?.items ?? []).map((each) => each.name)}
          filter={({ options }) => options}
          value={value.reference}
          onChange={(next) => onChange({ ...value, reference: next })}
          error={errors['source.reference']}
          disabled={value.repository.trim() === ''}
          spellCheck={false}
        />
      </div>
    </div>
  );
}

/** Half a tag is looked for in all of them; a digest is no tag. */
const filterOf = (reference: string) => (reference.includes(':') ? '' : reference);

function PasteField({ onFound, autoFocus }: { onFound: (source: Source) => void; autoFocus: boolean }) {
  const [text, setText] = useState('');
  const [settled] = useDebouncedValue(text.trim(), 350);
  const found = useRef(onFound);
  useEffect(() => {
    found.current = onFound;
  });
  const { mutate, reset, data, error, isPending } = useMutation({
    mutationFn: async (pasted: string) => {
      const match = await hub.matchRegistry({ reference: cleanReference(pasted) });
      return { match, parts: referenceParts(match.reference) };
    },
    onSuccess: ({ match, parts }) => {
      if (match.registry && parts) found.current({ registry: match.registry.id, ...parts });
    },
  });
  useEffect(() => {
    if (settled === '') reset();
    else mutate(settled);
  }, [settled, mutate, reset]);
  const unknown = data !== undefined && data.match.registry === undefined;
  const message =
    error !== null
      ? problemOf(error).detail
      : unknown
        ? `No registry here has ${data.match.reference}. Connect it first, or choose below.`
        : undefined;
  return (
    <div className={styles.paste}>
      <TextInput
        label="Paste a reference"
        description="An image with its host, one that begins with a registry’s name here, or a line that has it: docker pull …, image: …"
        placeholder="registry.acme.io/shop/api:1.8.2"
        className={connect.code}
        leftSection={<IconSearch />}
        value={text}
        onChange={(event) => setText(event.currentTarget.value)}
        error={settled === '' || isPending ? undefined : message}
        autoFocus={autoFocus}
        spellCheck={false}
        autoComplete="off"
        onKeyDown={(event) => {
          if (event.key !== 'Enter') return;
          event.preventDefault();
          if (text.trim() !== '') mutate(text.trim());
        }}
      />
      <span className="visually-hidden" role="status">
        {data?.match.registry === undefined ? '' : `Found in ${data.match.registry.name}`}
      </span>
    </div>
  );
}
