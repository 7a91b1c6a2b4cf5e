/** Whether a variable configures the hub itself (its master key, its database): none of that is a registry's secret. */
export function isOwnVariable(name: string): boolean {
  return /^TAGBOAT_/i.test(name);
}

/** An environment for programs that the hub starts. */
export function withoutOwn(env: Readonly<Record<string, string | undefined>>): Record<string, string | undefined> {
  return Object.fromEntries(Object.entries(env).filter(([name]) => !isOwnVariable(name)));
}
