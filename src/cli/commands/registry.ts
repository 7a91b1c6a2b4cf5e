import { Command, InvalidArgumentError, Option } from 'commander';
import type { Cli } from '../cli.ts';
import { withChangeOptions, withDataOptions, withExamples } from '../help.ts';
import { parseDuration } from '../output/time.ts';

const collect = (value: string, earlier: readonly string[] | undefined): readonly string[] => [...(earlier ?? []), value];

const positiveNumber = (text: string): number => {
  const value = Number(text);
  if (!Number.isFinite(value) || value <= 0) throw new InvalidArgumentError('It has to be a number above 0.');
  return value;
};

const seconds = (text: string): number => {
  const value = parseDuration(text);
  if (value === undefined) throw new InvalidArgumentError('Write it as 90s, 30m, 12h or 30d.');
  return Math.round(value / 1000);
};

/** Flags that describe a registry, shared by `add`, `edit` and `test`; the provider's own flags are added when it is known. */
function withSettings(command: Command): Command {
  const settings = 'Registry:';
  const signIn = 'Signing in (secrets come by prompt, standard input or file only):';
  const connection = 'Connection to the registry:';
  const add = (group: string, flags: string, description: string, change?: (option: Option) => Option): void => {
    const option = new Option(flags, description).helpGroup(group);
    command.addOption(change ? change(option) : option);
  };
  const repeated = (option: Option): Option => option.argParser(collect);
  add(settings, '-p, --provider <id>', 'kind of registry (default: recognised by the URL)');
  add(settings, '--namespace <name>', 'organisation, project or group to stay in');
  add(settings, '--description <text>', 'a line for the people who see it');
  add(settings, '--default', 'make it the default registry');
  add(settings, '--project <name>', 'show it to this project only; may be repeated', repeated);
  add(settings, '--prefix <prefix>', 'what references to it begin with (default: host and path)');
  add(settings, '--pin <repository>', 'name a repository that cannot be listed; may be repeated', repeated);
  add(settings, '--tag-order <order>', 'order in which it lists tags, where it tells no times', (option) =>
    option.choices(['lexical', 'oldest-first', 'newest-first']),
  );
  add(settings, '--field <name=value>', "set a provider's field by its name; may be repeated", repeated);
  add(signIn, '--sign-in <method>', 'way of signing in (default: the first that takes the fields given)');
  add(signIn, '--password-stdin', "read the method's password, token or key from standard input");
  add(signIn, '--secret-file <field=path>', 'read a secret from a file; may be repeated', repeated);
  add(
    signIn,
    '--source <[field=]source>',
    'where the hub reads the credential, or one secret field, when it needs it: exec:…, env:…, file:…, vault:…; may be repeated',
    repeated,
  );
  add(signIn, '--secret-ends <date>', 'when the stored secret ends, to be warned before: 2027-01-31');
  add(signIn, '--credential-expiry <time>', 'renew credentials after this time, whatever the issuer says', (option) =>
    option.argParser(seconds),
  );
  add(signIn, '--trust-realm <origin>', 'token server that may be sent the credential; may be repeated', repeated);
  add(connection, '--ca-file <path>', 'trust these certificate authorities too (PEM)');
  add(connection, '--trust-ca <sha256>', "trust the authority in the server's chain that has this fingerprint");
  add(connection, '--insecure', 'accept any certificate');
  add(connection, '--plain-http', 'speak plain HTTP');
  add(connection, '--client-cert <path>', 'client certificate (PEM), for mutual TLS');
  add(connection, '--client-key <path>', 'its key (PEM)');
  add(connection, '--proxy <url>', 'HTTP or HTTPS proxy; its password is asked for, or --secret-file proxy-password=<path>');
  add(connection, '--rps <number>', 'requests per second at most', (option) => option.argParser(positiveNumber));
  return command;
}

export function withTestOptions(command: Command): Command {
  return command
    .addOption(
      new Option('--test-repository <name>', 'read the tags of this repository, instead of listing repositories').helpGroup('Test:'),
    )
    .addOption(new Option('--test-push', 'start and cancel an upload, to see whether pushing is allowed').helpGroup('Test:'));
}

/**
 * `add`, `edit` and `test` know the provider's flags only after the hub has been asked, so they are parsed twice: first
 * leniently, to find the hub, then strictly by a command that has these flags too (see `registry-parse.ts`).
 */
