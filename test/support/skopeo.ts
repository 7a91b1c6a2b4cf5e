import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Finished, run, tryRun } from './run.ts';

export interface SkopeoAccess {
  username?: string;
  password?: string;
  /** PEM of the authority to trust; without it TLS is not checked, and plain HTTP allowed. */
  ca?: string;
}

/** The `skopeo` program, with a configuration of its own in a directory that the caller removes. */
export class Skopeo {
  readonly #directory: string;
  readonly #access: SkopeoAccess;

  constructor(directory: string, access: SkopeoAccess = {}) {
    this.#directory = directory;
    this.#access = access;
  }

  /** Copies between `docker://…`, `oci:…`, `dir:…`; both sides use the same access. */
  async copy(source: string, destination: string, ...options: readonly string[]): Promise<void> {
    const remote = (text: string) => text.startsWith('docker://');
    const args = [...(remote(source) ? await this.#options('src-') : []), ...(remote(destination) ? await this.#options('dest-') : [])];
    await this.run('copy', ...options, ...args, source, destination);
  }

  async listTags(repository: string): Promise<string[]> {
    const { stdout } = await this.run('list-tags', ...(await this.#options()), `docker://${repository}`);
    return (JSON.parse(stdout) as { Tags: string[] }).Tags;
  }

  /** The manifest's exact bytes. */
  async inspectRaw(reference: string): Promise<string> {
    return (await this.run('inspect', '--raw', ...(await this.#options()), `docker://${reference}`)).stdout;
  }

  async inspectConfig(reference: string): Promise<unknown> {
    const { stdout } = await this.run('inspect', '--config', '--raw', ...(await this.#options()), `docker://${reference}`);
    return JSON.parse(stdout);
  }

  async delete(reference: string): Promise<void> {
    await this.run('delete', ...(await this.#options()), `docker://${reference}`);
  }

  run(command: string, ...args: readonly string[]): Promise<Finished> {
    return run('skopeo', ['--insecure-policy', command, ...args], { env: this.#environment() });
  }

  tryRun(command: string, ...args: readonly string[]): Promise<Finished> {
    return tryRun('skopeo', ['--insecure-policy', command, ...args], { env: this.#environment() });
  }

  #environment(): Record<string, string> {
    return { HOME: this.#directory, XDG_RUNTIME_DIR: this.#directory, TMPDIR: this.#directory };
  }

  async #options(side = ''): Promise<string[]> {
    const { username, password, ca } = this.#access;
    const options = [];
    if (ca) {
      const directory = join(this.#directory, 'certs');
      await mkdir(directory, { recursive: true });
      await writeFile(join(directory, 'ca.crt'), ca);
      options.push(`--${side}cert-dir=${directory}`);
    } else {
      options.push(`--${side}tls-verify=false`);
    }
    if (username === undefined) options.push(`--${side}no-creds`);
    else options.push(`--${side}creds=${username}:${password}`);
    return options;
  }
}
