import { TagboatError } from '../../core/errors.ts';
import { anonymous, type Quota } from '../../oci/index.ts';
import { type Examination, ok, skipped, spoken, type StepDefinition } from './examination.ts';

/** Reads how many requests are left, where the registry says it without counting the question. */
export const quotaStep: StepDefinition = {
  id: 'quota',
  title: 'Quota',
  subject: 'the quota',
  async examine(examination) {
    const quota = await readQuota(examination);
    if (!quota) return skipped('The registry announces no limit');
    examination.quota = quota;
    const window = quota.window === undefined ? '' : ` in ${spoken(quota.window * 1000)}`;
    const evidence = { Limit: `${quota.limit}${window}`, Remaining: String(quota.remaining) };
    if (quota.remaining > 0) return ok(`${quota.remaining} of ${quota.limit} pulls${window} left`, evidence);
    return {
      ...ok('', evidence),
      state: 'warning',
      code: 'quota_exhausted',
      summary: `All ${quota.limit} pulls${window} are used up`,
      help: 'Pulling fails until the time is over. Sign in, or with a larger plan, for a higher limit.',
    };
  },
};

async function readQuota({ subject, client, credential, signal, repository, tag }: Examination): Promise<Quota | undefined> {
  const { provider } = subject.configuration;
  try {
    const own = provider.readQuota && (await subject.catalogContext(client, async () => credential ?? anonymous, signal));
    if (provider.readQuota && own) return await provider.readQuota(own);
    if (client.quota || !provider.traits.quotaHeaders) return client.quota;
    const probe = provider.probeRepository ?? repository;
    if (probe !== undefined) await client.repository(probe).resolve(probe === repository ? (tag ?? 'latest') : 'latest', { signal });
  } catch (error) {
    if (signal.aborted) throw signal.reason;
    // Not to know the quota is no fault of the registry.
    if (!(error instanceof TagboatError)) throw error;
  }
  return client.quota;
}
