// Reads the configuration of an image for one platform: index → manifest → config, each verified by its digest.
import { parsePlatform, type Reference, type RegistryClient, selectPlatform } from '../index.ts'; // from 'tagboat/oci'

export async function readImageConfig(client: RegistryClient, reference: Reference, platform = 'linux/amd64'): Promise<unknown> {
  const repository = client.repository(reference.repository);
  let manifest = await repository.manifest(reference.digest ?? reference.tag ?? 'latest');
  if (manifest.index) {
    const child = selectPlatform(parsePlatform(platform), manifest.index.manifests);
    if (!child) throw new Error(`There is no image for ${platform}.`);
    manifest = await repository.manifest(child.digest);
  }
  if (!manifest.image) throw new Error('An index inside an index.');
  return JSON.parse(Buffer.from(await repository.blobBytes(manifest.image.config)).toString());
}
