// Says in a sentence whether a registry can be used. Every failure has a stable code and a message for people.
import { type RegistryClientOptions, RegistryClient, TagboatError } from '../index.ts'; // from 'tagboat/oci'

export async function diagnose(options: RegistryClientOptions): Promise<string> {
  const client = new RegistryClient({ retries: 0, ...options });
  try {
    const { scheme } = await client.authenticate([]);
    return `ok: ${scheme}`;
  } catch (error) {
    if (!(error instanceof TagboatError)) throw error;
    return `${error.code}: ${error.message}`;
  } finally {
    await client.close();
  }
}
