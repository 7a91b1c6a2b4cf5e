import type { CopySettings } from '../api/types.ts';
import { writeBandwidth } from './bandwidth.ts';
import { plural } from './format.ts';

/** What of the settings is not as usual, for a line of a folded section or a row. Empty when all of it is. */
export function copySettingsWords(settings: CopySettings): string {
  const { platforms = [], referrers, digestTags, foreignLayers, verify, bandwidth, quotaReserve } = settings;
  return [
    ...(platforms.length > 0 ? [platforms.length > 3 ? plural(platforms.length, 'platform') : `only ${platforms.join(', ')}`] : []),
    ...(referrers === true ? ['with signatures and SBOMs'] : []),
    ...(digestTags === true ? ['with Cosign’s tags'] : []),
    ...(foreignLayers === true ? ['with layers kept elsewhere'] : []),
    ...(verify === 'always' ? ['bytes checked on their way'] : []),
    ...(bandwidth === undefined ? [] : [`at most ${writeBandwidth(bandwidth)}`]),
    ...(quotaReserve === undefined ? [] : [`leaves ${quotaReserve} of the quota`]),
  ].join(' · ');
}
