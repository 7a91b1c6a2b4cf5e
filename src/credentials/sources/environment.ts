import { isOwnVariable } from './own-variables.ts';
import { matchesPattern } from './reference.ts';
import { failed, refused, type Source } from './source.ts';

/**
 * `env:NAME`: variables of the hub's environment, as far as their names were allowed.
 *
 * @param patterns names, `*` for any characters
 */
export function environmentSource(patterns: readonly string[], env: Readonly<Record<string, string | undefined>>): Source {
  const ready = (): void => {
    if (patterns.length > 0) return;
    throw refused('This hub may not read environment variables. Start it with --credential-variables <names>.');
  };
  const check = (name: string): void => {
    if (!/^[A-Za-z_][A-Za-z0-9_]{0,255}$/.test(name)) {
      throw refused('What stands behind env: is not the name of an environment variable. Write the name alone, as in env:REGISTRY_LOGIN.');
    }
    if (isOwnVariable(name))
      throw refused(`The variable ${name} configures this hub itself, and is no credential of a registry. Use another name.`);
    ready();
    if (matchesPattern(name, patterns)) return;
    throw refused(
      `This hub may not read the variable ${name}. Start it with --credential-variables ${[...patterns, name].join(',')} to allow it.`,
    );
  };
  return {
    title: 'Environment variable',
    example: 'env:REGISTRY_LOGIN',
    ready,
    check,
    describe: (name) => `environment variable ${name}`,
    async read(name) {
      check(name);
      const text = Object.hasOwn(env, name) ? env[name] : undefined;
      if (text === undefined) throw failed(`The environment variable ${name} is not set. Set it where this hub is started.`);
      return { kind: 'text', text };
    },
  };
}
