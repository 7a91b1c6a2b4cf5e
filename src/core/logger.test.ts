import { describe, expect, it } from 'vitest';
import { createLogger, type LoggerOptions } from './logger.ts';

const clock = { now: () => Date.UTC(2026, 0, 2, 3, 4, 5), sleep: async () => {} };

function capture(options: LoggerOptions = {}) {
  const lines: string[] = [];
  return { lines, logger: createLogger({ clock, write: (line) => lines.push(line), ...options }) };
}

describe('the logger', () => {
  it('writes JSON lines with the fields of its ancestors', () => {
    const { lines, logger } = capture({ format: 'json' });
    logger.child({ registry: 'prod' }).info('checked', { ms: 12 });
    expect(lines).toEqual(['{"time":"2026-01-02T03:04:05.000Z","level":"info","message":"checked","registry":"prod","ms":12}\n']);
  });

  it('writes lines for people, one each whatever the text', () => {
    const { lines, logger } = capture();
    logger.warn('bad tag', { tag: 'a\nERROR forged', plain: 'x' });
    logger.error('a\u001b[31m\nb');
    expect(lines).toEqual([
      '2026-01-02T03:04:05.000Z WARN  bad tag tag="a\\nERROR forged" plain=x\n',
      '2026-01-02T03:04:05.000Z ERROR a\\u001b[31m\\nb\n',
    ]);
  });

  it('leaves out what is below its level', () => {
    const { lines, logger } = capture({ level: 'warn' });
    logger.debug('a');
    logger.info('b');
    logger.error('c');
    expect(lines).toHaveLength(1);
    expect(logger.enabled('info')).toBe(false);
    const silent = capture({ level: 'silent' });
    silent.logger.error('d');
    expect(silent.lines).toEqual([]);
  });

  it('writes no secret', () => {
    const { lines, logger } = capture({ format: 'json' });
    logger.child({}).hide('a-known-secret');
    logger.info('found a-known-secret', { password: 'abc-def', error: new Error('a-known-secret'), url: 'https://u:abc-def@a.example/' });
    expect(lines.join('')).not.toMatch(/a-known-secret|abc-def/);
  });
});
