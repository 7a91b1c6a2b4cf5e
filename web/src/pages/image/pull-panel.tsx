import { SegmentedControl } from '@mantine/core';
import { useState } from 'react';
import type { Image } from '../../api/types.ts';
import { Panel } from '../../components/bits.tsx';
import { CodeLine } from '../../components/copy.tsx';
import { useViewChoice } from '../../lib/view-choice.ts';

const tools = ['docker', 'podman', 'kubernetes', 'dockerfile'] as const;
const names = { docker: 'docker', podman: 'podman', kubernetes: 'Kubernetes', dockerfile: 'Dockerfile' } as const;

/** How to pull exactly this content. */
export function PullPanel({ image }: { image: Image }) {
  const [tool, setTool] = useViewChoice('pull-tool', tools, 'docker');
  const [by, setBy] = useState<'digest' | 'tag'>('digest');
  const line = image.pull[tool];
  const tagged = image.tag === undefined ? undefined : withTag(line, image);
  return (
    <Panel title="Pull">
      <div style={{ display: 'grid', gap: 10 }}>
        <div style={{ display: 'flex', gap: 8, flexWrap: 'wrap' }}>
          <SegmentedControl
            size="xs"
            aria-label="Tool"
            data={tools.map((each) => ({ value: each, label: names[each] }))}
            value={tool}
            onChange={setTool}
          />
          {tagged !== undefined && tagged !== line && (
            <SegmentedControl
              size="xs"
              aria-label="By"
              data={[
                { value: 'digest', label: 'by digest' },
                { value: 'tag', label: 'by tag' },
              ]}
              value={by}
              onChange={setBy}
            />
          )}
        </div>
        <CodeLine text={by === 'tag' && tagged !== undefined ? tagged : line} label={`the ${names[tool]} line`} />
        <span className="dim" style={{ fontSize: '0.8125rem' }}>
          {by === 'digest' ? 'A digest always means this content; a tag can be moved.' : 'The tag may point to something else tomorrow.'}
        </span>
      </div>
    </Panel>
  );
}

/** The same line by tag: the hub's lines name the digest, with or without the tag before it. */
function withTag(line: string, image: Image): string {
  return line.replace(new RegExp(`(?::${escape(image.tag ?? '')})?@${escape(image.digest)}`), `:${image.tag}`);
}

function escape(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}
