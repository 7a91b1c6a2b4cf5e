import { Textarea, Title } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { hub } from '../../api/client.ts';
import type { Detection, Provider } from '../../api/types.ts';
import { FilterInput } from '../../components/filter-input.tsx';
import { ProviderMark } from '../../components/provider-mark.tsx';
import { EmptyState, Notice, ProblemView } from '../../components/states.tsx';
import styles from './connect.module.css';
import { BusyButton } from '../../components/busy-button.tsx';

interface ChooserProps {
  providers: readonly Provider[];
  onChoose: (provider: Provider, detection?: Detection) => void;
}

/** Reads the text; where the address alone does not tell, the hub asks that address what it is, without any credential. */
async function recognise(text: string): Promise<Detection> {
  const first = await hub.detectRegistry({ text });
  if (first.url !== undefined && (first.provider === undefined || first.certainty === 'guess'))
    return hub.detectRegistry({ text, probe: true });
  return first;
}

/** Step one: paste anything, or pick a mark. */
export function Chooser({ providers, onChoose }: ChooserProps) {
  const [text, setText] = useState('');
  const [filter, setFilter] = useState('');
  const [unknown, setUnknown] = useState(false);
  const detect = useMutation({
    mutationFn: recognise,
    onSuccess: (detection) => {
      const provider = providers.find((each) => each.id === (detection.provider ?? (detection.url === undefined ? '' : 'generic')));
      setUnknown(provider === undefined);
      if (provider) onChoose(provider, detection);
    },
  });
  const go = (value: string) => {
    setUnknown(false);
    if (value.trim() !== '') detect.mutate(value.trim());
  };
  const words = filter.toLowerCase().split(/\s+/).filter(Boolean);
  const shown = providers.filter((provider) => words.every((word) => `${provider.title} ${provider.id}`.toLowerCase().includes(word)));
  return (
    <>
      <form
        className={styles.paste}
        onSubmit={(event) => {
          event.preventDefault();
          go(text);
        }}
      >
        <Textarea
          label="Paste what you have"
          description="An address, an image reference, a docker login line, a JSON key, a Docker config.json. Nothing is stored until you save."
          placeholder="registry.example.com"
          className={styles.code}
          autosize
          minRows={1}
          maxRows={8}
          autoFocus
          spellCheck={false}
          autoComplete="off"
          value={text}
          onChange={(event) => setText(event.currentTarget.value)}
          onPaste={(event) => {
            // What is pasted into the empty field is the whole of it: no need to press a button.
            const pasted = event.clipboardData.getData('text');
            if (text === '' && pasted.trim() !== '') go(pasted);
          }}
          onKeyDown={(event) => {
            if (event.key === 'Enter' && !event.shiftKey) {
              event.preventDefault();
              go(text);
            }
          }}
        />
        <div style={{ display: 'flex', gap: 12, alignItems: 'center' }}>
          <BusyButton type="submit" busy={detect.isPending} disabled={text.trim() === ''}>
            Continue
          </BusyButton>
          {detect.isPending && <span className="dim">Looking what this is…</span>}
        </div>
        {detect.error !== null && <ProblemView error={detect.error} />}
        {unknown && (
          <Notice kind="warning" role="status">
            This text names no registry that Tagboat recognises. Pick the provider below; “Any OCI registry” fits everything that docker can
            push to.
          </Notice>
        )}
      </form>
      <section aria-labelledby="or-pick">
        <div style={{ display: 'flex', gap: 16, alignItems: 'center', flexWrap: 'wrap', marginBottom: 12 }}>
          <Title order={2} id="or-pick">
            Or pick a provider
          </Title>
          {providers.length > 8 && <FilterInput value={filter} onChange={setFilter} label="Search providers" />}
        </div>
        {shown.length === 0 ? (
          <EmptyState small title="No provider of this name">
            <p>
              “Any OCI registry” connects everything that speaks the distribution protocol: distribution, zot, Gitea, Forgejo and others.
            </p>
          </EmptyState>
        ) : (
          <ul className={styles.grid}>
            {shown.map((provider) => (
              <li key={provider.id}>
                <button type="button" className={styles.tile} onClick={() => onChoose(provider)}>
                  <ProviderMark provider={provider.id} size={26} title="" />
                  <span>{provider.title}</span>
                </button>
              </li>
            ))}
          </ul>
        )}
      </section>
    </>
  );
}
