import type { Io } from '../io.ts';
import { type Palette, paletteFor } from './colour.ts';
import { printableJson, printableJsonLine, printableLines } from './text.ts';
import { type Column, type Field, renderFields, renderTable } from './table.ts';

export interface OutputOptions {
  json?: boolean;
  quiet?: boolean;
  color?: boolean;
}

/** One result in the three forms that every data command has. Only the one asked for is computed. */
export interface Result {
  /** For `--json`: the documented, stable shape. */
  json: () => unknown;
  /** For `--quiet`: names only, one a line; nothing when left out. */
  quiet?: () => readonly string[];
  /** For people: finished lines, already made printable. */
  human: () => readonly string[];
}

/** Results go to standard output; notes for people go to standard error, so that a pipe gets data only. */
export class Output {
  readonly json: boolean;
  readonly quiet: boolean;
  /** Colours for standard output. */
  readonly palette: Palette;
  /** Colours for standard error. */
  readonly notePalette: Palette;
  readonly #io: Io;

  constructor(io: Io, options: OutputOptions = {}) {
    this.#io = io;
    this.json = options.json ?? false;
    this.quiet = options.quiet ?? false;
    this.palette = paletteFor(io.stdout, io.env, options.color !== false && !this.json);
    this.notePalette = paletteFor(io.stderr, io.env, options.color !== false);
  }

  get isTerminal(): boolean {
    return this.#io.stdout.isTTY === true;
  }

  /** Columns of the terminal; `undefined` in a pipe, where nothing is cut. */
  get width(): number | undefined {
    return this.isTerminal ? (this.#io.stdout.columns ?? 80) : undefined;
  }

  now(): number {
    return this.#io.now();
  }

  result(result: Result): void {
    if (this.json) this.line(printableJson(result.json()));
    else this.lines(this.quiet ? (result.quiet?.() ?? []) : result.human());
  }

  table<Row>(columns: readonly Column<Row>[], rows: readonly Row[]): string[] {
    return renderTable(columns, rows, { width: this.width, heading: this.palette.dim });
  }

  fields(fields: readonly Field[]): string[] {
    return renderFields(fields, this.palette.dim);
  }

  /** One line of JSON, for programs that read line by line. */
  jsonLine(value: unknown): void {
    this.line(printableJsonLine(value));
  }

  line(text: string): void {
    this.#io.stdout.write(`${text}\n`);
  }

  lines(lines: readonly string[]): void {
    if (lines.length > 0) this.#io.stdout.write(`${lines.join('\n')}\n`);
  }

  /** Bytes as they are, for `inspect --raw`; a terminal gets them with control characters made visible. */
  bytes(bytes: Uint8Array): void {
    this.#io.stdout.write(this.isTerminal ? printableLines(new TextDecoder().decode(bytes)) : bytes);
  }

  /** A remark for people; not with `--quiet`. Text must be printable already. */
  note(text: string): void {
    if (!this.quiet) this.#io.stderr.write(`${text}\n`);
  }
}
