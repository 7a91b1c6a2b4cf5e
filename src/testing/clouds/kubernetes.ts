import { type Answer, type Call, type FakeService, serve } from './serve.ts';

/** A fake Kubernetes API on loopback that gives out secrets to those who may have them. It checks tokens by itself. */
export interface FakeKubernetes {
  service: FakeService;
  /** `namespace/name` → fields in plain. */
  secrets: Map<string, Readonly<Record<string, string>>>;
  /** Token → namespaces whose secrets it may read. */
  tokens: Map<string, readonly string[]>;
  close(): Promise<void>;
}

const status = (code: number, reason: string, message: string): Answer => ({
  status: code,
  body: { kind: 'Status', apiVersion: 'v1', status: 'Failure', message, reason, code },
});

export async function startKubernetes(): Promise<FakeKubernetes> {
  const secrets: FakeKubernetes['secrets'] = new Map();
  const tokens: FakeKubernetes['tokens'] = new Map();

  function answer(call: Call): Answer {
    const token = /^Bearer (.+)$/.exec(call.headers['authorization'] ?? '')?.[1];
    const namespaces = token === undefined ? undefined : tokens.get(token);
    if (!namespaces) return status(401, 'Unauthorized', 'Unauthorized');
    const [, namespace = '', name = ''] = /^\/api\/v1\/namespaces\/([^/]+)\/secrets\/([^/]+)$/.exec(call.url.pathname) ?? [];
    if (namespace === '' || call.method !== 'GET') return status(404, 'NotFound', 'the server could not find the requested resource');
    if (!namespaces.includes(namespace)) {
      return status(
        403,
        'Forbidden',
        `secrets "${name}" is forbidden: User "system:serviceaccount:tagboat:hub" cannot get resource "secrets"`,
      );
    }
    const fields = secrets.get(`${namespace}/${name}`);
    if (!fields) return status(404, 'NotFound', `secrets "${name}" not found`);
    const data = Object.fromEntries(Object.entries(fields).map(([key, value]) => [key, Buffer.from(value).toString('base64')]));
    return { status: 200, body: { kind: 'Secret', apiVersion: 'v1', metadata: { namespace, name }, type: 'Opaque', data } };
  }

  const service = await serve((call) => answer(call));
  return { service, secrets, tokens, close: () => service.close() };
}
