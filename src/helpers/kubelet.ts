// Entry of `tagboat-kubelet-credential-provider`: an exec plugin of the kubelet.
import { packageVersion } from '../version.ts';
import { hubSource } from './credentials.ts';
import { oneLine } from './hub-request.ts';
import { loadKubeletSettings } from './kubelet-settings.ts';
import { answerKubelet, readKubeletRequest } from './kubelet-protocol.ts';
import { readInput } from './read-input.ts';

/** Longest request, in bytes: an image, a token and the annotations of a service account. */
const longestRequest = 1024 * 1024;

const usage = `Usage: tagboat-kubelet-credential-provider [--config <file>] [--hub <url>] [--token-file <file>] [--ca-file <file>] [--timeout <seconds>]
Reads a CredentialProviderRequest of the kubelet on standard input and prints the response.`;

async function main(): Promise<string> {
  const argv = process.argv.slice(2);
  if (argv.includes('--help') || argv.includes('-h')) return usage;
  if (argv.includes('--version')) return packageVersion();
  const request = readKubeletRequest(await readInput(process.stdin, longestRequest));
  const settings = await loadKubeletSettings(argv, process.env);
  const { address, ca, timeout } = settings;
  const source = hubSource(address, { ca, timeout, tokenPlace: settings.tokenPlace });
  return JSON.stringify(await answerKubelet(request, source, Date.now()));
}

try {
  const text = await main();
  process.stdout.write(`${text}\n`, () => process.exit(0));
} catch (error) {
  // Nothing on standard output: the kubelet takes half an answer for a broken one, and says less than this.
  const sentence = error instanceof Error ? error.message : 'Tagboat met an error that it did not expect.';
  process.stderr.write(`${oneLine(sentence)}\n`, () => process.exit(1));
}
