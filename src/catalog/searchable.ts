/** Text that people look for, without control characters: PostgreSQL refuses a NUL in a parameter. */
export function searchable(text: string): string {
  return text.replace(/\p{Cc}/gu, ' ').trim();
}
