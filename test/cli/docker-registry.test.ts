import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { DoctorReport, Image, Registry, Tag } from '../../src/sdk/index.ts';
import { buildImage, buildIndex, writeOciLayout } from '../../src/testing/index.ts';
import { type Administrator, type HubProcess, setUpHub, startHubProcess } from '../support/hub-process.ts';
import { type RunningRegistry, registrySetUps } from '../support/registry-setups.ts';
import { Skopeo } from '../support/skopeo.ts';
import { type TemporaryDirectory, temporaryDirectory } from '../support/temporary.ts';
import { type Tagboat, tagboat } from './tagboat.ts';

const setUps = registrySetUps.filter((setUp) => setUp.software === 'docker-registry');

let hub: HubProcess;
let admin: Administrator;
let program: Tagboat;
let directory: TemporaryDirectory;
let env: Record<string, string>;

beforeAll(async () => {
  [hub, program, directory] = await Promise.all([
    startHubProcess({ entry: 'src/main.ts' }),
    tagboat(),
    temporaryDirectory('tagboat-cli-layout'),
  ]);
  admin = await setUpHub(hub);
  env = { TAGBOAT_URL: hub.url, TAGBOAT_TOKEN: admin.token };
  const index = buildIndex({ manifests: [buildImage({ platform: 'linux/amd64' }), buildImage({ platform: 'linux/arm64' })] });
  await writeOciLayout(join(directory.path, 'layout'), [{ content: index, tag: 'multi' }]);
});
afterAll(async () => {
  await Promise.all([hub?.stop(), program?.[Symbol.asyncDispose](), directory?.remove()]);
});

describe.each(setUps)('$name, by command line', ({ name, start }) => {
  const short = name.replace(/\W+/g, '-').toLowerCase();
  let registry: RunningRegistry;
  let skopeo: Skopeo;
  /** Flags of a direct connection. */
  let direct: string[];
  let input: string | undefined;

  beforeAll(async () => {
    registry = await start();
    skopeo = new Skopeo(directory.path, registry);
    for (const tag of ['1.0', '1.1', 'latest'])
      await skopeo.copy(`oci:${join(directory.path, 'layout')}:multi`, `docker://${registry.host}/team/app:${tag}`, '--all');
    const ca = join(directory.path, `${short}.pem`);
    if (registry.ca) await writeFile(ca, registry.ca);
    direct = [
      ...(registry.ca ? ['--ca-file', ca] : ['--plain-http']),
      ...(registry.username ? ['--username', registry.username, '--password-stdin'] : []),
    ];
    input = registry.password;
  });
  afterAll(() => registry?.stop());

  it('is added with a doctor that is content', async () => {
    const credential = registry.username ? [] : ['--anonymous'];
    const { registry: saved, report } = await program.json<{ registry: Registry; report: DoctorReport }>(
      ['registry', 'add', short, registry.host, ...direct, ...credential],
      { env, input },
    );
    expect(report.state).toBe('ok');
    expect(saved).toMatchObject({ name: short, host: registry.host, provider: 'generic' });
  });

  it('shows the tags that skopeo sees, through the hub and directly', async () => {
    const expected = (await skopeo.listTags(`${registry.host}/team/app`)).toSorted();
    expect(expected).toEqual(['1.0', '1.1', 'latest']);
    const names = ({ items }: { items: Tag[] }): string[] => items.map((item) => item.name).toSorted();
    expect(names(await program.json(['tags', `${short}/team/app`], { env }))).toEqual(expected);
    const listed = await program.json<{ items: Tag[] }>(['tags', `${registry.host}/team/app`, ...direct], { input });
    expect(names(listed)).toEqual(expected);
    expect(listed.items[0]).toMatchObject({ kind: 'index', platforms: ['linux/amd64', 'linux/arm64'], complete: true });
    expect((await program.run(['repos', short, '-q'], { env })).stdout).toBe('team/app\n');
    expect((await program.run(['repos', registry.host, '-q', ...direct], { input })).stdout).toBe('team/app\n');
  });

  it('shows the image that skopeo sees', async () => {
    const raw = await skopeo.inspectRaw(`${registry.host}/team/app:1.1`);
    expect((await program.run(['inspect', `${registry.host}/team/app:1.1`, '--raw', ...direct], { input })).stdout).toBe(raw);
    const through = await program.json<Image>(['inspect', `${short}/team/app:1.1`], { env });
    const own = await program.json<Image>(['inspect', `${registry.host}/team/app:1.1`, ...direct], { input });
    expect(own.digest).toBe(through.digest);
    expect(own.manifest?.layers.map((layer) => layer.digest)).toEqual(through.manifest?.layers.map((layer) => layer.digest));
    expect(own.platforms.map((entry) => entry.platform)).toEqual(through.platforms.map((entry) => entry.platform));
  });
});
