import { InvalidSettings } from '../../core/errors.ts';
import type { AnyProvider } from '../../provider/define.ts';
import { fieldMeta } from '../../provider/field.ts';
import { likelyTitle, type ProviderSet } from '../../provider/set.ts';
import { resolveAddress } from '../address.ts';
import { suggestName } from '../name.ts';
import type { Detection } from '../types.ts';
import { urlText } from '../url.ts';
import { readAddressOrImage } from './address-or-image.ts';
import { readDockerLogin } from './docker-login.ts';
import type { Found } from './found.ts';
import { readJsonPaste } from './json-paste.ts';
import { readRegistriesConf } from './registries-conf.ts';

export interface DetectOptions {
  /** Lower-cased names that are taken. */
  taken?: ReadonlySet<string>;
  /** Provider to assume, where the host does not tell it. */
  provider?: string;
}

const longest = 200_000;

/**
 * Recognises what a person pasted: a URL, an image reference, a `docker login` line, a Google JSON key, an entry of Docker's
 * config.json or of a `registries.conf`, a Kubernetes pull secret. Pure: asks nobody, runs nothing, expands no variable.
 */
export function detect(text: string, providers: ProviderSet, options: DetectOptions = {}): Detection {
  if (text.length > longest || text.trim() === '') return { kind: 'unknown', fields: {} };
  const found = readJsonPaste(text) ?? readDockerLogin(text) ?? readRegistriesConf(text) ?? readAddressOrImage(text);
  if (!found) return { kind: 'unknown', fields: {} };
  return found.jsonKey === undefined ? describeAddress(found, providers, options) : describeJsonKey(found, providers, options);
}

function describeAddress(found: Found, providers: ProviderSet, { taken = new Set(), provider: assumed }: DetectOptions): Detection {
  let address: ReturnType<typeof resolveAddress>;
  try {
    address = resolveAddress({ url: found.address ?? '', hasCa: false, ...(assumed !== undefined && { provider: assumed }) }, providers);
  } catch (error) {
    if (error instanceof InvalidSettings) return { kind: 'unknown', fields: {} };
    throw error;
  }
  const { provider, url } = address;
  const preset = provider.presets?.find((each) => each.url !== undefined && new URL(each.url).host === url.host);
  const byHost = providers.detectByHost(url) === provider;
  const namespace = found.namespace ?? address.namespace ?? (address.namePath.split('/')[0] || undefined);
  const inferred = provider.inferSettings?.(url) ?? {};
  // A user name that is everybody's is not in what was pasted, or could be a variable of the shell there.
  const username = found.username ?? preset?.fields?.['username'];
  const signIn =
    fillSignIn(provider, { ...found, ...(username !== undefined && { username }) }) ??
    (preset?.signIn === undefined ? undefined : { method: preset.signIn, fields: {} });
  // What an answer alone told, others may have answered just so.
  const title = preset?.title ?? (byHost || assumed === undefined ? provider.title : likelyTitle(provider));
  const nameHost = provider.referenceHosts?.(url)[0] ?? url.host;
  return {
    kind: found.kind,
    provider: provider.id,
    summary: [title, ...(preset ? [] : Object.entries(inferred).map(spoken)), byHost ? undefined : url.host, found.note]
      .filter(Boolean)
      .join(', '),
    url: urlText(url),
    name:
      found.name === undefined
        ? suggestName(byHost ? provider.id : nameHost, namespace, taken, provider.id)
        : suggestName(found.name, undefined, taken),
    fields: { ...inferred, ...signIn?.fields },
    certainty: byHost || preset ? 'host' : 'guess',
    ...(namespace !== undefined && { namespace }),
    ...(signIn && { signIn: signIn.method }),
  };
}

/** A key opens Artifact Registry and gcr.io anywhere, so the key alone does not say which address is meant. */
function describeJsonKey(found: Found, providers: ProviderSet, { taken = new Set() }: DetectOptions): Detection {
  const provider = providers.get('gar') ?? providers.get('generic');
  if (!provider) return { kind: 'json-key', fields: {} };
  const signIn = fillSignIn(provider, { ...found, username: '_json_key', password: found.jsonKey });
  return {
    kind: 'json-key',
    provider: provider.id,
    summary: `Google service account key${found.namespace === undefined ? '' : `, project ${found.namespace}`}`,
    name: suggestName('gar', found.namespace, taken),
    fields: signIn?.fields ?? {},
    certainty: 'guess',
    ...(found.namespace !== undefined && { namespace: found.namespace }),
    ...(signIn && { signIn: signIn.method }),
  };
}

function spoken([name, value]: [string, string]): string {
  return /account/i.test(name) ? `account ${value}` : value;
}

/** The way of signing in whose fields take what was found, and their values. */
function fillSignIn(provider: AnyProvider, found: Found): { method: string; fields: Record<string, string> } | undefined {
  const { username, password, identityToken, jsonKey } = found;
  for (const [method, way] of Object.entries(provider.signIn)) {
    const names = Object.keys(way.fields.shape);
    const secrets = names.filter((name) => fieldMeta(way.fields.shape[name] ?? provider.settings)?.secret);
    const user = names.find((name) => /^(?:username|user|login)$/i.test(name));
    if (jsonKey !== undefined) {
      const key = secrets.find((name) => /json/i.test(name));
      if (key !== undefined) return { method, fields: { [key]: jsonKey } };
    }
    if (identityToken !== undefined) {
      const token = secrets.find((name) => /identity/i.test(name));
      if (token !== undefined) return { method, fields: { [token]: identityToken, ...(user && username && { [user]: username }) } };
      continue;
    }
    const [secret] = secrets;
    if (username === undefined || user === undefined || secrets.length !== 1 || secret === undefined || /identity/i.test(secret)) continue;
    return { method, fields: { [user]: username, ...(password !== undefined && password !== '' && { [secret]: password }) } };
  }
  return undefined;
}
