import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { describeErrorCode, errorCodes } from './error-codes.ts';

const source = join(import.meta.dirname, '..');

/** Codes that the source gives to errors: `code: '…'` (also chosen by `? :`), and the code arguments of HubError and its like. */
function codesOf(text: string): string[] {
  const found: string[] = [];
  for (const [, value = ''] of text.matchAll(/\bcode:\s*([^,;\n{}]*)/g)) {
    const withoutComparisons = value.replaceAll(/[!=]==?\s*'[^']*'/g, '');
    for (const [, code = ''] of withoutComparisons.matchAll(/'([a-z][a-z0-9]*(?:_[a-z0-9]+)*)'/g)) found.push(code);
  }
  const constructed =
    /new (?:HubError|Conflict|Unauthorized|Forbidden|TooManyRequests)\(\s*(?:`[^`]*`|'[^']*'|[a-zA-Z.]+),\s*(?:undefined,\s*)?'([a-z_0-9]+)'/g;
  for (const [, code = ''] of text.matchAll(constructed)) found.push(code);
  return found;
}

describe('the list of error codes', () => {
  it('has every code that the source throws', () => {
    const files = readdirSync(source, { recursive: true, encoding: 'utf8' }).filter(
      (file) => file.endsWith('.ts') && !file.endsWith('.test.ts') && !/^(testing|sdk)\//.test(file),
    );
    const missing = files.flatMap((file) =>
      codesOf(readFileSync(join(source, file), 'utf8'))
        // `custom` is the code of zod's own issues, never of an error.
        .filter((code) => code !== 'custom' && !Object.hasOwn(errorCodes, code))
        .map((code) => `${file}: ${code}`),
    );
    expect(missing).toEqual([]);
  });

  it('finds codes where they stand', () => {
    expect(codesOf("{ code: 'dns_failed', fault }")).toEqual(['dns_failed']);
    expect(codesOf("code: status === 'x' ? 'one_thing' : 'another',")).toEqual(['one_thing', 'another']);
    expect(codesOf("throw new HubError(`The ${x}, y.`, 'store_full', error)")).toEqual(['store_full']);
    expect(codesOf("new Unauthorized('No.', undefined, 'login_failed')")).toEqual(['login_failed']);
    expect(codesOf("if (error.code === 'ENOENT') return; code: 'ECONNRESET'")).toEqual([]);
  });

  it('says of each what it is and what to do', () => {
    for (const [code, entry] of Object.entries(errorCodes)) {
      expect({ code, ...entry }).toEqual({
        code: expect.stringMatching(/^[a-z][a-z0-9_]*$/),
        title: expect.stringMatching(/^[A-Z].*[^.]$/),
        help: expect.stringMatching(/\.$/),
        http: expect.toSatisfy((status: number) => status >= 400 && status < 600),
      });
    }
    expect(describeErrorCode('no_such_code')).toBe(errorCodes.internal);
    expect(describeErrorCode('toString')).toBe(errorCodes.internal);
  });
});
