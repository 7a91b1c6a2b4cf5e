import { fileURLToPath } from 'node:url';
import { tryRun } from '../../test/support/run.ts';

/** Registry hosts and repositories of one copy. */
export interface CopyJob {
  from: string;
  to: string;
  /** Below `from`. */
  source: string;
  /** Below `to`. */
  destination: string;
  /** One tag; absent: all tags of the repository. */
  tag?: string;
}

/** A program that copies between registries. */
export interface CopyTool {
  name: string;
  version(): Promise<string | undefined>;
  /** Program and arguments; undefined when it cannot do this in one run. */
  command(job: CopyJob): string[] | undefined;
}

/** The environment may name another build, to compare with. */
const main = process.env['TAGBOAT_BENCH_MAIN'] ?? fileURLToPath(new URL('../../dist/main.js', import.meta.url));

const tagboat: CopyTool = {
  name: 'tagboat',
  version: () => versionOf(process.execPath, [main, 'version']),
  command: ({ from, to, source, destination, tag }) => {
    const suffix = tag === undefined ? '' : `:${tag}`;
    const flags = ['--quiet', '--src-plain-http', '--dest-plain-http', ...(tag === undefined ? ['--all-tags'] : [])];
    return [process.execPath, main, 'copy', `${from}/${source}${suffix}`, `${to}/${destination}${suffix}`, ...flags];
  },
};

const skopeo: CopyTool = {
  name: 'skopeo',
  version: () => versionOf('skopeo', ['--version']),
  command: ({ from, to, source, destination, tag }) => {
    const tls = ['--src-tls-verify=false', '--dest-tls-verify=false'];
    if (tag !== undefined) {
      const flags = ['--insecure-policy', 'copy', '--quiet', '--all', ...tls];
      return ['skopeo', ...flags, `docker://${from}/${source}:${tag}`, `docker://${to}/${destination}:${tag}`];
    }
    // `sync` appends the last component of the source.
    const parent = destination.slice(0, destination.lastIndexOf('/'));
    return [
      'skopeo',
      '--insecure-policy',
      'sync',
      '--all',
      ...tls,
      '--src',
      'docker',
      '--dest',
      'docker',
      `${from}/${source}`,
      `${to}/${parent}`,
    ];
  },
};

const crane: CopyTool = {
  name: 'crane',
  version: () => versionOf('crane', ['version']),
  command: ({ from, to, source, destination, tag }) =>
    tag === undefined
      ? ['crane', 'copy', '--insecure', '--all-tags', `${from}/${source}`, `${to}/${destination}`]
      : ['crane', 'copy', '--insecure', `${from}/${source}:${tag}`, `${to}/${destination}:${tag}`],
};

const regctl: CopyTool = {
  name: 'regctl',
  version: () => versionOf('regctl', ['version', '--format', '{{.VCSTag}}']),
  command: ({ from, to, source, destination, tag }) =>
    tag === undefined
      ? undefined
      : [
          'regctl',
          '--host',
          `reg=${from},tls=disabled`,
          '--host',
          `reg=${to},tls=disabled`,
          'image',
          'copy',
          `${from}/${source}:${tag}`,
          `${to}/${destination}:${tag}`,
        ],
};

const oras: CopyTool = {
  name: 'oras',
  version: () => versionOf('oras', ['version']),
  command: ({ from, to, source, destination, tag }) =>
    tag === undefined
      ? undefined
      : ['oras', 'copy', '--from-plain-http', '--to-plain-http', `${from}/${source}:${tag}`, `${to}/${destination}:${tag}`],
};

export const tools: readonly CopyTool[] = [tagboat, skopeo, crane, regctl, oras];

async function versionOf(program: string, args: readonly string[]): Promise<string | undefined> {
  try {
    const { code, stdout } = await tryRun(program, args);
    return code === 0 ? stdout.trim().split('\n')[0] : undefined;
  } catch {
    return undefined; // Not installed: the comparison goes without it.
  }
}
