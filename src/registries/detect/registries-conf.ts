import { parse } from 'yaml';
import type { Found } from './found.ts';
import { readDockerConfig } from './json-paste.ts';

/**
 * Reads an entry of a `registries.conf`: that of Argo CD Image Updater (YAML, `api_url` and `prefix`) or that of Podman,
 * Buildah and CRI-O (TOML, `location` and `prefix`); and a Kubernetes pull secret as YAML. Undefined when it is none.
 */
export function readRegistriesConf(text: string): Found | undefined {
  return readToml(text) ?? readYaml(text);
}

function readToml(text: string): Found | undefined {
  if (!/^\s*\[\[registry\]\]/m.test(text)) return undefined;
  const section = text.split(/^\s*\[\[registry\]\]\s*$/m)[1] ?? '';
  // Mirrors of it are other registries.
  const own = section.split(/^\s*\[/m)[0] ?? '';
  const value = (key: string) => new RegExp(`^\\s*${key}\\s*=\\s*["']([^"'\\n]{1,512})["']`, 'm').exec(own)?.[1];
  const address = value('location') ?? value('prefix');
  if (address === undefined) return undefined;
  const count = text.match(/^\s*\[\[registry\]\]\s*$/gm)?.length ?? 1;
  return { kind: 'url', address: address.replace(/^\*\./, ''), ...(count > 1 && { note: `the first of ${count} registries` }) };
}

function readYaml(text: string): Found | undefined {
  if (!/^\s*(?:-\s*)?(?:registries|name|api_url|prefix|apiVersion|data)\s*:/m.test(text)) return undefined;
  let document: unknown;
  try {
    document = parse(text, { maxAliasCount: 10, logLevel: 'silent' });
  } catch {
    return undefined;
  }
  const root = isObject(document) && Array.isArray(document.registries) ? document.registries : document;
  const list = Array.isArray(root) ? root : [root];
  const entries = list.filter(isObject).filter((entry) => typeof entry.api_url === 'string' || typeof entry.prefix === 'string');
  const [first] = entries;
  if (first) {
    const address = typeof first.api_url === 'string' ? first.api_url : String(first.prefix);
    return {
      kind: 'url',
      address,
      ...(typeof first.name === 'string' && { name: first.name }),
      ...(typeof first.defaultns === 'string' && { namespace: first.defaultns }),
      ...(entries.length > 1 && { note: `the first of ${entries.length} registries` }),
    };
  }
  return isObject(document) ? readDockerConfig(document) : undefined;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
