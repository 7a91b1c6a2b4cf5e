import type { CredentialDetail, CredentialSlot } from '../../sdk/index.ts';
import { approve, type ChangeOptions, showDryRun } from '../change.ts';
import type { Cli, CommonOptions } from '../cli.ts';
import { openHub } from '../hub-client.ts';
import type { Output } from '../output/output.ts';
import { formatCount } from '../output/size.ts';
import { printable } from '../output/text.ts';
import { relativeTime } from '../output/time.ts';
import { alertLines } from './alerts-run.ts';

export async function credentialShow(cli: Cli, name: string, options: CommonOptions): Promise<void> {
  const detail = await (await openHub(cli, options)).getCredential(name);
  const output = cli.output(options);
  output.result({ json: () => detail, quiet: () => [printable(detail.registry.name)], human: () => detailLines(output, detail) });
}

export async function credentialRefresh(cli: Cli, name: string, options: ChangeOptions): Promise<void> {
  if (options.dryRun) return showDryRun(cli, options, 'POST', `/registries/${name}/credential/refresh`);
  const detail = await (await openHub(cli, options)).refreshCredential(name);
  const output = cli.output(options);
  const now = output.now();
  const expiresAt = detail.credential?.expiresAt;
  output.result({
    json: () => detail,
    quiet: () => [printable(detail.registry.name)],
    human: () => [
      `${output.palette.good('✓')} The credential of ${printable(detail.registry.name)} is new${expiresAt ? `, and ends ${relativeTime(expiresAt, now)}` : ''}.`,
    ],
  });
}

export async function credentialPromote(cli: Cli, name: string, options: ChangeOptions & { force?: boolean }): Promise<void> {
  const body = { force: options.force };
  if (options.dryRun) return showDryRun(cli, options, 'POST', `/registries/${name}/credential/next/promote`, body);
  const hub = await openHub(cli, options);
  const detail = await hub.getCredential(name);
  if (detail.next) {
    await approve(
      cli,
      options,
      `Put the next credential of ${detail.registry.name} in use (${slotText(detail.next)})?${dependants(detail)}`,
    );
  }
  const after = await hub.promoteNextCredential(name, body, { ifMatch: detail.version });
  const output = cli.output(options);
  output.result({
    json: () => after,
    quiet: () => [printable(after.registry.name)],
    human: () => [
      `${output.palette.good('✓')} ${printable(after.registry.name)} uses its next credential now.`,
      output.palette.dim(`The one before is kept: tagboat credential rollback ${printable(after.registry.name)}`),
    ],
  });
}

export async function credentialRollback(cli: Cli, name: string, options: ChangeOptions): Promise<void> {
  if (options.dryRun) return showDryRun(cli, options, 'POST', `/registries/${name}/credential/rollback`);
  const hub = await openHub(cli, options);
  const detail = await hub.getCredential(name);
  if (detail.previous) {
    await approve(
      cli,
      options,
      `Go back to the previous credential of ${detail.registry.name} (${slotText(detail.previous)})?${dependants(detail)}`,
    );
  }
  const after = await hub.rollBackCredential(name, { ifMatch: detail.version });
  const output = cli.output(options);
  output.result({
    json: () => after,
    quiet: () => [printable(after.registry.name)],
    human: () => [`${output.palette.good('✓')} ${printable(after.registry.name)} uses its previous credential again.`],
  });
}

function dependants({ blastRadius }: CredentialDetail): string {
  return blastRadius.total === 0 ? '' : ` ${countsText(blastRadius.counts)} used it or depend on it.`;
}

function countsText(counts: CredentialDetail['blastRadius']['counts']): string {
  return Object.entries(counts)
    .map(([kind, count]) => `${formatCount(count)} × ${kind}`)
    .join(', ');
}

function slotText({ signIn, secretsSet, sources, createdBy }: CredentialSlot): string {
  const parts = [...secretsSet, ...Object.keys(sources).map((name) => `${name} from elsewhere`)];
  return `sign-in ${signIn}${parts.length > 0 ? `: ${parts.join(', ')}` : ''}; by ${createdBy}`;
}

function testText({ test, secretsLost }: CredentialSlot, now: number): string {
  if (secretsLost) return 'secrets lost: enter it again';
  if (!test) return 'not tested';
  const when = `${test.report.state} ${relativeTime(test.testedAt, now)}`;
  return test.outdated ? `${when}, and the registry was changed since` : when;
}

function detailLines(output: Output, detail: CredentialDetail): string[] {
  const now = output.now();
  const { credential, failure, next, previous, blastRadius } = detail;
  const { bad, warn, strong, dim } = output.palette;
  const after = (time: string | undefined): string | undefined => time && relativeTime(time, now);
  return [
    strong(printable(detail.registry.name)),
    ...output.fields([
      ['sign-in', detail.signIn],
      ['credential', credential ? `${credential.kind}${credential.username ? ` (${credential.username})` : ''}` : 'none was issued yet'],
      ['issued', after(credential?.issuedAt)],
      ['expires', after(credential?.expiresAt)],
      ['last refresh', after(credential?.refreshedAt)],
      ['next refresh', credential?.renewable ? after(credential.refreshAt) : undefined],
      ['last used', credential?.lastUse && `${after(credential.lastUse.at)} by ${credential.lastUse.by}: ${credential.lastUse.purpose}`],
      ['failing', failure && `since ${after(failure.since)}: ${failure.message}`, bad],
      ['ends', detail.ends.map((end) => `${end.label}: ${end.at.slice(0, 10)}, ${relativeTime(end.at, now)}`).join('\n')],
      ['depends on it', blastRadius.total === 0 ? 'nothing that is known' : countsText(blastRadius.counts)],
      ['next', next && `${slotText(next)}; ${testText(next, now)}`, next?.test?.report.state === 'failing' ? warn : undefined],
      ['previous', previous && `${slotText(previous)}; replaced ${relativeTime(previous.createdAt, now)}`],
    ]),
    ...(detail.alerts.length > 0 ? ['', ...detail.alerts.flatMap((alert) => alertLines(output, alert, now))] : []),
    ...(detail.uses.length > 0
      ? [
          '',
          ...output.table(
            [
              { title: 'USED BY', value: (use) => use.by.name, shrinkTo: 16 },
              { title: 'FOR', value: (use) => use.purpose, shrinkTo: 20 },
              { title: 'LAST', value: (use) => relativeTime(use.lastAt, now) },
              { title: 'TIMES', value: (use) => formatCount(use.uses), align: 'right', paint: () => dim },
            ],
            detail.uses,
          ),
        ]
      : []),
  ];
}
