import { type Command, InvalidArgumentError, Option } from 'commander';
import { configFromEnvironment, configOptions, type HubConfig } from '../config.ts';

/** Adds the flags of some configuration options, which are called the same on every command. Those by environment only are left out. */
export function withConfigOptions<C extends Command>(command: C, keys?: readonly (keyof HubConfig)[]): C {
  for (const { key, flag, value, env, summary, detail: _detail, default: fallback, defaultText, parse } of configOptions) {
    if (flag === undefined || (keys && !keys.includes(key))) continue;
    const option = new Option(`--${flag}${value ? ` ${value}` : ''}`, `${summary} (${defaultWords(fallback, defaultText)}env: ${env})`);
    option.attributeName = () => key;
    if (value !== undefined) {
      option.argParser((text) => {
        try {
          return parse(text);
        } catch (error) {
          throw new InvalidArgumentError(`${(error as Error).message}.`);
        }
      });
    }
    command.addOption(option);
  }
  return command;
}

/** What flags say, over what the environment says. */
export function givenConfig(flags: Partial<HubConfig>, env: Readonly<Record<string, string | undefined>>): Partial<HubConfig> {
  return { ...configFromEnvironment(env), ...flags };
}

function defaultWords(fallback: HubConfig[keyof HubConfig], text: string | undefined): string {
  const words = text ?? (typeof fallback === 'boolean' ? (fallback ? 'yes' : undefined) : fallback);
  return words === undefined ? '' : `default: ${String(words).replaceAll('`', '')}, `;
}
