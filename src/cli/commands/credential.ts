import { Command } from 'commander';
import type { Cli } from '../cli.ts';
import { withExamples } from '../help.ts';
import { credentialGetCommand } from './credential-get.ts';
import { credentialNextCommand } from './credential-next.ts';
import { credentialPromoteCommand, credentialRefreshCommand, credentialRollbackCommand } from './credential-change.ts';
import { credentialShowCommand } from './credential-show.ts';

export function credentialCommand(cli: Cli): Command {
  const credential = new Command('credential').description('Credentials of registries: see how they are, renew and replace them.');
  credential.addCommand(credentialShowCommand(cli));
  credential.addCommand(credentialGetCommand(cli));
  credential.addCommand(credentialRefreshCommand(cli));
  credential.addCommand(credentialNextCommand(cli));
  credential.addCommand(credentialPromoteCommand(cli));
  credential.addCommand(credentialRollbackCommand(cli));
  return withExamples(credential, [
    { command: 'tagboat credential show harbor', does: 'when it ends, who uses it, what depends on it' },
    { command: 'tagboat credential next harbor --ask-secrets', does: 'enter and test the next one' },
    { command: 'tagboat credential promote harbor', does: 'put it in use' },
  ]);
}
