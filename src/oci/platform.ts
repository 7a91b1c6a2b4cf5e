import { InvalidReference } from './errors.ts';
import { quote } from './text.ts';

/** What an image runs on (OCI image specification, "Image Index", `platform`). Values are those of Go's GOOS and GOARCH. */
export interface Platform {
  os: string;
  architecture: string;
  /** `v7` of arm, `v8` of arm64, `v2` of amd64, … */
  variant?: string;
  'os.version'?: string;
  'os.features'?: readonly string[];
}

const component = /^[A-Za-z0-9_.-]{1,64}$/;

/** What `uname` and packagers say, in Go's words. */
const architectureAliases: Readonly<Record<string, { architecture: string; variant?: string }>> = {
  x86_64: { architecture: 'amd64' },
  'x86-64': { architecture: 'amd64' },
  i386: { architecture: '386' },
  i686: { architecture: '386' },
  aarch64: { architecture: 'arm64' },
  armhf: { architecture: 'arm', variant: 'v7' },
  armel: { architecture: 'arm', variant: 'v6' },
};

/** `os/architecture[/variant]`. */
export function formatPlatform(platform: Platform): string {
  const base = `${platform.os}/${platform.architecture}`;
  return platform.variant ? `${base}/${platform.variant}` : base;
}

/**
 * Reads `os/architecture[/variant]`, lower-cases it and turns common aliases into Go's words (`aarch64` → `arm64`,
 * `x86_64` → `amd64`). A plain `arm` stays without variant and matches any.
 *
 * @throws InvalidReference when it has not two or three parts, or a part has other characters than letters, digits, `_`, `.`, `-`.
 */
export function parsePlatform(text: string): Platform {
  const parts = text.length > 200 ? [] : text.split('/');
  if (parts.length < 2 || parts.length > 3 || !parts.every((part) => component.test(part))) {
    throw new InvalidReference(
      `${quote(text)} is not a platform: "os/architecture" or "os/architecture/variant" is expected, such as linux/arm64.`,
    );
  }
  const [os = '', architecture = '', variant] = parts.map((part) => part.toLowerCase());
  return normalise({ os: os === 'macos' ? 'darwin' : os, architecture, ...(variant === undefined ? {} : { variant }) });
}

/**
 * Whether an image for `offered` serves somebody who wants `wanted`. A missing variant means `v8` for arm64 and `v1` for
 * amd64; wanting arm without variant takes any. `os.version` counts when it is wanted: Windows hosts need their own build.
 */
export function matchPlatform(wanted: Platform, offered: Platform): boolean {
  return distance(wanted, offered) === 0;
}

/**
 * The best of several for `wanted`: an exact match, else the newest variant that a processor of that kind still runs
 * (arm/v7 runs v6 and v5, amd64/v3 runs v2 and v1). Undefined when there is none. Entries without platform and those for
 * `unknown/unknown` (attestations) never match.
 */
export function selectPlatform<T extends { platform?: Platform }>(wanted: Platform, offered: readonly T[]): T | undefined {
  let best: T | undefined;
  let bestDistance = Number.POSITIVE_INFINITY;
  for (const candidate of offered) {
    if (!candidate.platform) continue;
    const found = distance(wanted, candidate.platform);
    if (found < bestDistance) {
      best = candidate;
      bestDistance = found;
    }
  }
  return best;
}

function normalise(platform: Platform): Platform {
  const alias = Object.hasOwn(architectureAliases, platform.architecture) ? architectureAliases[platform.architecture] : undefined;
  if (!alias) return platform;
  const variant = platform.variant ?? alias.variant;
  return { ...platform, architecture: alias.architecture, ...(variant === undefined ? {} : { variant }) };
}

/** 0 for a match, the number of variants below for one that still runs, infinity for none. */
function distance(wanted: Platform, offered: Platform): number {
  const want = normalise(wanted);
  const offer = normalise(offered);
  if (want.os !== offer.os || want.architecture !== offer.architecture) return Number.POSITIVE_INFINITY;
  if (want['os.version'] !== undefined && want['os.version'] !== offer['os.version']) return Number.POSITIVE_INFINITY;
  const wantLevel = variantLevel(want);
  const offerLevel = variantLevel(offer);
  if (wantLevel === undefined || offerLevel === undefined) {
    if (want.variant === undefined) return 0;
    return want.variant === offer.variant ? 0 : Number.POSITIVE_INFINITY;
  }
  return offerLevel <= wantLevel ? wantLevel - offerLevel : Number.POSITIVE_INFINITY;
}

/** `v7` → 7, with the default of the architecture. Undefined when variants of it have no order. */
function variantLevel(platform: Platform): number | undefined {
  const variant = platform.variant ?? { arm64: 'v8', amd64: 'v1' }[platform.architecture];
  if (variant === undefined || !/^v[0-9]{1,2}$/.test(variant)) return undefined;
  return Number(variant.slice(1));
}
