import { type Command, InvalidArgumentError, Option } from 'commander';

/** Options of every command that brings images from one place to another. */
export function withCopyOptions<C extends Command>(command: C): C {
  command
    .option('--platform <os/arch>', 'of an index, only this platform; may be repeated', collect, [])
    .option('--all-tags', 'every tag of the repository; name both sides without a tag')
    .option('--tags <filter>', 'with --all-tags, only those: text, glob (1.4.*), semver range (>=1.4 <2) or /re2/')
    .option('--referrers', 'also signatures, SBOMs and attestations that refer to it')
    .option('--digest-tags', "also Cosign's tags: sha256-….sig, .att, .sbom")
    .option('--foreign-layers', 'also layers that their publishers keep elsewhere')
    .addOption(new Option('--verify <when>', 'hash on the way as well').choices(['destination', 'always']).default('destination'))
    .option('--parallel <number>', 'blobs on the way at the same time', number, 6)
    .option('--bandwidth <bytes>', 'bytes a second at most, e.g. 20M', bytes)
    .option('--dry-run', 'show what would be sent, and send nothing');
  return command;
}

function collect(value: string, before: readonly string[]): string[] {
  return [...before, value];
}

function number(text: string): number {
  if (!/^[1-9][0-9]?$/.test(text)) throw new InvalidArgumentError('It has to be a number from 1 to 99.');
  return Number(text);
}

function bytes(text: string): number {
  const match = /^([0-9]+(?:\.[0-9]+)?)([KMG])?i?B?$/i.exec(text.trim());
  const value =
    Number(match?.[1]) * { K: 1024, M: 1024 ** 2, G: 1024 ** 3, '': 1 }[(match?.[2] ?? '').toUpperCase() as 'K' | 'M' | 'G' | ''];
  if (!match || !(value >= 1024)) throw new InvalidArgumentError('It has to be bytes a second, at least 1K: 500K, 20M, 1.5G.');
  return value;
}