export function lenient(command: Command): Command {
  return command
    .allowUnknownOption()
    .allowExcessArguments()
    .helpOption(false)
    .addOption(new Option('-h, --help', 'show help, with the flags of every provider that the hub knows'));
}

export function addDefinition(): Command {
  const command = new Command('add')
    .summary('connect a registry')
    .description('Connects a registry: recognises its provider, asks for what is missing, tests the connection and saves it.')
    .argument('[name]', 'name for the registry, e.g. prod-ecr')
    .argument('[url]', 'its URL or host; what `docker login` takes')
    .addOption(new Option('--no-test', 'save it without testing').helpGroup('Test:'))
    .addOption(new Option('--force', 'save it even if the test fails').helpGroup('Test:'));
  withTestOptions(withSettings(command));
  withChangeOptions(command);
  return withExamples(command, [
    { command: 'tagboat registry add harbor harbor.acme.io --username ana', does: 'asks for the password' },
    { command: 'tagboat registry add hub docker.io --username acme --password-stdin < token.txt', does: 'from a script' },
    { command: 'tagboat registry add ghcr ghcr.io/acme --source pullsecret:ci/ghcr', does: 'with the credential of a pull secret' },
    { command: 'tagboat registry add lab localhost:5000 --plain-http --anonymous', does: 'an open registry on this machine' },
    { command: 'tagboat registry add team registry.acme.io --username ci --ca-file acme-ca.pem', does: "the company's own authority" },
    { command: 'tagboat registry add --provider ecr --help', does: 'the flags of one provider' },
  ]);
}

export function editDefinition(): Command {
  const command = new Command('edit')
    .summary('change a registry')
    .description('Changes what is named and leaves the rest as it is. A secret that is not given is kept.')
    .argument('<registry>', 'name or id')
    .addOption(new Option('--name <name>', 'rename it').helpGroup('Registry:'))
    .addOption(new Option('--url <url>', 'move it').helpGroup('Registry:'))
    .addOption(new Option('--all-projects', 'show it to all projects').helpGroup('Registry:').conflicts('project'));
  withSettings(command)
    .addOption(
      new Option('--ask-secrets', 'ask for the secrets; an empty answer keeps one').helpGroup(
        'Signing in (secrets come by prompt, standard input or file only):',
      ),
    )
    .addOption(
      new Option('--no-secret-ends', 'the stored secret does not end').helpGroup(
        'Signing in (secrets come by prompt, standard input or file only):',
      ),
    )
    .addOption(new Option('--no-tag-order', 'the order of tags is not known').helpGroup('Registry:'))
    .addOption(
      new Option('--verify-tls', 'check the certificate against the known authorities again').helpGroup('Connection to the registry:'),
    )
    .addOption(new Option('--no-client-cert', 'remove the client certificate').helpGroup('Connection to the registry:'))
    .addOption(new Option('--no-proxy', 'connect without a proxy').helpGroup('Connection to the registry:'))
    .addOption(new Option('--no-rps', 'no bound on requests').helpGroup('Connection to the registry:'))
    .addOption(new Option('--no-test', 'save the change without testing').helpGroup('Test:'))
    .addOption(new Option('--force', 'save it even if the test fails').helpGroup('Test:'));
  withTestOptions(command);
  withChangeOptions(command);
  return withExamples(command, [
    { command: 'tagboat registry edit harbor --name harbor-eu', does: 'rename' },
    { command: 'tagboat registry edit harbor --ask-secrets', does: 'a new password' },
    { command: 'tagboat registry edit harbor --project shop --project search', does: 'show it to two projects only' },
    { command: 'tagboat registry edit harbor --ca-file acme-ca.pem --dry-run', does: 'see what would be sent' },
  ]);
}

export function testDefinition(): Command {
  const command = new Command('test')
    .summary('test a connection, saved or not')
    .description('Tests a registry step by step, from its name to a read with its credential. Exit code 1 when it fails.')
    .argument('[registry]', 'name or id of a saved registry, or the URL of one that is not saved');
  withSettings(command).addOption(
    new Option('--ask-secrets', 'ask for the secrets; an empty answer keeps one').helpGroup(
      'Signing in (secrets come by prompt, standard input or file only):',
    ),
  );
  withTestOptions(command);
  withDataOptions(command);
  return withExamples(command, [
    { command: 'tagboat registry test harbor', does: 'a saved registry' },
    { command: 'tagboat registry test harbor --test-push', does: 'may it push, too?' },
    { command: 'tagboat registry test https://registry.acme.io --username ana', does: 'before it is saved' },
    { command: 'tagboat registry test harbor --json', does: "the doctor's report for a program" },
  ]);
}

