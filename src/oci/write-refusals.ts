import type { OciErrorEntry } from './errors.ts';

/** A request that brings content, and how it was refused. */
export interface RefusedWrite {
  method: string;
  url: URL;
  status: number;
  errors: readonly OciErrorEntry[];
  /** What was sent, as it stands in a sentence: `the upload of blob sha256:… to shop/api`. */
  what: string;
}

/**
 * Of room that ran out: Harbor ("exceed the configured upper limit", "Quota exceeded"; 403 or 412), GitLab and Artifactory ("quota"), and
 * what servers say of a full disk (ENOSPC by docker-registry, status 500).
 */
const noRoom =
  /\bquota (?:(?:is|was|has been|limit) )?(?:exceeded|reached|full)|exceed\w* (?:the |your |its )?(?:\w+ ){0,2}(?:quota|upper limit|storage limit)|no space left|\bENOSPC\b|insufficient storage|disk (?:is )?full|out of (?:disk )?space/i;
/** Of tags that stay: Harbor ("configured as immutable", 412), ECR ("cannot be overwritten because the repository is immutable", 400). */
const immutable = /\bimmutab|can(?:no|')t be (?:overwritten|changed|modified|updated)/i;

/**
 * What a registry means that refuses to take content. The specification has no codes for it, so the status or the words have to tell.
 * Undefined when they say nothing in particular.
 */
export function describeRefusedWrite({ method, url, status, errors, what }: RefusedWrite): { code: string; message: string } | undefined {
  const part = partOf(method, url);
  if (!part || status < 400 || status === 401 || status === 429) return undefined;
  const host = url.host;
  const codes = errors.map((entry) => entry.code);
  const words = errors.map(({ message, detail }) => `${message ?? ''} ${typeof detail === 'string' ? detail : ''}`).join(' ');
  if (status === 507 || noRoom.test(words) || isFullDisk(errors))
    return { code: 'registry_full', message: `${host} has no room for ${what} (status ${status}).` };
  if (part === 'manifest' && status < 500 && immutable.test(words))
    return { code: 'tag_immutable', message: `${host} keeps ${what} as it is: it is not overwritten (status ${status}).` };
  if (part === 'session' && codes.includes('DIGEST_INVALID'))
    return { code: 'integrity', message: `${host} refuses ${what}: what arrived is not what its digest says (status ${status}).` };
  if (part === 'session' && (status === 404 || codes.includes('BLOB_UPLOAD_UNKNOWN')))
    return { code: 'upload_lost', message: `${host} does not know ${what} any more, which was begun there (status ${status}).` };
  return undefined;
}

/** Which step of a push it is. Where an upload goes on, the registry says; most say a path below that at which uploads begin. */
function partOf(method: string, { pathname }: URL): 'manifest' | 'begin' | 'session' | undefined {
  if (/\/manifests\/[^/]+$/.test(pathname)) return method === 'PUT' ? 'manifest' : undefined;
  if (/\/blobs\/uploads\/?$/.test(pathname)) return method === 'POST' ? 'begin' : undefined;
  return method === 'PATCH' || method === 'PUT' || /\/blobs\/uploads\/[^/]+$/.test(pathname) ? 'session' : undefined;
}

/** docker-registry hands on what the file system said: `{"Op":"write","Path":"…","Err":28}`, ENOSPC; 122 is EDQUOT. */
function isFullDisk(errors: readonly OciErrorEntry[]): boolean {
  return errors.some(({ detail }) => {
    if (typeof detail !== 'object' || detail === null || !('Err' in detail)) return false;
    return detail.Err === 28 || detail.Err === 122;
  });
}
