import { stat } from 'node:fs/promises';
import { isAbsolute } from 'node:path';
import { parseJson } from '../../oci/json.ts';
import { ContentError } from '../../oci/content-error.ts';
import { loadDockerConfig, parseDockerConfig } from '../../oci/docker-config.ts';
import { withoutOwn } from './own-variables.ts';
import { failed, refused, type Source } from './source.ts';

/**
 * `docker-config:`: the hub's own Docker configuration, with its credential helpers. `docker-config:/path`: another one, below the
 * folders that `file:` may read; helpers that it names are not run.
 *
 * @param path of the hub's own; absent when there is none
 * @param files reads a file as `file:` does
 */
export function dockerConfigSource(path: string | undefined, files: Source, env: Readonly<Record<string, string | undefined>>): Source {
  const ready = (): void => {
    if (path !== undefined) return;
    throw refused('This hub has no Docker configuration of its own. Start it with --credential-docker-config <file>.');
  };
  const check = (rest: string): void => {
    if (rest === '') ready();
    else if (isAbsolute(rest)) files.check(rest);
    else throw refused('What stands behind docker-config: has to be nothing, or a whole path.');
  };
  return {
    title: 'Docker configuration',
    example: 'docker-config:',
    ready,
    check,
    describe: (rest) => `Docker configuration ${rest === '' ? 'of this hub' : rest}`,
    async read(rest, question) {
      check(rest);
      if (rest === '' && path !== undefined) {
        return { kind: 'docker-config', config: await loadDockerConfig({ files: [path], env: withoutOwn(env), helperTimeout: 10_000 }) };
      }
      const content = await files.read(rest, question);
      if (content.kind !== 'text') throw new TypeError('A file is text.');
      try {
        return { kind: 'docker-config', config: parseDockerConfig(parseJson(Buffer.from(content.text), 'It'), `The file ${rest}`) };
      } catch (error) {
        if (error instanceof ContentError) throw failed(`The file ${rest} is not valid JSON.`);
        throw error;
      }
    },
    async stamp(rest) {
      if (rest !== '') return (await files.stamp?.(rest)) ?? '';
      if (path === undefined) return '';
      const found = await stat(path).catch(() => undefined);
      return found ? `${found.ino}:${found.size}:${found.mtimeMs}` : 'unreadable';
    },
  };
}
