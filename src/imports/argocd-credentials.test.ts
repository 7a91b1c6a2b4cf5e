import { describe, expect, it } from 'vitest';
import { readCredentialReference, writeCredentialReference } from './argocd-credentials.ts';

describe('credentials of Argo CD Image Updater', () => {
  it.each([
    ['ext:/scripts/login.sh', 'exec:login.sh'],
    ['secret:argocd/ghcr-secret#token', 'secret:argocd/ghcr-secret#token'],
    ['pullsecret:argocd/hub', 'pullsecret:argocd/hub'],
    ['env:HUB_CREDS', 'env:HUB_CREDS'],
    ['ghcr.io=secret:argocd/ghcr#token', 'secret:argocd/ghcr#token'],
    ['Secret:argocd/ghcr#token', 'secret:argocd/ghcr#token'],
  ])('maps %s', (text, source) => expect(readCredentialReference(text)).toMatchObject({ source }));

  it('says which folder a script was in', () => {
    expect(readCredentialReference('ext:/opt/aws/ecr.sh').remark).toContain('/opt/aws');
  });

  it.each([
    'hub-secret',
    'secret:argocd/ghcr',
    'secret:argocd#token',
    'secret:a:b#c',
    'secret:Argo_CD/x#y',
    'pullsecret:argocd',
    'pullsecret:a/b/c',
    'ext:login.sh',
    'ext:/scripts/',
    'ext:/scripts/a b.sh',
    'env:1 2',
    'env:A-B',
    'vault:secret/x',
    'https://user:pw@host',
  ])('refuses %s, and does not repeat it', (text) => {
    const { source, problem } = readCredentialReference(text);
    expect(source).toBeUndefined();
    expect(problem).toBeTruthy();
    expect(problem).not.toContain(text);
  });

  it('writes back what it can', () => {
    expect(writeCredentialReference('exec:login.sh')).toBe('ext:/scripts/login.sh');
    expect(writeCredentialReference('secret:a/b#c')).toBe('secret:a/b#c');
    for (const other of ['vault:kv/x#y', 'file:/run/x', 'docker-config:', 'exec:']) expect(writeCredentialReference(other)).toBeUndefined();
  });
});
