import { expect, it } from 'vitest';
import { CopyError, CredentialError, RegistryError } from '../../oci/index.ts';
import { SignIns } from './sign-ins.ts';

const refused = (context = {}) => new CredentialError('Wrong password.', { code: 'credential_refused', context });
const unauthorized = new RegistryError('Who are you?', {
  code: 'registry_unauthorized',
  method: 'GET',
  url: 'https://a.test/v2/',
  status: 401,
});

it('ends with the third refusal, as long as none was accepted', () => {
  const signIns = new SignIns(true);
  expect([refused(), new CopyError('destination', 'b', refused()), unauthorized].map((error) => signIns.refused(error))).toEqual([
    false,
    false,
    true,
  ]);
  expect(signIns.isOpen).toBe(false);
  const accepted = new SignIns(true);
  accepted.refused(refused());
  accepted.accepted();
  expect([accepted.isOpen, ...[1, 2, 3].map(() => accepted.refused(refused()))]).toEqual([false, false, false, false]);
});

it('counts no refusal of one repository, nor of those who do not sign in', () => {
  const others = [
    refused({ status: 403 }),
    refused({ anonymous: true }),
    unauthorized,
    new RegistryError('No.', { code: 'registry_denied', method: 'GET', url: 'https://a.test/v2/', status: 403 }),
    new Error('reset'),
  ];
  const signIns = new SignIns();
  for (const error of [...others, ...others]) expect(signIns.refused(error)).toBe(false);
});
