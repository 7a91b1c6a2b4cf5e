import type { Argument, Command } from 'commander';
import type { Cli } from '../cli.ts';
import { findHub, connect, type Hub } from '../hub-client.ts';
import { manifest } from '../manifest.ts';
import { printable } from '../output/text.ts';

/** A shell that waits for a hub feels broken. Milliseconds. */
const patience = 1500;
const most = 200;

/** Candidates end up on a command line: nothing that a shell would take for more than a word, whatever a registry calls its tags. */
const harmless = /^[A-Za-z0-9@%+=:,./_-]+$/;

/** Prints candidates for the last of `words`. Anything that goes wrong means no candidates: a completion must never speak up. */
export async function complete(cli: Cli, words: readonly string[]): Promise<void> {
  const current = words.at(-1) ?? '';
  const candidates = await candidatesFor(cli, words.slice(0, -1), current);
  const fitting = candidates.filter((candidate) => candidate.startsWith(current) && harmless.test(candidate));
  if (fitting.length > 0) cli.io.stdout.write(`${fitting.slice(0, most).join('\n')}\n`);
}

async function candidatesFor(cli: Cli, before: readonly string[], current: string): Promise<readonly string[]> {
  const [first] = before;
  if (first === undefined) return [...manifest.filter((entry) => !entry.hidden).map((entry) => entry.name), 'help'];
  if (first === 'help') return before.length === 1 ? manifest.filter((entry) => !entry.hidden).map((entry) => entry.name) : [];
  let command: Command | undefined = await manifest.find((entry) => entry.name === first && !entry.hidden)?.load(cli);
  if (!command) return [];
  const operands: string[] = [];
  let pending: string | undefined;
  for (const word of before.slice(1)) {
    if (pending !== undefined) pending = undefined;
    else if (word.startsWith('-')) pending = takesValue(command, word) ? word : undefined;
    else {
      const child: Command | undefined =
        operands.length === 0 ? command.commands.find((one) => one.name() === word || one.aliases().includes(word)) : undefined;
      if (child) command = child;
      else operands.push(word);
    }
  }
  if (pending !== undefined) return optionValues(cli, command, pending);
  if (current.startsWith('-')) return command.options.filter((option) => !option.hidden).flatMap((option) => option.long ?? []);
  const children = operands.length === 0 ? command.commands.map((child) => child.name()) : [];
  const argument = command.registeredArguments[operands.length];
  return [...children, ...(argument ? await argumentValues(cli, command, argument, current) : [])];
}

function takesValue(command: Command, word: string): boolean {
  const option = command.options.find((candidate) => candidate.long === word || candidate.short === word);
  return option?.required === true || option?.optional === true;
}

async function optionValues(cli: Cli, command: Command, word: string): Promise<readonly string[]> {
  const option = command.options.find((candidate) => candidate.long === word || candidate.short === word);
  if (option?.argChoices) return option.argChoices;
  const ask = {
    '--provider': async (hub: Hub) => (await hub.listProviders()).items.map((item) => item.id),
    '--project': async (hub: Hub) => (await hub.listProjects({ limit: 1000 })).items.map((item) => item.name),
    '--registry': registryNames,
    '--next-default': registryNames,
  }[option?.long ?? ''];
  return ask ? fromHub(cli, ask) : [];
}

async function argumentValues(cli: Cli, command: Command, argument: Argument, current: string): Promise<readonly string[]> {
  if (argument.argChoices) return argument.argChoices;
  switch (argument.name()) {
    case 'registry':
      return fromHub(cli, registryNames);
    case 'repository':
    case 'reference':
    case 'source':
    case 'destination':
      return fromHub(cli, (hub) => contentNames(hub, current, argument.name() !== 'repository'));
    case 'copy':
      return fromHub(cli, async (hub) => (await hub.listCopies({ limit: most })).items.map((item) => item.id));
    case 'user':
      return fromHub(cli, async (hub) => (await hub.listUsers({ limit: 1000 })).items.map((item) => item.name));
    case 'project':
      return fromHub(cli, async (hub) => (await hub.listProjects({ limit: 1000 })).items.map((item) => item.name));
    case 'token':
      return fromHub(cli, async (hub) => (await hub.listTokens({ limit: 1000 })).items.map((item) => item.name));
    default:
      return [];
  }
}

const registryNames = async (hub: Hub): Promise<string[]> => (await hub.listRegistries({ limit: 1000 })).items.map((item) => item.name);

/** `harbor/` → `harbor/shop/api` → `harbor/shop/api:1.8.2`. */
async function contentNames(hub: Hub, current: string, withTags: boolean): Promise<readonly string[]> {
  const slash = current.indexOf('/');
  if (slash < 0) return (await registryNames(hub)).map((name) => `${name}/`);
  const registry = current.slice(0, slash);
  const rest = current.slice(slash + 1);
  const colon = rest.indexOf(':');
  if (withTags && colon >= 0) {
    const repository = rest.slice(0, colon);
    const { items } = await hub.listTags(registry, repository, { limit: most });
    return items.map((item) => `${registry}/${repository}:${item.name}`);
  }
  const { items } = await hub.listRepositories(registry, { limit: 1000, q: rest || undefined });
  return items.map((item) => `${registry}/${item.name}`);
}

async function fromHub(cli: Cli, ask: (hub: Hub) => Promise<readonly string[]>): Promise<readonly string[]> {
  try {
    const address = await findHub(cli, {});
    if (!address) return [];
    const late = new Promise<never>((_, reject) => setTimeout(() => reject(new Error('The hub takes too long.')), patience).unref());
    return await Promise.race([ask(connect(cli, address, {})), late]);
  } catch (error) {
    if (cli.isDebug()) cli.io.stderr.write(`${printable(String(error))}\n`);
    return [];
  }
}
