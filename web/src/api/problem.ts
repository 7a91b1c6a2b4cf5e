import { ApiError } from '../../../src/sdk/index.ts';
import type { Problem } from './types.ts';

export { ApiError };

/** Whether the hub could not be asked at all: `fetch` reports that as a TypeError without more. */
export function isUnreachable(error: unknown): boolean {
  return error instanceof TypeError && /fetch|network|load failed/i.test(error.message);
}

/** Any thrown value as a problem to show. */
export function problemOf(error: unknown): Problem {
  if (error instanceof ApiError) return error.problem;
  if (isUnreachable(error)) {
    return {
      type: 'about:blank',
      title: 'Tagboat cannot be reached',
      status: 0,
      detail: 'This page could not reach the Tagboat server.',
      code: 'hub_unreachable',
      fault: 'hub',
      help: 'See whether “tagboat serve” is running and the network is up, then try again.',
    };
  }
  return {
    type: 'about:blank',
    title: 'This page failed',
    status: 0,
    detail: error instanceof Error ? error.message : String(error),
    code: 'page_failed',
    fault: 'hub',
    help: 'Reload the page. If it happens again, please report it with these words.',
  };
}
