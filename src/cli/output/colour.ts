import type { Io, OutputStream } from '../io.ts';

type Paint = (text: string) => string;

/** The few colours the command line uses: for states, and to let less important text step back. */
export interface Palette {
  good: Paint;
  bad: Paint;
  warn: Paint;
  dim: Paint;
  strong: Paint;
  accent: Paint;
}

const sgr =
  (open: number, close: number): Paint =>
  (text) =>
    text === '' ? text : `\u001b[${open}m${text}\u001b[${close}m`;
const asIs: Paint = (text) => text;

const coloured: Palette = {
  good: sgr(32, 39),
  bad: sgr(31, 39),
  warn: sgr(33, 39),
  dim: sgr(2, 22),
  strong: sgr(1, 22),
  accent: sgr(36, 39),
};
const plain: Palette = { good: asIs, bad: asIs, warn: asIs, dim: asIs, strong: asIs, accent: asIs };

/** Colour only on a terminal, and not with `NO_COLOR` (https://no-color.org: any non-empty value) or `TERM=dumb`. */
export function paletteFor(stream: OutputStream, env: Io['env'], allowed = true): Palette {
  return allowed && stream.isTTY && !env['NO_COLOR'] && env['TERM'] !== 'dumb' ? coloured : plain;
}
