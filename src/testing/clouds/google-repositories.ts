import { randomUUID } from 'node:crypto';
import type { CloudContent } from './content.ts';
import type { Answer, Call } from './serve.ts';

/** How often an operation is asked about before it is done. */
const patience = 2;

interface Operation {
  /** `project/repository`. */
  path: string;
  asked: number;
}

/** Repositories of a fake Artifact Registry: made by operations that take their time, as Google's do. */
export class GoogleRepositories {
  readonly #content: CloudContent;
  readonly #made = new Set<string>();
  readonly #operations = new Map<string, Operation>();
  /** The next operations end with this error. */
  failWith?: { code: number; message: string };

  constructor(content: CloudContent) {
    this.#content = content;
  }

  /** Whether `project/repository` is there: made, or with images in it. At gcr.io its images stand in the project itself. */
  has(path: string): boolean {
    const below = path.replace(/\/(?:[a-z]+\.)?gcr\.io$/, '');
    return this.#made.has(path) || [...this.#content.repositories.keys()].some((name) => name.startsWith(`${below}/`));
  }

  /** Names of the repositories of a project. */
  of(project: string): string[] {
    const all = [...this.#content.repositories.keys(), ...this.#made].filter((name) => name.startsWith(`${project}/`));
    return [...new Set(all.map((name) => name.slice(project.length + 1).split('/')[0] ?? ''))];
  }

  /** `POST …/repositories?repositoryId=`, `GET …/repositories/<id>` and `GET …/operations/<id>`; undefined for anything else. */
  answer(call: Call, project: string, location: string): Answer | undefined {
    const [kind, id] = call.url.pathname.split('/').slice(6);
    const parent = `projects/${project}/locations/${location}`;
    const path = decodeURIComponent(project).replace(':', '/');
    if (kind === 'operations' && id !== undefined) return this.#operation(`${parent}/operations/${id}`);
    if (kind !== 'repositories') return undefined;
    if (call.method === 'POST' && id === undefined) return this.#create(call, path, parent);
    if (call.method === 'GET' && id !== undefined && call.url.pathname.split('/').length === 8) return this.#get(path, id, parent);
    return undefined;
  }

  #create(call: Call, path: string, parent: string): Answer {
    const id = call.url.searchParams.get('repositoryId') ?? '';
    const { format } = JSON.parse(call.body) as { format?: string };
    if (!/^(?:[a-z](?:[a-z0-9-]{0,61}[a-z0-9])?|(?:[a-z]+\.)?gcr\.io)$/.test(id) || format !== 'DOCKER')
      return refusal(400, 'INVALID_ARGUMENT', 'Request contains an invalid argument.');
    const pending = [...this.#operations.values()].some((operation) => operation.path === `${path}/${id}`);
    if (pending || this.has(`${path}/${id}`)) return refusal(409, 'ALREADY_EXISTS', 'the repository already exists');
    const name = `${parent}/operations/${randomUUID()}`;
    this.#operations.set(name, { path: `${path}/${id}`, asked: 0 });
    return {
      status: 200,
      body: { name, metadata: { '@type': 'type.googleapis.com/google.devtools.artifactregistry.v1.OperationMetadata' } },
    };
  }

  #operation(name: string): Answer {
    const operation = this.#operations.get(name);
    if (!operation) return refusal(404, 'NOT_FOUND', 'Requested entity was not found.');
    operation.asked++;
    if (operation.asked < patience) return { status: 200, body: { name } };
    if (this.failWith) return { status: 200, body: { name, done: true, error: this.failWith } };
    this.#made.add(operation.path);
    return { status: 200, body: { name, done: true, response: { name: operation.path, format: 'DOCKER' } } };
  }

  #get(path: string, id: string, parent: string): Answer {
    const format = id === 'npm' ? 'NPM' : 'DOCKER';
    if (format === 'DOCKER' && !this.has(`${path}/${id}`)) return refusal(404, 'NOT_FOUND', 'Requested entity was not found.');
    return { status: 200, body: { name: `${parent}/repositories/${id}`, format } };
  }
}

function refusal(code: number, status: string, message: string): Answer {
  return { status: code, body: { error: { code, message, status } } };
}
