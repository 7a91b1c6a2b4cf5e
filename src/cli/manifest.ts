import type { Command } from 'commander';
import type { Cli } from './cli.ts';

export interface CommandEntry {
  name: string;
  summary: string;
  /** Job under which `tagboat help` lists it. */
  group: string;
  hidden?: boolean;
  /** Handles signals itself: it runs until it is told to stop. */
  ownsProcess?: boolean;
  /** Imports the command's definition; what it does is imported when it runs. */
  load: (cli: Cli) => Promise<Command>;
}

const groups = {
  content: 'Registries and images:',
  access: 'Signing in and people:',
  hub: 'The hub:',
  program: 'This program:',
};

/** Every command of the program, in the order of its help. */
export const manifest: readonly CommandEntry[] = [
  {
    name: 'registry',
    summary: 'connect, test, edit and remove registries',
    group: groups.content,
    load: async (cli) => (await import('./commands/registry.ts')).registryCommand(cli),
  },
  {
    name: 'credential',
    summary: 'see, renew and replace the credentials of registries',
    group: groups.content,
    load: async (cli) => (await import('./commands/credential.ts')).credentialCommand(cli),
  },
  {
    name: 'alerts',
    summary: 'show what ends soon or cannot be renewed',
    group: groups.content,
    load: async (cli) => (await import('./commands/alerts.ts')).alertsCommand(cli),
  },
  {
    name: 'repos',
    summary: 'list the repositories of a registry',
    group: groups.content,
    load: async (cli) => (await import('./commands/repos.ts')).reposCommand(cli),
  },
  {
    name: 'tags',
    summary: 'list the tags of a repository',
    group: groups.content,
    load: async (cli) => (await import('./commands/tags.ts')).tagsCommand(cli),
  },
  {
    name: 'inspect',
    summary: 'show an image: platforms, layers, configuration, referrers',
    group: groups.content,
    load: async (cli) => (await import('./commands/inspect.ts')).inspectCommand(cli),
  },
  {
    name: 'client-config',
    summary: 'show what Docker, containerd, Podman and others need to reach a registry',
    group: groups.content,
    load: async (cli) => (await import('./commands/client-config.ts')).clientConfigCommand(cli),
  },
  {
    name: 'exec',
    summary: 'run docker, skopeo, … with credentials from Tagboat',
    group: groups.content,
    ownsProcess: true,
    load: async (cli) => (await import('./commands/exec.ts')).execCommand(cli),
  },
  {
    name: 'secret',
    summary: 'render pull secrets for Kubernetes',
    group: groups.content,
    load: async (cli) => (await import('./commands/secret.ts')).secretCommand(cli),
  },
  {
    name: 'import',
    summary: 'take over the registries of another system',
    group: groups.content,
    load: async (cli) => (await import('./commands/import.ts')).importCommand(cli),
  },
  {
    name: 'export',
    summary: 'write the registries as a file, without secrets',
    group: groups.content,
    load: async (cli) => (await import('./commands/export.ts')).exportCommand(cli),
  },
  {
    name: 'apply',
    summary: 'make the hub have the registries of a file',
    group: groups.content,
    load: async (cli) => (await import('./commands/apply.ts')).applyCommand(cli),
  },
  {
    name: 'copy',
    summary: 'copy images between registries and disk',
    group: groups.content,
    load: async (cli) => (await import('./commands/copy.ts')).copyCommand(cli),
  },
  {
    name: 'push',
    summary: 'push an image from disk',
    group: groups.content,
    load: async (cli) => (await import('./commands/push.ts')).pushCommand(cli),
  },
  {
    name: 'pull',
    summary: 'pull an image to disk',
    group: groups.content,
    load: async (cli) => (await import('./commands/push.ts')).pullCommand(cli),
  },
  {
    name: 'delete',
    summary: 'delete tags and images',
    group: groups.content,
    load: async (cli) => (await import('./commands/delete.ts')).deleteCommand(cli),
  },
  {
    name: 'copies',
    summary: 'list, follow, cancel and retry the copies that the hub makes',
    group: groups.content,
    load: async (cli) => (await import('./commands/copies.ts')).copiesCommand(cli),
  },
  {
    name: 'sync',
    summary: 'keep repositories in step by rules, here or at the hub',
    group: groups.content,
    load: async (cli) => (await import('./commands/sync.ts')).syncCommand(cli),
  },
  {
    name: 'login',
    summary: 'sign in to a hub and remember it',
    group: groups.access,
    load: async (cli) => (await import('./commands/login.ts')).loginCommand(cli),
  },
  {
    name: 'logout',
    summary: 'revoke the token of this machine and forget it',
    group: groups.access,
    load: async (cli) => (await import('./commands/login.ts')).logoutCommand(cli),
  },
  {
    name: 'whoami',
    summary: 'show who is signed in, where and with which role',
    group: groups.access,
    load: async (cli) => (await import('./commands/login.ts')).whoamiCommand(cli),
  },
  {
    name: 'user',
    summary: 'add, list, change and remove users',
    group: groups.access,
    load: async (cli) => (await import('./commands/user.ts')).userCommand(cli),
  },
  {
    name: 'token',
    summary: 'create, list and revoke API tokens',
    group: groups.access,
    load: async (cli) => (await import('./commands/token.ts')).tokenCommand(cli),
  },
  {
    name: 'project',
    summary: 'scope registries to teams',
    group: groups.access,
    load: async (cli) => (await import('./commands/project.ts')).projectCommand(cli),
  },
  {
    name: 'audit',
    summary: 'show who changed and used what',
    group: groups.access,
    load: async (cli) => (await import('./commands/audit.ts')).auditCommand(cli),
  },
  {
    name: 'serve',
    summary: 'run the hub',
    group: groups.hub,
    ownsProcess: true,
    load: async () => (await import('./commands/serve.ts')).serveCommand(),
  },
  {
    name: 'key',
    summary: 'look after the master key that seals the secrets',
    group: groups.hub,
    ownsProcess: true,
    load: async () => (await import('./commands/key.ts')).keyCommand(),
  },
  {
    name: 'demo',
    summary: 'run a hub with a sample registry, for a first look',
    group: groups.hub,
    load: async (cli) => (await import('./commands/demo.ts')).demoCommand(cli),
  },
  {
    name: 'completion',
    summary: 'print a completion script for bash, zsh or fish',
    group: groups.program,
    load: async (cli) => (await import('./commands/completion.ts')).completionCommand(cli),
  },
  {
    name: '__complete',
    summary: 'answer the completion script',
    group: groups.program,
    hidden: true,
    load: async (cli) => (await import('./commands/completion.ts')).completeCommand(cli),
  },
  {
    name: 'version',
    summary: 'print the version',
    group: groups.program,
    load: async (cli) => (await import('./commands/version.ts')).versionCommand(cli),
  },
];
