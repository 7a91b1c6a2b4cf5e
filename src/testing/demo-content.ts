import { createCipheriv, createHash } from 'node:crypto';
import { buildArtifact, buildHelmChart, buildImage, buildIndex, type LayerInput, type RuntimeConfig } from './build.ts';
import type { BuiltContent } from './built-content.ts';
import type { ContentStore } from './content-store.ts';
import { buildAttestation, buildBuildKitAttestation, buildCosignTag, buildSbom, buildSignature } from './supply-chain.ts';

/** Repositories that `putDemoContent` fills. */
export const demoRepositories: readonly string[] = [
  'charts/shop',
  'platform/policies',
  'platform/postgres',
  'platform/toolbox',
  'shop/api',
  'shop/web',
  'shop/worker',
];

const day = 24 * 3600 * 1000;
const platforms = ['linux/amd64', 'linux/arm64'];

/**
 * Fills a registry with what a small shop's platform team would have there: services in several releases for two
 * architectures, with signatures, SBOMs and provenance, a database, a Helm chart and a policy bundle. About 30 MB in memory.
 *
 * @param now the newest release is a few hours older. Equal input gives equal digests.
 */
export function putDemoContent(content: ContentStore, now: Date = new Date()): void {
  const ago = (days: number) => new Date(now.getTime() - days * day);
  putService(content, ago, { name: 'shop/api', port: 8080, entry: ['node', 'server.js'], runtime: 'node:26', runtimeSize: 1_600_000 });
  putService(content, ago, { name: 'shop/worker', entry: ['node', 'worker.js'], runtime: 'node:26', runtimeSize: 1_600_000 });
  putWeb(content, ago);
  putPostgres(content, ago);
  putChart(content, ago);
  const toolbox = buildImage({ ...base('debian:12', ago(400), 'linux/amd64', 900_000), createdAt: ago(400), format: 'docker' });
  content.put('platform/toolbox', toolbox, 'latest', '2024.10');
  const policies = buildArtifact({
    artifactType: 'application/vnd.cncf.openpolicyagent.policy.layer.v1+rego',
    layers: [
      { mediaType: 'application/vnd.cncf.openpolicyagent.policy.layer.v1+rego', data: 'package images\n\ndefault allow := false\n' },
    ],
    annotations: { 'org.opencontainers.image.title': 'Image policies', 'org.opencontainers.image.created': ago(40).toISOString() },
  });
  content.put('platform/policies', policies, 'v1', 'v1.2.0');
}

type Ago = (days: number) => Date;

interface Service {
  name: string;
  port?: number;
  entry: string[];
  runtime: string;
  runtimeSize: number;
}

const releases: readonly { version: string; days: number; aliases: readonly string[] }[] = [
  { version: '1.6.0', days: 120, aliases: ['1.6'] },
  { version: '1.7.0', days: 75, aliases: [] },
  { version: '1.7.1', days: 61, aliases: ['1.7'] },
  { version: '1.8.0', days: 20, aliases: [] },
  { version: '1.8.1', days: 6, aliases: [] },
  { version: '1.8.2', days: 0.2, aliases: ['1.8', '1', 'latest'] },
  { version: '2.0.0-rc.1', days: 0.1, aliases: ['next'] },
];

function putService(content: ContentStore, ago: Ago, service: Service): void {
  for (const { version, days, aliases } of releases) {
    const createdAt = ago(days);
    const revision = createHash('sha1')
      .update(service.name + version)
      .digest('hex');
    const images = platforms.map((platform) => serviceImage(service, version, revision, platform, createdAt));
    const index = buildIndex({
      manifests: [...images, ...images.map((image) => buildBuildKitAttestation(image))],
      annotations: { ...sourceLabels(service.name, version, revision), 'org.opencontainers.image.created': createdAt.toISOString() },
    });
    content.put(service.name, index, version, ...aliases);
    content.put(service.name, buildSignature(index, createdAt));
    const packages = [
      { name: 'fastify', version: '5.12.8' },
      { name: 'pg', version: '8.23.1' },
    ];
    content.put(service.name, buildSbom(index, 'spdx', packages, createdAt));
    content.put(service.name, buildAttestation(index, { createdAt }));
    if (version === '1.6.0') {
      const { tag, content: signature } = buildCosignTag(index);
      content.put(service.name, signature, tag);
    }
  }
}

function serviceImage(service: Service, version: string, revision: string, platform: string, createdAt: Date): BuiltContent {
  const { layers, config } = base(service.runtime, new Date(createdAt.getTime() - 9 * day), platform, service.runtimeSize);
  const steps: LayerInput[] = [
    ...layers,
    step('ENV NODE_ENV=production', createdAt),
    step('WORKDIR /app', createdAt),
    filler(
      `COPY /build/node_modules ./node_modules # buildkit`,
      `${service.name} modules ${version.slice(0, 3)} ${platform}`,
      420_000,
      createdAt,
      'app/node_modules/',
    ),
    filler('COPY /build/dist ./ # buildkit', `${service.name} ${version}`, 61_000, createdAt, 'app/'),
    step('USER node', createdAt),
    ...(service.port ? [step(`EXPOSE map[${service.port}/tcp:{}]`, createdAt)] : []),
    step(`ENTRYPOINT ${JSON.stringify(service.entry)}`, createdAt),
  ];
  return buildImage({
    platform,
    createdAt,
    layers: steps,
    config: {
      ...config,
      User: 'node',
      WorkingDir: '/app',
      Env: [...(config.Env ?? []), 'NODE_ENV=production', `APP_VERSION=${version}`],
      Entrypoint: service.entry,
      Cmd: [],
      ...(service.port && { ExposedPorts: { [`${service.port}/tcp`]: {} } }),
      StopSignal: 'SIGTERM',
      Labels: sourceLabels(service.name, version, revision),
    },
  });
}

