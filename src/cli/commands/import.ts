import { Command, Option } from 'commander';
import type { Cli } from '../cli.ts';
import { withChangeOptions, withExamples } from '../help.ts';

/** What registries can be imported from, with the argument in people's words. */
const kinds: readonly {
  name: string;
  summary: string;
  description: string;
  argument: string;
  means: string;
  api?: 'password' | 'token';
}[] = [
  {
    name: 'argocd-image-updater',
    summary: "from Argo CD Image Updater's registries.conf",
    description: 'Takes over the registries of Argo CD Image Updater: registries.conf, the ConfigMap that holds it, or Helm values.',
    argument: 'file...',
    means: 'files, - for standard input; certificates that ca_file names can be among them',
  },
  {
    name: 'docker-config',
    summary: "from Docker's or podman's sign-ins",
    description: 'Takes over the registries that somebody signed in to: config.json, auth.json, .dockercfg.',
    argument: 'file...',
    means: 'files, - for standard input',
  },
  {
    name: 'kubernetes-secrets',
    summary: 'from pull secrets',
    description: 'Takes over the registries of pull secrets, as `kubectl get secrets -o yaml` prints them.',
    argument: 'file...',
    means: 'manifests or lists of them, YAML or JSON, - for standard input',
  },
  {
    name: 'regsync',
    summary: 'from the creds of a regsync.yml',
    description: 'Takes over the registries of regsync or regbot. What they copy is not part of it.',
    argument: 'file...',
    means: 'files, - for standard input',
  },
  {
    name: 'harbor',
    summary: "from Harbor's replication endpoints",
    description: 'Takes over the registries that Harbor replicates from and to. Harbor never tells their secrets: they are asked for.',
    argument: 'url-or-file...',
    means: 'URL of Harbor, or files with what /api/v2.0/registries answers',
    api: 'password',
  },
  {
    name: 'devtron',
    summary: "from Devtron's container registries",
    description: 'Takes over the registries of Devtron. It does not tell their secrets: they are asked for.',
    argument: 'url-or-file...',
    means: 'URL of Devtron, or files with what /orchestrator/docker/registry answers',
    api: 'token',
  },
  {
    name: 'zadig',
    summary: "from Zadig's registries",
    description: 'Takes over the registries of Zadig.',
    argument: 'url-or-file...',
    means: 'URL of Zadig, or files with what its API answers',
    api: 'token',
  },
  {
    name: 'tagboat',
    summary: 'from an export of Tagboat',
    description:
      'Takes over the registries of another hub, as `tagboat export` wrote them. `tagboat apply` keeps a hub in step with such a file.',
    argument: 'file...',
    means: 'files, - for standard input',
  },
];

const collect = (value: string, earlier: readonly string[] | undefined): readonly string[] => [...(earlier ?? []), value];
const names = (value: string, earlier: readonly string[] | undefined): readonly string[] => [
  ...(earlier ?? []),
  ...value
    .split(',')
    .map((name) => name.trim())
    .filter(Boolean),
];

export function importCommand(cli: Cli): Command {
  const command = new Command('import').description(
    'Takes over the registries of another system: shows what would be done, asks, and does it.',
  );
  for (const { name, summary, description, argument, means, api } of kinds) {
    const one = new Command(name).summary(summary).description(description).argument(`<${argument}>`, means);
    one
      .option('-y, --yes', 'do not ask')
      .option('--only <names>', 'only these entries of the plan, comma-separated; may be repeated', names)
      .addOption(new Option('--skip-existing', 'leave alone what is there already (default)').conflicts('update'))
      .option('--update', 'change what is there already')
      .option('--sign-in <entry=way>', 'sign in to it in this way, where that of the document does not fit; may be repeated', collect)
      .option('--field <entry.field=value>', 'fill a field that is missing and no secret; may be repeated', collect)
      .option('--secret-file <entry.field=path>', 'read a missing secret from a file; may be repeated', collect);
    if (name === 'kubernetes-secrets') one.option('--refer', 'refer to the secrets (pullsecret:) instead of copying their credentials');
    if (api !== undefined) {
      const group = `Connection to ${summary.replace(/^from /, '').replace(/'s .*/, '')}:`;
      const add = (flags: string, text: string): void => void one.addOption(new Option(flags, text).helpGroup(group));
      if (api === 'password') {
        add('-u, --username <name>', 'user who may see them');
        add('--password-stdin', 'read the password from standard input');
      } else add('--token-stdin', 'read the API token from standard input');
      add('--insecure', 'accept any certificate');
      add('--ca-file <path>', 'trust these certificate authorities too (PEM)');
    }
    withChangeOptions(one);
    command.addCommand(
      withExamples(one, examplesOf(name)).action(async (sources: string[], options) =>
        (await import('./import-run.ts')).importRun(cli, name, sources, options),
      ),
    );
  }
  return withExamples(command, [
    { command: 'tagboat import argocd-image-updater registries.conf --dry-run', does: 'see what would be done' },
    { command: 'tagboat import docker-config ~/.docker/config.json', does: 'asks before it changes anything' },
    { command: 'tagboat import harbor https://harbor.acme.io --username admin', does: 'its replication endpoints' },
  ]);
}

function examplesOf(kind: string): { command: string; does: string }[] {
  switch (kind) {
    case 'argocd-image-updater':
      return [
        { command: 'tagboat import argocd-image-updater registries.conf', does: 'shows the plan, then asks' },
        { command: 'tagboat import argocd-image-updater registries.conf company-ca.pem --dry-run', does: 'with the file of ca_file' },
        {
          command: 'kubectl get cm argocd-image-updater-config -n argocd -o yaml | tagboat import argocd-image-updater - --yes',
          does: 'from the cluster',
        },
      ];
    case 'kubernetes-secrets':
      return [
        {
          command:
            'kubectl get secrets -A --field-selector type=kubernetes.io/dockerconfigjson -o yaml | tagboat import kubernetes-secrets - --yes',
          does: 'every pull secret',
        },
        { command: 'tagboat import kubernetes-secrets secrets.yaml --refer', does: 'leave the credentials where they are' },
      ];
    case 'harbor':
      return [
        { command: 'tagboat import harbor https://harbor.acme.io --username admin', does: 'asks for the password' },
        { command: 'tagboat import harbor registries.json --secret-file hub.password=hub.txt', does: 'from a file, with a secret' },
      ];
    case 'devtron':
    case 'zadig':
      return [{ command: `tagboat import ${kind} https://${kind}.acme.io --token-stdin < token.txt`, does: 'by its API' }];
    case 'tagboat':
      return [{ command: 'tagboat import tagboat tagboat.yaml --update', does: 'from another hub' }];
    default:
      return [
        {
          command: `tagboat import ${kind} ${kind === 'regsync' ? 'regsync.yml' : '~/.docker/config.json'} --dry-run`,
          does: 'see what would be done',
        },
      ];
  }
}
