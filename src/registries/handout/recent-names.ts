/** Most names remembered; the one longest unused is forgotten first. */
const capacity = 4000;

/** Tells what was asked for before from what is asked for anew. In memory of this process only, and bounded. */
export class RecentNames {
  readonly #names = new Set<string>();

  has(name: string): boolean {
    return this.#names.has(name);
  }

  /** From now on it was asked for, just now. */
  add(name: string): void {
    this.#names.delete(name);
    this.#names.add(name);
    if (this.#names.size <= capacity) return;
    const [oldest] = this.#names;
    if (oldest !== undefined) this.#names.delete(oldest);
  }
}
