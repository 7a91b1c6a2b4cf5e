import { describe, expect, it } from 'vitest';
import { digestOf, isDigest, parseDigest } from './digest.ts';
import { artifactTypeOf, parseManifest } from './manifest.ts';
import { bareMediaType, mediaTypes } from './media-types.ts';

const descriptor = (mediaType: string, extra: object = {}) => ({ mediaType, digest: digestOf(mediaType), size: 10, ...extra });
const image = (extra: object = {}) => ({
  schemaVersion: 2,
  config: descriptor(mediaTypes.ociConfig),
  layers: [descriptor(mediaTypes.ociLayerGzip)],
  ...extra,
});
const index = (extra: object = {}) => ({
  schemaVersion: 2,
  manifests: [descriptor(mediaTypes.ociManifest, { platform: { os: 'linux', architecture: 'arm64', variant: 'v8' } })],
  ...extra,
});
const bytes = (value: unknown) => Buffer.from(typeof value === 'string' ? value : JSON.stringify(value));

describe('parseManifest', () => {
  it.each<[string, object, string, 'image' | 'index']>([
    ['OCI image', image({ mediaType: mediaTypes.ociManifest }), mediaTypes.ociManifest, 'image'],
    ['OCI image without mediaType', image(), mediaTypes.ociManifest, 'image'],
    ['Docker image', image({ mediaType: mediaTypes.dockerManifest }), mediaTypes.dockerManifest, 'image'],
    ['OCI index', index({ mediaType: mediaTypes.ociIndex }), mediaTypes.ociIndex, 'index'],
    ['Docker list', index({ mediaType: mediaTypes.dockerManifestList }), mediaTypes.dockerManifestList, 'index'],
  ])('%s', (_name, json, type, kind) => {
    const raw = bytes(json);
    const manifest = parseManifest(raw, `${type}; charset=utf-8`, digestOf(raw));
    expect(manifest).toMatchObject({ mediaType: type, kind, digest: digestOf(raw), size: raw.length });
    expect(manifest.bytes).toBe(raw);
    expect(manifest.image === undefined).toBe(kind === 'index');
    expect(manifest.index === undefined).toBe(kind === 'image');
  });

  it('takes the type from the document when there is no header, and guesses it for OCI', () => {
    expect(parseManifest(bytes(image({ mediaType: mediaTypes.dockerManifest })), undefined).mediaType).toBe(mediaTypes.dockerManifest);
    expect(parseManifest(bytes(index()), undefined).mediaType).toBe(mediaTypes.ociIndex);
    expect(parseManifest(bytes(image()), undefined).mediaType).toBe(mediaTypes.ociManifest);
  });

  it('takes known fields and no others', () => {
    const text = `{"schemaVersion":2,"__proto__":{"polluted":true},"config":${JSON.stringify(descriptor('c'))},"layers":[],"annotations":{"__proto__":"x","a":"b"},"unknown":1,"subject":${JSON.stringify(descriptor('s'))}}`;
    const { image: parsed } = parseManifest(bytes(text), mediaTypes.ociManifest);
    expect(Object.keys(parsed ?? {}).toSorted()).toEqual(['annotations', 'config', 'layers', 'schemaVersion', 'subject']);
    expect(Object.keys(parsed?.annotations ?? {})).toEqual(['__proto__', 'a']);
    expect(({} as Record<string, unknown>).polluted).toBeUndefined();
  });

  it('reads descriptors whole', () => {
    const full = descriptor(mediaTypes.ociManifest, {
      annotations: { a: 'b' },
      artifactType: 'x/y',
      urls: ['https://elsewhere.test/'],
      data: 'e30=',
      platform: { os: 'windows', architecture: 'amd64', 'os.version': '10.0', 'os.features': ['win32k'] },
    });
    expect(parseManifest(bytes({ schemaVersion: 2, manifests: [full] }), mediaTypes.ociIndex).index?.manifests).toEqual([full]);
  });

  it.each<[string, unknown, string | undefined, string]>([
    ['schema 1 by header', { schemaVersion: 1 }, mediaTypes.dockerSchema1, 'schema1_unsupported'],
    ['signed schema 1 by header', '', `${mediaTypes.dockerSchema1Signed}; x=y`, 'schema1_unsupported'],
    ['schema 1 by its version', { schemaVersion: 1, name: 'x' }, mediaTypes.dockerManifest, 'schema1_unsupported'],
    ['another type than the header', image({ mediaType: mediaTypes.dockerManifest }), mediaTypes.ociManifest, 'invalid_answer'],
    ['an index as image', index({ mediaType: mediaTypes.ociIndex }), mediaTypes.ociManifest, 'invalid_answer'],
    ['both at once as image', { ...image(), ...index() }, mediaTypes.ociManifest, 'invalid_answer'],
    ['both at once as index', { ...image(), ...index() }, mediaTypes.ociIndex, 'invalid_answer'],
    ['an unknown type', image(), 'application/json', 'invalid_answer'],
    ['an OCI artifact manifest', { schemaVersion: 2, blobs: [] }, 'application/vnd.oci.artifact.manifest.v1+json', 'invalid_answer'],
    ['no type at all', { schemaVersion: 2 }, undefined, 'invalid_answer'],
    ['no version', { ...image(), schemaVersion: undefined }, mediaTypes.ociManifest, 'invalid_answer'],
    ['no config', { schemaVersion: 2, layers: [] }, mediaTypes.ociManifest, 'invalid_answer'],
    ['layers that are no list', image({ layers: {} }), mediaTypes.ociManifest, 'invalid_answer'],
    ['a layer that is null', image({ layers: [null] }), mediaTypes.ociManifest, 'invalid_answer'],
    [
      'a digest that is none',
      image({ config: { mediaType: 'x', digest: 'sha256:\u001b', size: 1 } }),
      mediaTypes.ociManifest,
      'invalid_answer',
    ],
    ['an unknown algorithm', image({ config: { mediaType: 'x', digest: 'md5:0', size: 1 } }), mediaTypes.ociManifest, 'invalid_answer'],
    ['a negative size', image({ config: descriptor('x', { size: -1 }) }), mediaTypes.ociManifest, 'invalid_answer'],
    ['a size that is not exact', image({ config: descriptor('x', { size: 2 ** 53 }) }), mediaTypes.ociManifest, 'invalid_answer'],
    ['annotations that are no strings', image({ annotations: { a: 1 } }), mediaTypes.ociManifest, 'invalid_answer'],
    ['a list', [], mediaTypes.ociManifest, 'invalid_answer'],
    ['a number', 5, mediaTypes.ociManifest, 'invalid_answer'],
    ['nothing', '', mediaTypes.ociManifest, 'invalid_answer'],
    ['cut JSON', '{"schemaVersion":2,', mediaTypes.ociManifest, 'invalid_answer'],
    ['nesting', `${'['.repeat(1e6)}${']'.repeat(1e6)}`, mediaTypes.ociManifest, 'invalid_answer'],
    ['nesting in objects', '{"a":'.repeat(1e5), mediaTypes.ociManifest, 'invalid_answer'],
    ['too many bytes', ' '.repeat(8 * 1024 * 1024 + 1), mediaTypes.ociManifest, 'invalid_answer'],
  ])('refuses %s', (_name, json, type, code) => {
    expect(() => parseManifest(bytes(json), type)).toThrow(expect.objectContaining({ code, fault: 'remote', retry: 'never' }));
  });

  it('takes brackets and quotes inside strings for text', () => {
    const tricky = { a: `${'[{'.repeat(100)}\\"` };
    expect(parseManifest(bytes(image({ annotations: tricky })), mediaTypes.ociManifest).image?.annotations).toEqual(tricky);
  });

  it('verifies the digest', () => {
    const raw = bytes(image());
    expect(parseManifest(raw, mediaTypes.ociManifest, digestOf(raw, 'sha512')).digest).toBe(digestOf(raw, 'sha512'));
    expect(() => parseManifest(raw, mediaTypes.ociManifest, digestOf('other'))).toThrow(expect.objectContaining({ code: 'integrity' }));
  });
});

