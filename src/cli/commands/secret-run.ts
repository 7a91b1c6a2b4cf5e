import { stringify } from 'yaml';
import type { IssuedCredential } from '../../sdk/index.ts';
import type { Cli, CommonOptions } from '../cli.ts';
import { type PullSecretType, pullSecret } from '../clients/pull-secret.ts';
import { openHub } from '../hub-client.ts';
import type { Output } from '../output/output.ts';
import { printable } from '../output/text.ts';
import { relativeTime } from '../output/time.ts';
import { namedBy } from './credential-get-run.ts';

export interface SecretRenderOptions extends CommonOptions {
  namespace: string;
  name?: string;
  type: PullSecretType;
}

export async function secretRender(cli: Cli, text: string, options: SecretRenderOptions): Promise<void> {
  const hub = await openHub(cli, options);
  const [session, named] = await Promise.all([hub.getSession(), namedBy(hub, text)]);
  const credential = await hub.issueCredential({
    ...named,
    push: false,
    purpose: `pull secret ${options.namespace}/${options.name ?? 'by name of the registry'}`.slice(0, 200),
  });
  const manifest = pullSecret(credential, {
    namespace: options.namespace,
    name: options.name,
    type: options.type,
    renderedBy: `${session.user.name} at ${hub.address.url}`,
    renderedAt: new Date(cli.io.now()).toISOString(),
  });
  const output = cli.output(options);
  warn(output, credential);
  output.result({
    json: () => manifest,
    quiet: () => [manifest.metadata.name],
    human: () => [stringify(manifest, { lineWidth: 0 }).trimEnd()],
  });
}

/** A secret in a cluster is a copy: nobody renews it there. */
function warn(output: Output, { registry, expiresAt, origin }: IssuedCredential): void {
  const label = output.notePalette.warn('Secret:');
  if (output.isTerminal)
    output.note(`${label} what follows holds a credential of ${printable(registry.name)}. Keep it out of logs and Git.`);
  if (expiresAt === undefined) return;
  const kind = origin === 'stored' ? 'The credential' : 'This short-lived credential';
  output.note(
    `${label} ${kind} ends ${relativeTime(expiresAt, output.now())} (${expiresAt}); pods that start later cannot pull with it. \`tagboat-kubelet-credential-provider\` on the nodes keeps it fresh.`,
  );
}
