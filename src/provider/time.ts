/**
 * Epoch milliseconds of an ISO 8601 time in an API's answer. Undefined for none, for what is no time, and for the zero
 * times that some servers write for "never" (Go's 0001-01-01, the epoch).
 */
export function timeOf(text: string | null | undefined): number | undefined {
  if (!text) return undefined;
  const time = Date.parse(text);
  return Number.isNaN(time) || time <= 0 ? undefined : time;
}
