/** Epoch milliseconds as ISO 8601 in UTC. */
export const iso = (time: number): string => new Date(time).toISOString();

/** The same where there may be no time. */
export const isoOrNone = (time: number | null | undefined): string | undefined =>
  time === null || time === undefined ? undefined : iso(time);
