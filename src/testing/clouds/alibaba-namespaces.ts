import { AlibabaRefusal } from './alibaba-accounts.ts';
import type { CloudContent } from './content.ts';
import type { Call } from './serve.ts';

/** Namespaces and repositories of a fake Container Registry, by the API of either edition. */
export class AlibabaNamespaces {
  /** Name → whether a push makes repositories in it. Those that only have content make none. */
  readonly automatic = new Map<string, boolean>();
  /** Namespaces of other accounts. */
  readonly foreign = new Set<string>();
  readonly #content: CloudContent;

  constructor(content: CloudContent) {
    this.#content = content;
  }

  rpc(action: string, parameters: URLSearchParams): Record<string, unknown> {
    const name = parameters.get('NamespaceName') ?? '';
    switch (action) {
      case 'GetNamespace':
        this.#need(name);
        return {
          NamespaceName: name,
          NamespaceStatus: 'NORMAL',
          AutoCreateRepo: this.automatic.get(name) ?? false,
          DefaultRepoType: 'PRIVATE',
        };
      case 'CreateNamespace':
        this.#add(name, parameters.get('AutoCreateRepo') === 'true');
        return {};
      default:
        this.#addRepository(parameters.get('RepoNamespaceName') ?? '', parameters.get('RepoName') ?? '');
        return { RepoId: 'crr-1' };
    }
  }

  roa(call: Call): Record<string, unknown> {
    const [, kind, namespace = '', name = ''] = call.url.pathname.split('/');
    if (call.method !== 'PUT') {
      if (kind === 'namespace') {
        this.#need(namespace);
        return {
          namespace: {
            namespace,
            authorizeType: 'ADMIN',
            autoCreate: this.automatic.get(namespace) ?? false,
            defaultVisibility: 'PRIVATE',
            namespaceStatus: 'NORMAL',
          },
        };
      }
      if (!this.#content.repositories.has(`${namespace}/${name}`))
        throw new AlibabaRefusal(404, 'REPO_NOT_EXIST', 'The repository does not exist.');
      return { repo: { repoNamespace: namespace, repoName: name, repoType: 'PRIVATE' } };
    }
    const body = JSON.parse(call.body) as { Namespace?: { Namespace: string }; Repo?: Record<string, string> };
    if (kind === 'namespace') this.#add(body.Namespace?.Namespace ?? '', false);
    else this.#addRepository(body.Repo?.['RepoNamespace'] ?? '', body.Repo?.['RepoName'] ?? '');
    return {};
  }

  #has(name: string): boolean {
    return this.automatic.has(name) || [...this.#content.repositories.keys()].some((each) => each.startsWith(`${name}/`));
  }

  #need(name: string): void {
    if (!this.#has(name)) throw new AlibabaRefusal(404, 'NAMESPACE_NOT_EXIST', 'The namespace does not exist.');
  }

  #add(name: string, automatic: boolean): void {
    if (this.#has(name) || this.foreign.has(name))
      throw new AlibabaRefusal(400, 'NAMESPACE_ALREADY_EXIST', 'The namespace already exists.');
    this.automatic.set(name, automatic);
  }

  #addRepository(namespace: string, name: string): void {
    this.#need(namespace);
    if (this.#content.repositories.has(`${namespace}/${name}`))
      throw new AlibabaRefusal(400, 'REPO_ALREADY_EXIST', 'The repository already exists.');
    this.#content.addRepository(`${namespace}/${name}`);
  }
}
