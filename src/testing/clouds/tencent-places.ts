import { randomBytes } from 'node:crypto';
import type { Clock } from '../../core/clock.ts';
import type { CloudContent } from './content.ts';

/** A refusal of the API, as it stands in the body. */
export class TencentRefusal extends Error {
  readonly code: string;

  constructor(code: string, message: string) {
    super(message);
    this.code = code;
  }
}

type Parameters = Readonly<Record<string, unknown>>;

/** Namespaces of a fake Tencent Cloud: of an Enterprise instance, or of the account in the Personal edition. */
export class TencentPlaces {
  /** Those without content so far. */
  readonly namespaces = new Set<string>();
  /** Namespaces of other accounts. */
  readonly foreign = new Set<string>();
  readonly #content: CloudContent;

  constructor(content: CloudContent) {
    this.#content = content;
  }

  all(): string[] {
    return [...new Set([...this.namespaces, ...[...this.#content.repositories.keys()].map((name) => name.split('/', 1)[0] ?? '')])];
  }

  answer(action: string, body: Parameters): Record<string, unknown> {
    switch (action) {
      case 'DescribeNamespaces': {
        const found = this.all().filter((name) => name.includes(text(body['NamespaceName'])));
        return { NamespaceList: found.map((Name, index) => ({ Name, Public: false, NamespaceId: index + 1 })), TotalCount: found.length };
      }
      case 'CreateNamespace': {
        if (typeof body['IsPublic'] !== 'boolean') throw new TencentRefusal('MissingParameter', 'The request is missing IsPublic.');
        return this.#addNamespace(text(body['NamespaceName']), 'FailedOperation.ErrorTcrResourceConflict');
      }
      case 'CreateRepository':
        return this.#addRepository(text(body['NamespaceName']), text(body['RepositoryName']));
      case 'DescribeNamespacePersonal': {
        const found = this.all().filter((name) => name.includes(text(body['Namespace'])));
        return { Data: { NamespaceInfo: found.map((Namespace) => ({ Namespace, RepoCount: 1 })), NamespaceCount: found.length } };
      }
      case 'CreateNamespacePersonal':
        return this.#addNamespace(text(body['Namespace']), 'FailedOperation.ErrNamespaceExist');
      case 'ValidateRepositoryExistPersonal':
        return { Data: { IsExist: this.#content.repositories.has(text(body['RepoName'])) } };
      case 'CreateRepositoryPersonal': {
        const [namespace = '', ...rest] = text(body['RepoName']).split('/');
        return this.#addRepository(namespace, rest.join('/'));
      }
      default:
        throw new TencentRefusal('InvalidAction', 'The action does not exist.');
    }
  }

  #addNamespace(name: string, taken: string): Record<string, unknown> {
    if (this.foreign.has(name) || this.all().includes(name)) throw new TencentRefusal(taken, 'The namespace already exists.');
    this.namespaces.add(name);
    return {};
  }

  #addRepository(namespace: string, name: string): Record<string, unknown> {
    if (!this.all().includes(namespace)) throw new TencentRefusal('ResourceNotFound', 'The namespace does not exist.');
    if (this.#content.repositories.has(`${namespace}/${name}`))
      throw new TencentRefusal('FailedOperation.ErrorTcrResourceConflict', 'The repository already exists.');
    this.#content.addRepository(`${namespace}/${name}`);
    return {};
  }
}

export interface TencentServiceAccount {
  password: string;
  description: string;
  permissions: { Resource: string; Actions: string[] }[];
  expiresAt?: number;
  disabled?: boolean;
}

/** Service accounts of a fake Enterprise instance: who may what in which namespace, and until when. */
export class TencentServiceAccounts {
  /** By full name, `tcr$…`. */
  readonly accounts = new Map<string, TencentServiceAccount>();
  readonly #clock: Clock;
  readonly #places: TencentPlaces;

  constructor(clock: Clock, places: TencentPlaces) {
    this.#clock = clock;
    this.#places = places;
  }

  signsIn(username: string, password: string): boolean {
    const account = this.accounts.get(username);
    if (!account || account.password !== password || account.disabled) return false;
    return account.expiresAt === undefined || account.expiresAt > this.#clock.now();
  }

  /** Others than service accounts may read everything. */
  mayRead(username: string, repository: string): boolean {
    const account = this.accounts.get(username);
    if (!account) return true;
    return account.permissions.some(
      ({ Resource, Actions }) => repository.startsWith(`${Resource}/`) && Actions.includes('tcr:PullRepository'),
    );
  }

  mayPush(username: string): boolean {
    const account = this.accounts.get(username);
    return !account || account.permissions.every(({ Actions }) => Actions.includes('tcr:PushRepository'));
  }

  answer(action: string, body: Parameters): Record<string, unknown> {
    if (action === 'DescribeServiceAccounts') {
      const all = [...this.accounts].map(([Name, { description, disabled = false, expiresAt = -1 }]) => ({
        Name,
        Description: description,
        Disable: disabled,
        ExpiresAt: expiresAt,
      }));
      return { ServiceAccounts: body['All'] === true ? all : all.slice(0, 20), TotalCount: all.length };
    }
    if (action === 'DeleteServiceAccount') {
      if (!this.accounts.delete(text(body['Name']))) throw new TencentRefusal('ResourceNotFound', 'The service account does not exist.');
      return {};
    }
    const Name = `tcr$${text(body['Name'])}`;
    const permissions = (body['Permissions'] ?? []) as TencentServiceAccount['permissions'];
    if (this.accounts.has(Name)) throw new TencentRefusal('FailedOperation.ErrorTcrResourceConflict', 'The service account exists.');
    if (permissions.length === 0 || permissions.some(({ Resource }) => !this.#places.all().includes(Resource)))
      throw new TencentRefusal('InvalidParameter', 'A resource is the name of a namespace.');
    const expiresAt = typeof body['ExpiresAt'] === 'number' ? body['ExpiresAt'] : undefined;
    const password = randomBytes(16).toString('hex');
    this.accounts.set(Name, {
      password,
      description: text(body['Description']),
      permissions,
      ...(expiresAt !== undefined && { expiresAt }),
    });
    return { Name, Password: password, ExpiresAt: expiresAt ?? -1, CreateTime: new Date(this.#clock.now()).toISOString() };
  }
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : '';
}