describe('artifactTypeOf', () => {
  it.each<[object, string, string | undefined]>([
    [image(), mediaTypes.ociManifest, mediaTypes.ociConfig],
    [image({ config: descriptor(mediaTypes.helmConfig) }), mediaTypes.ociManifest, mediaTypes.helmConfig],
    [
      image({ artifactType: 'application/spdx+json', config: descriptor(mediaTypes.ociEmpty) }),
      mediaTypes.ociManifest,
      'application/spdx+json',
    ],
    [index(), mediaTypes.ociIndex, undefined],
    [index({ artifactType: 'a/b' }), mediaTypes.ociIndex, 'a/b'],
  ])('%#', (json, type, expected) => {
    expect(artifactTypeOf(parseManifest(bytes(json), type))).toBe(expected);
  });
});

describe('digests', () => {
  it('are those of the registered algorithms', () => {
    expect(digestOf('')).toBe('sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855');
    expect(digestOf('', 'sha512')).toHaveLength(7 + 128);
    expect(parseDigest(digestOf('a'))).toEqual({ algorithm: 'sha256', encoded: digestOf('a').slice(7) });
    for (const text of [
      '',
      'sha256',
      'sha256:',
      `sha256:${'A'.repeat(64)}`,
      `sha512:${'a'.repeat(64)}`,
      `__proto__:${'a'.repeat(64)}`,
      `sha256:${'a'.repeat(64)}\n`,
    ]) {
      expect(isDigest(text)).toBe(false);
      expect(() => parseDigest(text)).toThrow(expect.objectContaining({ code: 'invalid_reference' }));
    }
  });
});

it('bareMediaType drops parameters and case', () => {
  expect(bareMediaType('Text/HTML; charset=x')).toBe('text/html');
  expect(bareMediaType(' ; x')).toBeUndefined();
  expect(bareMediaType(undefined)).toBeUndefined();
});
