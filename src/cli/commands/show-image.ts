import type { Descriptor, Image, ImageConfig, Layer, Referrer, Referrers } from '../../sdk/index.ts';
import type { Cli } from '../cli.ts';
import { UsageError } from '../errors.ts';
import type { Output } from '../output/output.ts';
import { formatSize } from '../output/size.ts';
import { printable } from '../output/text.ts';
import { relativeTime } from '../output/time.ts';
import type { DirectOptions } from '../standalone/client.ts';
import { type DirectTarget, type HubTarget, resolveTarget } from '../targets.ts';
import { shortDigest } from './list-tags.ts';

export interface InspectOptions extends DirectOptions {
  platform?: string;
  raw?: boolean;
  config?: boolean;
  referrers?: boolean;
}

export async function showImage(cli: Cli, text: string, options: InspectOptions): Promise<void> {
  const target = await resolveTarget(cli, text, options, { needs: 'image' });
  if (options.raw) return target.via === 'direct' ? printRaw(cli, target, options) : Promise.reject(rawNeedsRegistry());
  const { image, referrers } = target.via === 'hub' ? await readAtHub(target, options) : await readDirect(cli, target, options);
  const output = cli.output(options);
  if (options.config) {
    const config = image.manifest?.config;
    if (!config) throw new UsageError(`${image.reference} has no image configuration.`, 'Look at it without --config.');
    return output.result({ json: () => config, quiet: () => [], human: () => configLines(output, config) });
  }
  output.result({
    json: () => (referrers ? { ...image, referrers } : image),
    quiet: () => [image.digest],
    human: () => [...imageLines(output, image), ...(referrers ? referrerLines(output, referrers) : [])],
  });
}

const rawNeedsRegistry = (): UsageError =>
  new UsageError('--raw asks the registry directly, and this one is reached through the hub.', 'Name its host and add --no-hub.');

async function readAtHub(
  { hub, registry, repository, tag, digest }: HubTarget,
  options: InspectOptions,
): Promise<{ image: Image; referrers?: Referrers }> {
  const image = await hub.getImage(registry.name, repository, digest ?? tag ?? 'latest', { platform: options.platform });
  return { image, referrers: options.referrers ? await hub.listReferrers(registry.name, repository, image.digest) : undefined };
}

async function readDirect(
  cli: Cli,
  { client, reference }: DirectTarget,
  options: InspectOptions,
): Promise<{ image: Image; referrers?: Referrers }> {
  try {
    const [{ DirectContent }, { readImageDirect }, { listReferrersDirect }] = await Promise.all([
      import('../standalone/content.ts'),
      import('../standalone/image.ts'),
      import('../standalone/referrers.ts'),
    ]);
    const content = new DirectContent(client, reference.repository, cli.signal);
    const image = await readImageDirect(content, reference, options.platform);
    if (!options.referrers) return { image };
    const repository = client.repository(reference.repository);
    return { image, referrers: await listReferrersDirect(content, repository, image.digest, () => cli.io.now(), cli.signal) };
  } finally {
    await client.close();
  }
}

async function printRaw(cli: Cli, { client, reference }: DirectTarget, options: InspectOptions): Promise<void> {
  try {
    const { readManifest } = await import('../standalone/image.ts');
    const platform = options.platform ?? (options.config ? 'linux/amd64' : undefined);
    const manifest = await readManifest(client, reference, platform, cli.signal);
    if (!options.config) return cli.output(options).bytes(manifest.bytes);
    if (!manifest.image) throw new UsageError('An index has no configuration of its own.', 'Choose one of its images with --platform.');
    cli.output(options).bytes(await client.repository(reference.repository).blobBytes(manifest.image.config, { signal: cli.signal }));
  } finally {
    await client.close();
  }
}

const kinds: Readonly<Record<Image['kind'], string>> = {
  image: 'image',
  index: 'index of images',
  'helm-chart': 'Helm chart',
  artifact: 'artifact',
};

