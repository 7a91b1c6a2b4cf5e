/** Keeps the cookies of one origin, and the proof that goes with them, for a few requests: all that signing in with a password needs. */
export class CookieJar {
  /** CSRF token of the session, sent with every change. */
  csrf: string | undefined;
  readonly #cookies = new Map<string, string>();

  /** A `fetch` that sends the cookies kept, and keeps those answered. */
  fetch(send: typeof globalThis.fetch): typeof globalThis.fetch {
    return async (input, init) => {
      const headers = new Headers(init?.headers);
      if (this.#cookies.size > 0) headers.set('cookie', [...this.#cookies].map(([name, value]) => `${name}=${value}`).join('; '));
      const response = await send(input, { ...init, headers });
      for (const line of response.headers.getSetCookie()) {
        const [, name, value] = /^([^=;]+)=([^;]*)/.exec(line) ?? [];
        if (name === undefined || value === undefined) continue;
        if (value === '' || /;\s*max-age=0/i.test(line)) this.#cookies.delete(name);
        else this.#cookies.set(name, value);
      }
      return response;
    };
  }
}
