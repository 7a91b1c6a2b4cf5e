/** What a `credentials` text of Argo CD Image Updater means here. */
export interface CredentialReference {
  /** Our reference, for the way of signing in `external`. */
  source?: string;
  /** Something to know of it. */
  remark?: string;
  /** Why it cannot be taken. */
  problem?: string;
}

/** Names of Kubernetes objects: DNS subdomains. */
const objectName = /^[a-z0-9](?:[-a-z0-9.]{0,251}[a-z0-9])?$/;

/**
 * Reads `[<registry>=]ext:… | secret:… | pullsecret:… | env:…`. Exactly two parts, as there: a colon more is refused there and
 * so said here. (`registry-scanner/pkg/image/credentials.go` of Argo CD Image Updater.)
 */
export function readCredentialReference(text: string): CredentialReference {
  // What stands before `=` names the registry, which is clear where it stands.
  const reference = /^[^:=]+=(.*)$/s.exec(text)?.[1] ?? text;
  const parts = reference.split(':');
  const [kind = '', value = ''] = parts;
  if (parts.length !== 2 || value === '') {
    return {
      problem: 'It is not of the form ext:<script>, secret:<namespace>/<name>#<field>, pullsecret:<namespace>/<name> or env:<variable>.',
    };
  }
  switch (kind.toLowerCase()) {
    case 'ext':
      return readScript(value);
    case 'secret':
      return readSecret(value);
    case 'pullsecret': {
      const [namespace = '', name = '', ...more] = value.split('/');
      if (more.length > 0 || !objectName.test(namespace) || !objectName.test(name))
        return { problem: 'It is not of the form pullsecret:<namespace>/<name>.' };
      return { source: `pullsecret:${namespace}/${name}` };
    }
    case 'env':
      if (!/^[A-Za-z_][A-Za-z0-9_]{0,255}$/.test(value)) return { problem: 'It does not name an environment variable.' };
      return { source: `env:${value}`, remark: `The environment variable ${value} is read from the hub's own environment: set it there.` };
    default:
      return { problem: `Its kind is none of ext, secret, pullsecret and env.` };
  }
}

function readScript(path: string): CredentialReference {
  if (!path.startsWith('/')) return { problem: 'A script has to be named by its whole path there.' };
  const name = path.slice(path.lastIndexOf('/') + 1);
  if (!/^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/.test(name)) return { problem: 'It does not name a script.' };
  const folder = path.slice(0, path.lastIndexOf('/')) || '/';
  return { source: `exec:${name}`, remark: `Put ${name} of ${folder.slice(0, 200)} into the hub's folder of credential commands.` };
}

function readSecret(value: string): CredentialReference {
  const found = /^([^/#]+)\/([^/#]+)#([-._a-zA-Z0-9]{1,253})$/.exec(value);
  const [, namespace = '', name = '', field = ''] = found ?? [];
  if (!found || !objectName.test(namespace) || !objectName.test(name))
    return { problem: 'It is not of the form secret:<namespace>/<name>#<field>.' };
  return { source: `secret:${namespace}/${name}#${field}` };
}

/** The same the other way round; undefined where Argo CD Image Updater has nothing of the kind. */
export function writeCredentialReference(source: string): string | undefined {
  if (/^exec:[A-Za-z0-9][A-Za-z0-9._-]*$/.test(source)) return `ext:/scripts/${source.slice('exec:'.length)}`;
  if (/^exec:\/[^:\s]+$/.test(source)) return `ext:${source.slice('exec:'.length)}`;
  return /^(?:secret|pullsecret|env):[^:\s]+$/.test(source) ? source : undefined;
}
