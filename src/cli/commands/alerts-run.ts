import { type Alert, type ListAlertsQuery } from '../../sdk/index.ts';
import { type ChangeOptions, showDryRun } from '../change.ts';
import type { Cli } from '../cli.ts';
import { openHub } from '../hub-client.ts';
import type { Output } from '../output/output.ts';
import { printable } from '../output/text.ts';
import { relativeTime } from '../output/time.ts';

interface AlertOptions extends ChangeOptions {
  registry?: string;
  level?: Alert['level'];
  open?: boolean;
  acknowledge?: string;
}

export async function alerts(cli: Cli, options: AlertOptions): Promise<void> {
  const output = cli.output(options);
  if (options.acknowledge !== undefined) {
    if (options.dryRun) return showDryRun(cli, options, 'POST', `/alerts/${options.acknowledge}/acknowledge`);
    const alert = await (await openHub(cli, options)).acknowledgeAlert(options.acknowledge);
    return output.result({
      json: () => alert,
      quiet: () => [alert.id],
      human: () => [`${output.palette.good('✓')} Acknowledged: ${printable(alert.message)}`],
    });
  }
  const query: ListAlertsQuery = { registry: options.registry, level: options.level, acknowledged: options.open ? 'false' : undefined };
  const { items, counts } = await (await openHub(cli, options)).listAlerts(query);
  const now = output.now();
  output.result({
    json: () => ({ items, counts }),
    quiet: () => items.map((alert) => alert.id),
    human: () => (items.length === 0 ? ['There is nothing to see to.'] : items.flatMap((alert) => alertLines(output, alert, now))),
  });
}

/** Level and message, then what to do and the id to acknowledge it by. */
export function alertLines(output: Output, alert: Alert, now: number): string[] {
  const { bad, warn, dim } = output.palette;
  const paint = { critical: bad, warning: warn, notice: dim }[alert.level];
  const seen = alert.acknowledgedBy ? `; ${printable(alert.acknowledgedBy)} sees to it` : '';
  return [
    `${paint(alert.level)} ${printable(alert.message)}`,
    dim(`  ${printable(alert.help)}`),
    dim(`  ${alert.id}, raised ${relativeTime(alert.raisedAt, now)}${seen}`),
  ];
}
