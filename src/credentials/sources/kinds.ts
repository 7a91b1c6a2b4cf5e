import { systemClock } from '../../core/clock.ts';
import { cloudSources } from './cloud.ts';
import { dockerConfigSource } from './docker-config.ts';
import { environmentSource } from './environment.ts';
import { execSource } from './exec.ts';
import { fileSource } from './file.ts';
import { kubernetesSecretSource, pullSecretSource } from './kubernetes.ts';
import type { CredentialSourceOptions } from './options.ts';
import type { SourceScheme } from './reference.ts';
import type { Source } from './source.ts';
import { vaultSource } from './vault.ts';
import { VaultSession } from './vault-session.ts';

/** Every kind of source, set up as the options say. */
export function sourcesByScheme(options: CredentialSourceOptions): Readonly<Record<SourceScheme, Source>> {
  const { env = process.env, clock = systemClock, lookup, vault, endpoints } = options;
  const files = fileSource(options.files ?? []);
  const serviceAccount = options.serviceAccount ?? '/var/run/secrets/kubernetes.io/serviceaccount';
  const session = vault && new VaultSession(vault, { serviceAccount, clock, ...(lookup && { lookup }) });
  return {
    exec: execSource(options.commands, options.commandTimeout),
    env: environmentSource(options.variables ?? [], env),
    file: files,
    secret: kubernetesSecretSource(options),
    pullsecret: pullSecretSource(options),
    'docker-config': dockerConfigSource(options.dockerConfig, files, env),
    vault: vaultSource(session),
    ...cloudSources({ clock, ...(lookup && { lookup }), ...(endpoints && { endpoints }) }),
  };
}
