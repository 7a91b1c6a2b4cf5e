// Lists all tags of a repository with the credentials of `docker login`.
import { dockerCredentialSource, parseReference, RegistryClient, registryUrl } from '../index.ts'; // from 'tagboat/oci'

export async function listTags(image: string, plainHttp = false): Promise<string[]> {
  const { registry, repository } = parseReference(image);
  const client = new RegistryClient({ url: registryUrl(registry, plainHttp), credential: dockerCredentialSource(registry) });
  try {
    const tags: string[] = [];
    for await (const page of client.repository(repository).listTags()) tags.push(...page);
    return tags;
  } finally {
    await client.close();
  }
}