function putWeb(content: ContentStore, ago: Ago): void {
  const builds = [
    { tag: '2026.09.1', days: 60 },
    { tag: '2026.10.1', days: 31 },
    { tag: '2026.10.2', days: 24 },
    { tag: '2026.11.1', days: 3 },
  ];
  for (const [at, { tag, days }] of builds.entries()) {
    const createdAt = ago(days);
    const images = platforms.map((platform) => {
      const { layers, config } = base('nginx:1.29-alpine', ago(90), platform, 1_100_000);
      const site = filler('COPY dist/ /usr/share/nginx/html/', `web ${tag}`, 260_000, createdAt, 'usr/share/nginx/html/');
      return buildImage({
        platform,
        createdAt,
        layers: [...layers, site, step('EXPOSE map[8080/tcp:{}]', createdAt), step('CMD ["nginx" "-g" "daemon off;"]', createdAt)],
        config: {
          ...config,
          ExposedPorts: { '8080/tcp': {} },
          Cmd: ['nginx', '-g', 'daemon off;'],
          Labels: sourceLabels('shop/web', tag, createHash('sha1').update(tag).digest('hex')),
        },
      });
    });
    const index = buildIndex({ manifests: images });
    content.put('shop/web', index, tag, ...(at === builds.length - 1 ? ['latest', 'main'] : []));
    content.put('shop/web', buildSbom(index, 'cyclonedx', [{ name: 'react', version: '19.3.1' }], createdAt));
  }
}

function putPostgres(content: ContentStore, ago: Ago): void {
  for (const [version, days, aliases] of [
    ['16.10', 200, ['16']],
    ['17.6', 95, []],
    ['17.7', 12, ['17', 'latest']],
  ] as const) {
    const images = platforms.map((platform) => {
      const { layers, config } = base('debian:12-slim', ago(days + 5), platform, 900_000);
      const server = filler(
        `RUN apt-get install -y postgresql-${version.slice(0, 2)}=${version}-1`,
        `pg ${version} ${platform}`,
        1_300_000,
        ago(days),
        'usr/lib/postgresql/',
      );
      return buildImage({
        platform,
        createdAt: ago(days),
        format: 'docker',
        layers: [...layers, server, step('VOLUME [/var/lib/postgresql/data]', ago(days)), step('CMD ["postgres"]', ago(days))],
        config: {
          ...config,
          Env: [...(config.Env ?? []), `PG_VERSION=${version}`, 'PGDATA=/var/lib/postgresql/data'],
          Entrypoint: ['docker-entrypoint.sh'],
          Cmd: ['postgres'],
          ExposedPorts: { '5432/tcp': {} },
          Volumes: { '/var/lib/postgresql/data': {} },
          StopSignal: 'SIGINT',
        },
      });
    });
    content.put('platform/postgres', buildIndex({ manifests: images, format: 'docker' }), version, ...aliases);
  }
}

function putChart(content: ContentStore, ago: Ago): void {
  for (const [version, appVersion, days] of [
    ['0.9.0', '1.7.1', 60],
    ['1.0.0', '1.8.0', 19],
    ['1.0.1', '1.8.2', 1],
  ] as const) {
    const chart = buildHelmChart({
      name: 'shop',
      version,
      appVersion,
      description: 'The shop: API, worker and web',
      createdAt: ago(days),
      files: {
        'values.yaml': `replicas: 2\nimage:\n  repository: shop/api\n  tag: ${appVersion}\n`,
        'templates/deployment.yaml': 'apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: {{ .Release.Name }}-api\n',
      },
    });
    content.put('charts/shop', chart, version);
    if (version === '1.0.1') content.put('charts/shop', buildSignature(chart, ago(days)));
  }
}

/** Layers and configuration of a base image; the same for all that build on it, so that layers are shared. */
function base(
  name: string,
  createdAt: Date,
  platform: string,
  size: number,
): { layers: LayerInput[]; config: RuntimeConfig; platform: string } {
  const steady = new Date(Math.floor(createdAt.getTime() / (30 * day)) * 30 * day);
  return {
    platform,
    layers: [filler(`ADD rootfs.tar.zst / # ${name}`, `${name} ${platform}`, size, steady, 'usr/lib/'), step('CMD ["/bin/sh"]', steady)],
    config: { Env: ['PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'], Cmd: ['/bin/sh'] },
  };
}

function step(command: string, createdAt: Date): LayerInput {
  return { command, empty: true, createdAt };
}

/** A layer of pseudo-random bytes, so that it weighs what it says; drawn from its name. */
function filler(command: string, seed: string, size: number, createdAt: Date, folder: string): LayerInput {
  // No two builds weigh the same: up to 8 % more, drawn from the name as well.
  const weight = Math.round(size * (1 + (createHash('sha256').update(seed).digest().readUInt8() / 255) * 0.08));
  return { command, createdAt, compression: 0, files: { [folder]: '', [`${folder}content.bin`]: randomBytesOf(seed, weight) } };
}

function randomBytesOf(seed: string, size: number): Uint8Array {
  const key = createHash('sha256').update(seed).digest();
  return createCipheriv('aes-256-ctr', key, Buffer.alloc(16)).update(Buffer.alloc(size));
}

function sourceLabels(name: string, version: string, revision: string): Record<string, string> {
  return {
    'org.opencontainers.image.title': name,
    'org.opencontainers.image.version': version,
    'org.opencontainers.image.revision': revision,
    'org.opencontainers.image.source': `https://git.example/${name}`,
    'org.opencontainers.image.licenses': 'Apache-2.0',
    'org.opencontainers.image.vendor': 'Example Shop',
  };
}
