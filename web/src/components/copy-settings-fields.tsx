import { Checkbox, NumberInput, Radio, Stack, TagsInput, TextInput } from '@mantine/core';
import { useState } from 'react';
import type { CopySettings } from '../api/types.ts';
import { parseBandwidth, writeBandwidth } from '../lib/bandwidth.ts';
import { errorAt } from '../lib/copy-draft.ts';
import type { FieldErrors } from '../lib/draft-check.ts';
import styles from './copy-settings-fields.module.css';

interface CopySettingsFieldsProps {
  value: CopySettings;
  onChange: (value: CopySettings) => void;
  /** By path: `settings.platforms`. */
  errors?: FieldErrors;
  /** Platforms of the source, to choose from. */
  platforms?: readonly string[];
}

const usualPlatforms = ['linux/amd64', 'linux/arm64', 'linux/arm/v7', 'linux/ppc64le', 'linux/s390x', 'linux/riscv64', 'windows/amd64'];

/** How copies are made. Only what differs from the usual is part of the value. */
export function CopySettingsFields({ value, onChange, errors = {}, platforms = usualPlatforms }: CopySettingsFieldsProps) {
  const set = <K extends keyof CopySettings>(name: K, next: CopySettings[K] | undefined) => {
    const { [name]: _, ...rest } = value;
    onChange(next === undefined || next === false ? rest : { ...rest, [name]: next });
  };
  return (
    <div className={styles.fields}>
      <TagsInput
        label="Platforms"
        description="Everything, byte for byte, unless you choose. Fewer platforms make an index with another digest, which signatures of the source do not fit."
        placeholder={(value.platforms ?? []).length === 0 ? 'All platforms' : ''}
        data={[...platforms]}
        value={value.platforms ?? []}
        onChange={(next) => set('platforms', next.length === 0 ? undefined : next)}
        error={errorAt(errors, 'settings.platforms')}
        clearable
        clearButtonProps={{ 'aria-label': 'All platforms' }}
      />
      <Stack gap={8} component="fieldset" className={styles.group}>
        <legend>Also copy</legend>
        <Checkbox
          label="Signatures, SBOMs and attestations"
          description="What refers to the image, as the registry lists it."
          checked={value.referrers ?? false}
          onChange={(event) => set('referrers', event.currentTarget.checked)}
        />
        <Checkbox
          label="Cosign’s tags"
          description="sha256-….sig, .att and .sbom, where signatures are kept the older way."
          checked={value.digestTags ?? false}
          onChange={(event) => set('digestTags', event.currentTarget.checked)}
        />
        <Checkbox
          label="Layers that their publishers keep elsewhere"
          description="Windows’ base layers, for one. Their licence may not allow it."
          checked={value.foreignLayers ?? false}
          onChange={(event) => set('foreignLayers', event.currentTarget.checked)}
        />
      </Stack>
      <Radio.Group
        label="Check the bytes"
        value={value.verify ?? 'destination'}
        onChange={(next) => set('verify', next === 'always' ? 'always' : undefined)}
      >
        <Stack gap={10} mt={6}>
          <Radio value="destination" label="By the destination, which refuses what does not fit its digest" />
          <Radio value="always" label="By Tagboat too, on their way" />
        </Stack>
      </Radio.Group>
      <div className={styles.pair}>
        <BandwidthInput
          value={value.bandwidth}
          onChange={(next) => set('bandwidth', next)}
          {...(errors['settings.bandwidth'] === undefined ? {} : { error: errors['settings.bandwidth'] })}
        />
        <NumberInput
          label="Leave of the source’s quota"
          description="Requests that others still need, where its registry counts them."
          placeholder="0"
          min={0}
          allowDecimal={false}
          value={value.quotaReserve ?? ''}
          onChange={(next) => set('quotaReserve', typeof next === 'number' && next > 0 ? next : undefined)}
          error={errors['settings.quotaReserve']}
        />
      </div>
    </div>
  );
}

/** The text is the person's own; the value follows as long as it can be read. */
function BandwidthInput({
  value,
  onChange,
  error,
}: {
  value: number | undefined;
  onChange: (value: number | undefined) => void;
  error?: string;
}) {
  const [text, setText] = useState(value === undefined ? '' : writeBandwidth(value));
  const wrong = text.trim() !== '' && (parseBandwidth(text) ?? 0) < 1024;
  return (
    <TextInput
      label="At most this fast"
      description="Bytes a second: 20 MiB/s, 500 kB/s."
      placeholder="No limit"
      value={text}
      error={wrong ? 'A speed like 20 MiB/s, of 1 KiB/s or more.' : error}
      onChange={(event) => {
        const next = event.currentTarget.value;
        const read = parseBandwidth(next);
        setText(next);
        onChange(read !== undefined && read >= 1024 ? read : undefined);
      }}
    />
  );
}
