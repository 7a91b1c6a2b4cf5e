import { describe, expect, it } from 'vitest';
import { kubeletConfig, kubeletSettings } from './kubelet-config.ts';

describe('configuration of the kubelet', () => {
  it('names the provider, and the registry in quotes', () => {
    const lines = kubeletConfig('registry.acme.example:5000/team').split('\n');
    expect(lines).toContain('kind: CredentialProviderConfig');
    expect(lines).toContain('  - name: tagboat-kubelet-credential-provider');
    expect(lines).toContain('      - "registry.acme.example:5000/team"');
  });

  it('says where the hub is, and never a token', () => {
    expect(JSON.parse(kubeletSettings('https://tagboat.acme.example'))).toEqual({
      hub: 'https://tagboat.acme.example',
      tokenFile: '/etc/tagboat/token',
    });
  });
});
