import { describe, expect, it } from 'vitest';
import { parseImageConfig, tidyCommand } from './image-config.ts';

const bytes = (value: unknown) => Buffer.from(JSON.stringify(value));

describe('parseImageConfig', () => {
  it('reads what a page shows', () => {
    const parsed = parseImageConfig(
      bytes({
        created: '2026-11-01T10:00:00.123456789Z',
        os: 'linux',
        architecture: 'arm64',
        variant: 'v8',
        config: { User: 'node', Env: ['A=b'], ExposedPorts: { '80/tcp': {} }, Labels: { x: 'y' }, Cmd: null, Entrypoint: ['run'] },
        history: [
          { created_by: 'ADD x', created: '2026-11-01T10:00:00Z' },
          { created_by: 'CMD', empty_layer: true },
        ],
      }),
    );
    expect(parsed?.config).toEqual({
      os: 'linux',
      architecture: 'arm64',
      variant: 'v8',
      createdAt: '2026-11-01T10:00:00.123Z',
      user: 'node',
      env: ['A=b'],
      ports: ['80/tcp'],
      labels: { x: 'y' },
      entrypoint: ['run'],
    });
    expect(parsed?.history).toEqual([
      { command: 'ADD x', createdAt: '2026-11-01T10:00:00.000Z', empty: false },
      { command: 'CMD', empty: true },
    ]);
  });

  it('leaves out what is of another type, and zero times', () => {
    const parsed = parseImageConfig(
      bytes({ os: 7, created: '0001-01-01T00:00:00Z', config: { Env: 'no', Labels: { a: 1 } }, history: 'none' }),
    );
    expect(parsed).toEqual({ config: {}, history: [] });
  });

  it('does not take other things for a configuration', () => {
    expect(parseImageConfig(Buffer.from('<html>'))).toBeUndefined();
    expect(parseImageConfig(bytes('text'))).toBeUndefined();
  });
});

describe('tidyCommand', () => {
  it.each([
    ['/bin/sh -c #(nop)  CMD ["sh"]', 'CMD ["sh"]'],
    ['/bin/sh -c apt-get update', 'RUN apt-get update'],
    ['|1 VERSION=2 /bin/sh -c make', 'RUN make'],
    ['RUN /bin/sh -c npm ci # buildkit', 'RUN /bin/sh -c npm ci'],
    ['COPY . /app # buildkit', 'COPY . /app'],
  ])('%s', (line, expected) => {
    expect(tidyCommand(line)).toBe(expected);
  });
});
