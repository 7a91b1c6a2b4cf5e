import { z } from 'zod';
import { type ImageConfig, isoTime } from './types.ts';

const text = z.string().optional().catch(undefined);
const texts = z.array(z.string()).nullish().catch(undefined);
const keys = z.record(z.string(), z.unknown()).nullish().catch(undefined);

/** Image configuration (OCI image specification, "Image Configuration"). What is of another type than it should be is left out. */
const configJson = z.object({
  created: text,
  author: text,
  os: text,
  architecture: text,
  variant: text,
  config: z
    .object({
      User: text,
      WorkingDir: text,
      Entrypoint: texts,
      Cmd: texts,
      Env: texts,
      ExposedPorts: keys,
      Volumes: keys,
      Labels: z.record(z.string(), z.string()).nullish().catch(undefined),
      StopSignal: text,
    })
    .nullish()
    .catch(undefined),
  history: z
    .array(z.object({ created: text, created_by: text, comment: text, empty_layer: z.boolean().optional().catch(undefined) }))
    .nullish()
    .catch(undefined),
});

/** One step of an image's build. */
export interface HistoryEntry {
  command?: string;
  createdAt?: string;
  empty: boolean;
}

export interface ParsedConfig {
  config: ImageConfig;
  /** Epoch milliseconds. */
  createdAt?: number;
  history: HistoryEntry[];
}

/** Reads the configuration of an image; undefined when it is none (charts and other artifacts have their own kind). */
export function parseImageConfig(bytes: Uint8Array): ParsedConfig | undefined {
  let value: unknown;
  try {
    value = JSON.parse(Buffer.from(bytes).toString('utf8'));
  } catch {
    return undefined;
  }
  const parsed = configJson.safeParse(value);
  if (!parsed.success) return undefined;
  const { config: runtime, history, created, ...rest } = parsed.data;
  const createdAt = toTime(created);
  return {
    config: compact({
      os: rest.os,
      architecture: rest.architecture,
      variant: rest.variant,
      createdAt: isoTime(createdAt),
      author: rest.author,
      user: runtime?.User,
      workingDir: runtime?.WorkingDir,
      entrypoint: runtime?.Entrypoint ?? undefined,
      cmd: runtime?.Cmd ?? undefined,
      env: runtime?.Env ?? undefined,
      ports: runtime?.ExposedPorts ? Object.keys(runtime.ExposedPorts) : undefined,
      volumes: runtime?.Volumes ? Object.keys(runtime.Volumes) : undefined,
      labels: runtime?.Labels ?? undefined,
      stopSignal: runtime?.StopSignal,
    }),
    ...(createdAt !== undefined && { createdAt }),
    history: (history ?? []).map((entry) =>
      compact({
        command: entry.created_by ? tidyCommand(entry.created_by) : entry.comment,
        createdAt: isoTime(toTime(entry.created)),
        empty: entry.empty_layer ?? false,
      }),
    ),
  };
}

/** Epoch milliseconds of an RFC 3339 time; undefined for Go's zero time and for nonsense. */
export function toTime(text: string | undefined): number | undefined {
  if (text === undefined || text.length > 64) return undefined;
  const time = Date.parse(text);
  return time >= 0 ? time : undefined;
}

/** The line of the Dockerfile, without what the builder wrapped around it. */
export function tidyCommand(createdBy: string): string {
  const line = createdBy.replace(/\s+# buildkit$/, '').trim();
  const classic = /^(?:\|\d+ .*?)?\/bin\/sh -c (#\(nop\))?\s*/s.exec(line);
  if (!classic) return line;
  const rest = line.slice(classic[0].length);
  return classic[1] ? rest : `RUN ${rest}`;
}

/** Without members that are undefined or empty text. */
function compact<T extends object>(object: T): T {
  return Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined && value !== '')) as T;
}
