// Entry of `docker-credential-tagboat`. Loads what one answer takes and nothing else: it is started for every pull.
import { processIo } from '../cli/io.ts';
import { packageVersion } from '../version.ts';
import type { CredentialSource } from './credentials.ts';
import { runDockerHelper } from './docker-helper.ts';

/** TAGBOAT_URL names a hub; else TAGBOAT_DATA a data folder on this machine; else `tagboat login` a hub. */
async function openSource(): Promise<CredentialSource> {
  const io = processIo();
  const { TAGBOAT_URL: url, TAGBOAT_DATA: data } = io.env;
  if (!url && data) return (await import('./standalone.ts')).standaloneSource(io.env);
  const [{ findHubAddress, signInHint }, { hubSource }] = await Promise.all([import('../cli/hub-address.ts'), import('./credentials.ts')]);
  const address = await findHubAddress(io);
  if (!address)
    throw new Error(`No hub is known here. ${signInHint(io)} Or set TAGBOAT_DATA to the data folder of a hub that does not run.`);
  return hubSource(address);
}

const {
  code,
  stdout,
  stderr = '',
} = await runDockerHelper({
  action: process.argv[2],
  stdin: process.stdin,
  env: process.env,
  source: openSource,
  version: packageVersion,
});
// A client that went away is no error of ours.
process.stdout.on('error', () => {});
process.stderr.write(stderr, () => process.stdout.write(stdout, () => process.exit(code)));
