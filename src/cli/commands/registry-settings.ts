import type { DoctorOptions, RegistryInput, RegistryPatch } from '../../sdk/index.ts';
import { redactUrl } from '../../core/redaction.ts';
import type { SettingsOptions } from './registry-options.ts';

/** The settings that every registry has, as far as flags name them. */
export function commonSettings(options: SettingsOptions): RegistryPatch {
  const settings: RegistryPatch = {
    namespace: options.namespace,
    description: options.description,
    default: options.default,
    prefix: options.prefix,
    pinnedRepositories: options.pin && [...options.pin],
    trustedRealms: options.trustRealm && [...options.trustRealm],
    credentialExpirySeconds: options.credentialExpiry,
    secretEndsAt: options.secretEnds === false ? null : options.secretEnds,
    tagOrder: options.tagOrder === false ? null : options.tagOrder,
  };
  if (options.project) Object.assign(settings, { allProjects: false, projects: [...options.project] });
  else if (options.allProjects) settings.allProjects = true;
  return defined(settings);
}

export function doctorOptions(options: SettingsOptions): DoctorOptions | undefined {
  const chosen = defined({ repository: options.testRepository, push: options.testPush });
  return Object.keys(chosen).length > 0 ? chosen : undefined;
}

/** Without the members that are `undefined`. */
export function defined<T extends object>(value: T): T {
  return Object.fromEntries(Object.entries(value).filter(([, member]) => member !== undefined)) as T;
}

/** What would be sent, with `[secret]` for every secret. */
export function withoutSecrets(input: RegistryInput | RegistryPatch, secrets: ReadonlySet<string>): object {
  const { fields, connection } = input;
  const hidden = '[secret]';
  const { clientCertificate, proxy } = connection ?? {};
  return defined({
    ...input,
    fields: fields && Object.fromEntries(Object.entries(fields).map(([name, value]) => [name, secrets.has(name) ? hidden : value])),
    connection:
      connection &&
      defined({
        ...connection,
        proxy: proxy && redactUrl(proxy),
        clientCertificate:
          clientCertificate &&
          defined({
            cert: clientCertificate.cert,
            key: clientCertificate.key && hidden,
            passphrase: clientCertificate.passphrase && hidden,
          }),
      }),
  });
}
