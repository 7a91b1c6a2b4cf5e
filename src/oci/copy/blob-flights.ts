/** Which blobs are on their way, so that copies that run together bring each once. */
export class BlobFlights {
  readonly #flights = new Map<string, Promise<void>>();

  /** Whoever brings it has ended, however that went. Undefined when nobody does. */
  underway(key: string): Promise<void> | undefined {
    return this.#flights.get(key);
  }

  /** The caller brings it. What is returned has to be called at the end, and lets the others look again. */
  begin(key: string): () => void {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#flights.set(key, promise);
    return () => {
      this.#flights.delete(key);
      resolve();
    };
  }
}
