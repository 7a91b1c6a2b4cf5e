import type { Found } from './found.ts';
import { shellWords } from './shell-words.ts';

const programs = new Set(['docker', 'podman', 'nerdctl', 'buildah', 'skopeo', 'crane', 'helm', 'oras', 'regctl', 'finch']);

/** Flags that take a value, beside user and password. */
const valued = new Set([
  '--authfile',
  '--cert-dir',
  '--ca-file',
  '--cert-file',
  '--key-file',
  '--config',
  '--context',
  '-c',
  '-H',
  '--host',
  '--log-level',
  '-l',
]);

/**
 * Reads a `docker login` line, or that of another tool which signs in the same way, alone or at the end of a pipe
 * (`echo … | docker login --password-stdin`). Undefined when the text is none.
 */
export function readDockerLogin(text: string): Found | undefined {
  const words = shellWords(text.trim().replace(/^[$#>]\s+/, ''));
  const login = words.findIndex((word, index) => word === 'login' && programs.has(programBefore(words, index)));
  if (login === -1) return undefined;
  const found: Found = { kind: 'docker-login' };
  let stdin = false;
  for (let at = login + 1; at < words.length; at++) {
    const word = words[at] ?? '';
    if (word === '|' || word === ';' || word === '&&') break;
    const { flag, value } = splitFlag(word);
    if (flag === undefined) {
      found.address ??= word;
    } else if (flag === '-u' || flag === '--username') {
      found.username = value ?? words[++at] ?? '';
    } else if (flag === '-p' || flag === '--password') {
      found.password = value ?? words[++at] ?? '';
    } else if (flag === '--password-stdin') {
      stdin = true;
    } else if (valued.has(flag) && value === undefined) {
      at++;
    }
  }
  if (stdin) found.password = pipedPassword(words.slice(0, login));
  // A variable or a substitution is not the password.
  if (found.password !== undefined && /^\$|[`]|\$\(/.test(found.password)) found.password = undefined;
  if (found.username !== undefined && found.username.startsWith('$')) found.username = undefined;
  // Without an address, `docker login` means Docker Hub.
  found.address ??= 'docker.io';
  return found;
}

/** The program of `docker login`, `crane auth login`, `helm registry login`. */
function programBefore(words: readonly string[], login: number): string {
  const before = words.slice(Math.max(0, login - 4), login).reverse();
  const program = before.find((word) => !word.startsWith('-') && word !== 'auth' && word !== 'registry') ?? '';
  return program.split('/').at(-1) ?? '';
}

function splitFlag(word: string): { flag?: string; value?: string } {
  if (!word.startsWith('-') || word === '-') return {};
  const equals = word.indexOf('=');
  if (equals !== -1) return { flag: word.slice(0, equals), value: word.slice(equals + 1) };
  const short = /^(-[up])(.+)$/.exec(word);
  return short ? { flag: short[1], value: short[2] } : { flag: word };
}

/** The text of `echo …` or `printf …` before the pipe; anything else is a program whose output we do not know. */
function pipedPassword(words: readonly string[]): string | undefined {
  const pipe = words.lastIndexOf('|');
  if (pipe === -1) return undefined;
  const command = words.slice(0, pipe);
  const start = command.findLastIndex((word) => word === ';' || word === '|') + 1;
  const [program, ...rest] = command.slice(start);
  if (program !== 'echo' && program !== 'printf') return undefined;
  const values = rest.filter((word) => word !== '-n' && word !== '%s');
  return values.length === 1 ? values[0] : undefined;
}