function imageLines(output: Output, image: Image): string[] {
  const { palette } = output;
  const manifest = image.manifest;
  const created = manifest?.config?.createdAt;
  const layers = manifest?.layers.filter((layer) => !layer.empty).length;
  const lines = [
    palette.strong(printable(image.reference)),
    ...output.fields([
      ['digest', image.digest],
      [
        'kind',
        image.artifactTitle ?? (image.artifactType && image.kind === 'artifact' ? `artifact, ${image.artifactType}` : kinds[image.kind]),
      ],
      ['type', image.mediaType],
      ['platform', manifest?.platform],
      ['size', manifest && `${formatSize(manifest.size)}, ${layers} ${layers === 1 ? 'layer' : 'layers'}`],
      ['created', created && `${relativeTime(created, output.now())} (${created})`],
      ['same digest', image.otherTags.length > 0 ? image.otherTags.join(', ') : undefined],
      ['pull', image.pull.docker],
    ]),
  ];
  const section = (title: string, content: readonly string[]): void => {
    if (content.length > 0) lines.push('', palette.strong(title), ...content);
  };
  if (image.platforms.length > 0) section('Platforms', platformTable(output, image.platforms, manifest?.digest));
  if (manifest) section('Layers', layerTable(output, manifest.layers));
  if (manifest?.config) section('Configuration', configLines(output, manifest.config));
  const annotations = Object.entries({ ...image.annotations, ...manifest?.annotations });
  section('Annotations', output.fields(annotations.map(([name, value]) => [printable(name), value] as const)));
  return lines;
}

function platformTable(output: Output, platforms: readonly Descriptor[], shown: string | undefined): string[] {
  return output.table<Descriptor>(
    [
      { title: 'PLATFORM', value: (item) => describeEntry(item) },
      { title: 'DIGEST', value: (item) => shortDigest(item.digest, output), paint: () => output.palette.dim },
      { title: '', value: (item) => (item.digest === shown ? 'shown below' : undefined), absent: '', optional: true },
    ],
    platforms,
  );
}

function describeEntry(item: Descriptor): string {
  if (item.annotations?.['vnd.docker.reference.type'] === 'attestation-manifest') return 'attestation';
  return item.platform ?? item.artifactType ?? item.mediaType;
}

function layerTable(output: Output, layers: readonly Layer[]): string[] {
  if (layers.length === 0) return [];
  return output.table<Layer>(
    [
      { title: 'SIZE', value: (item) => (item.empty ? undefined : formatSize(item.size)), align: 'right' },
      { title: 'DIGEST', value: (item) => (item.empty ? undefined : shortDigest(item.digest, output)), paint: () => output.palette.dim },
      { title: layers.some((item) => item.command) ? 'MADE BY' : 'TYPE', value: (item) => item.command ?? item.mediaType, shrinkTo: 20 },
    ],
    layers,
  );
}

function configLines(output: Output, config: ImageConfig): string[] {
  const command = (words: readonly string[] | undefined): string | undefined => words && JSON.stringify(words);
  return output.fields([
    ['user', config.user],
    ['working directory', config.workingDir],
    ['entrypoint', command(config.entrypoint)],
    ['command', command(config.cmd)],
    ['ports', config.ports?.join(', ')],
    ['volumes', config.volumes?.join(', ')],
    ['stop signal', config.stopSignal],
    ['author', config.author],
    ['environment', config.env?.join('\n')],
    [
      'labels',
      config.labels &&
        Object.entries(config.labels)
          .map(([name, value]) => `${name}=${value}`)
          .join('\n'),
    ],
  ]);
}

function referrerLines(output: Output, referrers: Referrers): string[] {
  const title = ['', output.palette.strong('Referrers')];
  if (referrers.items.length === 0) return [...title, 'None: nothing signs, describes or attests it here.'];
  const lines = output.table<Referrer>(
    [
      { title: 'WHAT', value: (item) => item.title },
      { title: 'DIGEST', value: (item) => shortDigest(item.digest, output), paint: () => output.palette.dim },
      { title: 'SIZE', value: (item) => formatSize(item.size), align: 'right' },
      { title: 'TYPE', value: (item) => item.artifactType ?? item.mediaType, shrinkTo: 20 },
    ],
    referrers.items,
  );
  if (referrers.partial) lines.push(output.palette.warn(`The list is not whole: ${printable(referrers.partial.reason)}`));
  return [...title, ...lines];
}
