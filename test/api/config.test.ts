import { describe, expect, it } from 'vitest';
import { configFromEnvironment, configOptions, hubConfig } from '../../src/config.ts';

describe('hubConfig', () => {
  it('holds defaults for what is not given', () => {
    expect(hubConfig({ port: 0, host: undefined })).toMatchObject({
      host: '127.0.0.1',
      port: 0,
      dataDir: './data',
      allowPrivateAddresses: true,
      backgroundChecks: true,
    });
  });
});

describe('configFromEnvironment', () => {
  it('reads each variable as its flag is read', () => {
    const config = configFromEnvironment({
      TAGBOAT_PORT: '8080',
      TAGBOAT_PUBLIC_URL: 'https://hub.example',
      TAGBOAT_TRUST_PROXY: '10.0.0.0/8',
      TAGBOAT_ALLOW_PRIVATE_ADDRESSES: 'no',
      TAGBOAT_LOG_LEVEL: 'DEBUG',
      OTHER: 'ignored',
    });
    expect(config).toEqual({
      port: 8080,
      publicUrl: new URL('https://hub.example'),
      trustProxy: '10.0.0.0/8',
      allowPrivateAddresses: false,
      logLevel: 'debug',
    });
  });

  it('takes an empty variable for an absent one', () => {
    expect(configFromEnvironment({ TAGBOAT_PORT: '', TAGBOAT_DATABASE: '' })).toEqual({});
  });

  it.each([
    ['TAGBOAT_PORT', '70000'],
    ['TAGBOAT_PORT', '1e3'],
    ['TAGBOAT_PUBLIC_URL', 'hub.example'],
    ['TAGBOAT_PUBLIC_URL', 'https://user@hub.example'],
    ['TAGBOAT_DATABASE', 'mysql://root:hunter2@db/x'],
    ['TAGBOAT_LOG_LEVEL', 'loud'],
    ['TAGBOAT_TRUST_PROXY', 'proxy.internal'],
    ['TAGBOAT_TRUST_PROXY', '10.0.0.0/33'],
    ['TAGBOAT_MASTER_KEY_LOST', 'perhaps'],
  ])('names the variable that cannot be used, and not its value: %s=%s', (name, value) => {
    const read = () => configFromEnvironment({ [name]: value });
    expect(read).toThrow(name);
    expect(read).not.toThrow(value);
  });

  it('keeps what may be secret from printing itself', () => {
    const config = configFromEnvironment({
      TAGBOAT_DATABASE: 'postgres://u:hunter2@db/x',
      TAGBOAT_MASTER_KEY: 'a passphrase of some length',
    });
    expect(JSON.stringify(config)).not.toMatch(/hunter2|passphrase/);
    expect(config.database?.reveal()).toContain('hunter2');
  });
});

describe('configOptions', () => {
  it('mirror every flag by a variable, and have no flag for the master key', () => {
    expect(new Set(configOptions.map(({ env }) => env)).size).toBe(configOptions.length);
    for (const { env, flag, key } of configOptions) {
      expect(env).toMatch(/^TAGBOAT_[A-Z_]+$/);
      if (key === 'masterKey' || key === 'vaultToken') expect(flag).toBeUndefined();
      else expect(flag).toMatch(/^[a-z-]+$/);
    }
  });
});
