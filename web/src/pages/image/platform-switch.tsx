import { SegmentedControl, Select } from '@mantine/core';
import type { Image } from '../../api/types.ts';
import { shortPlatform } from '../../lib/format.ts';
import styles from './image.module.css';

interface PlatformSwitchProps {
  image: Image;
  value: string;
  onChange: (platform: string) => void;
}

/** Which platform's image of an index is shown. Attestations (unknown/unknown) are no platforms. */
export function PlatformSwitch({ image, value, onChange }: PlatformSwitchProps) {
  const platforms = [
    ...new Set(
      image.platforms.flatMap((each) => (each.platform === undefined || each.platform.startsWith('unknown') ? [] : [each.platform])),
    ),
  ];
  const data = platforms.map((platform) => ({ value: platform, label: shortPlatform(platform) }));
  if (platforms.length > 5) {
    return (
      <Select
        aria-label="Platform"
        data={data}
        value={value}
        onChange={(next) => onChange(next ?? '')}
        allowDeselect={false}
        w={220}
        searchable
      />
    );
  }
  if (platforms.length < 2) return null;
  return (
    <div className={styles.platforms}>
      <SegmentedControl aria-label="Platform" size="xs" data={data} value={value} onChange={onChange} />
    </div>
  );
}