export function registryCommand(cli: Cli): Command {
  const registry = new Command('registry').description('Registries: connect, test, edit and remove them.');

  registry.addCommand(
    lenient(addDefinition()).action(async (_name: unknown, _url: unknown, _options: unknown, command: Command) => {
      await (await import('./registry-add.ts')).registryAdd(cli, command);
    }),
  );

  registry.addCommand(
    withExamples(
      withDataOptions(
        new Command('list')
          .alias('ls')
          .summary('list registries')
          .description('Lists the registries that you may see, the failing ones first.')
          .option('-p, --provider <id>', 'only of this provider')
          .addOption(new Option('--state <state>', 'only in this state').choices(['ok', 'degraded', 'failing', 'unknown']))
          .option('--project <name>', 'only of this project')
          .option('--search <text>', 'only with this in name, host or description'),
      ),
      [
        { command: 'tagboat registry list', does: 'all that you may see' },
        { command: 'tagboat registry list --state failing', does: 'what needs a hand' },
        { command: 'tagboat registry list --json', does: 'for a program' },
      ],
    ).action(async (options) => (await import('./registry-read.ts')).registryList(cli, options)),
  );

  registry.addCommand(
    withExamples(
      withDataOptions(
        new Command('show')
          .summary('show one registry')
          .description('Shows a registry: settings, state, credential. Never a secret.')
          .argument('<registry>', 'name or id'),
      ),
      [
        { command: 'tagboat registry show harbor', does: 'everything but secrets' },
        { command: 'tagboat registry show harbor --json', does: 'for a program' },
      ],
    ).action(async (name: string, options) => (await import('./registry-read.ts')).registryShow(cli, name, options)),
  );

  registry.addCommand(
    lenient(editDefinition()).action(async (_name: unknown, _options: unknown, command: Command) => {
      await (await import('./registry-edit.ts')).registryEdit(cli, command);
    }),
  );
  registry.addCommand(
    lenient(testDefinition()).action(async (_name: unknown, _options: unknown, command: Command) => {
      await (await import('./registry-test.ts')).registryTest(cli, command);
    }),
  );

  registry.addCommand(
    withExamples(
      withChangeOptions(
        new Command('default')
          .summary('show or choose the default registry')
          .description('Shows the default registry, or makes another one the default.')
          .argument('[registry]', 'name or id of the new default'),
      ),
      [
        { command: 'tagboat registry default', does: 'which one is it' },
        { command: 'tagboat registry default harbor', does: 'make it harbor' },
      ],
    ).action(async (name: string | undefined, options) => (await import('./registry-change.ts')).registryDefault(cli, name, options)),
  );

  registry.addCommand(
    withExamples(
      withDataOptions(
        new Command('references')
          .summary('show what refers to a registry')
          .description('Shows what refers to a registry, and so stands in the way of removing it.')
          .argument('<registry>', 'name or id'),
      ),
      [{ command: 'tagboat registry references harbor', does: 'who depends on it' }],
    ).action(async (name: string, options) => (await import('./registry-read.ts')).registryReferences(cli, name, options)),
  );

  registry.addCommand(
    withExamples(
      withChangeOptions(
        new Command('remove')
          .alias('rm')
          .summary('remove a registry')
          .description('Removes a registry and its secrets from the hub. The registry itself and its images are not touched.')
          .argument('<registry>', 'name or id')
          .option('-y, --yes', 'do not ask')
          .option('--next-default <registry>', 'which one becomes the default, if this one is'),
      ),
      [
        { command: 'tagboat registry remove harbor', does: 'asks first' },
        { command: 'tagboat registry remove harbor --yes', does: 'in a script' },
      ],
    ).action(async (name: string, options) => (await import('./registry-change.ts')).registryRemove(cli, name, options)),
  );
  return withExamples(registry, [
    { command: 'tagboat registry add harbor harbor.acme.io --username ana', does: 'connect one' },
    { command: 'tagboat registry list', does: 'which there are, and how they are' },
    { command: 'tagboat registry test harbor', does: 'what is wrong with it' },
  ]);
}
