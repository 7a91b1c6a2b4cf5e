import { type RegistryError, TagboatError } from '../../core/errors.ts';
import type { Explanation } from '../../provider/define.ts';

const clockWrong: Explanation = {
  message: 'Microsoft Entra ID refuses the identity token because of its time.',
  help: 'It has ended or is not valid yet: check the clock of the machine, and that the mounted token file is renewed.',
  field: 'signIn',
};

/** Numbers of Microsoft Entra ID (AADSTS…) in the words of the form. */
const byNumber: Readonly<Record<number, Explanation>> = {
  7000215: {
    message: 'The client secret is wrong.',
    help: 'Paste the secret’s Value, not its Secret ID. Azure shows the value once; if it is lost, make a new secret.',
    field: 'fields.clientSecret',
  },
  7000222: {
    message: 'The client secret has expired.',
    help: 'Make a new one under App registrations → the application → Certificates & secrets.',
    field: 'fields.clientSecret',
  },
  700016: {
    message: 'This tenant has no application with this ID.',
    help: 'Copy “Application (client) ID” and “Directory (tenant) ID” from the same application’s overview. The object ID is another.',
    field: 'fields.clientId',
  },
  90002: {
    message: 'There is no such tenant in this cloud.',
    help: 'Check the directory (tenant) ID. Azure China and US Government have tenants of their own; for a domain of your own, choose the cloud under “Advanced”.',
    field: 'fields.tenantId',
  },
  900023: {
    message: 'This is no tenant.',
    help: 'A tenant is a GUID or one of its domains, like contoso.onmicrosoft.com.',
    field: 'fields.tenantId',
  },
  7000229: {
    message: 'The application has no service principal in this tenant.',
    help: 'Create it with: az ad sp create --id followed by the application’s ID.',
    field: 'fields.clientId',
  },
  70021: {
    message: 'No federated credential of the application fits this machine’s token.',
    help: 'Issuer, subject (system:serviceaccount:namespace:name) and audience (api://AzureADTokenExchange) have to be the same in both.',
    field: 'fields.clientId',
  },
  700213: {
    message: 'No federated credential of the application has the subject of this machine’s token.',
    help: 'The subject is system:serviceaccount:namespace:name, spelled just so, in upper and lower case too.',
    field: 'fields.clientId',
  },
  700024: clockWrong,
  50013: clockWrong,
};

const passwords: Readonly<Record<string, Explanation>> = {
  admin: {
    message: 'The registry refused this username and password.',
    help: 'The admin user has to be enabled (registry → Access keys); its name is the registry’s. A regenerated password makes the old one worthless.',
    field: 'fields.password',
  },
  token: {
    message: 'The registry refused this token.',
    help: 'Check the token’s name, and that it is enabled and its password has not expired: registry → Repository permissions → Tokens.',
    field: 'fields.password',
  },
  anonymous: {
    message: 'The registry shows this to nobody who is not signed in.',
    help: 'Anonymous pull is off, as it is by default. Choose a way of signing in.',
    field: 'signIn',
  },
};

const noRole: Explanation = {
  message: 'The identity is known, but this registry grants it nothing.',
  help: 'Give it the role AcrPull, or Container Registry Repository Reader in registries with ABAC. A new role takes up to ten minutes to count.',
  field: 'signIn',
};

/** Azure's usual refusals, in the words of the form. */
export function explainAcr(error: unknown, signIn: string): Explanation | undefined {
  if (!(error instanceof TagboatError)) return undefined;
  const number = Number(error.context['entraCode'] ?? 0);
  if (number > 0) return fitted(byNumber[number], signIn) ?? unknownRefusal(number);
  if (error.context['scoped'] === true) {
    return {
      message: 'This identity may not do that in the repository.',
      help: 'To pull it takes AcrPull, to push AcrPush (with ABAC: Container Registry Repository Reader, or Writer); a token, content/read or content/write in its scope map.',
      field: 'signIn',
    };
  }
  const catalog = (error as Partial<RegistryError>).url?.includes('/_catalog') ?? false;
  switch (error.code) {
    case 'credential_unavailable':
      return signIn === 'managed-identity' || signIn === 'workload-identity'
        ? {
            message: 'This machine has no identity that Azure knows.',
            help: 'Assign one to the virtual machine, app or pod that Tagboat runs on, or sign in with a service principal.',
            field: 'signIn',
          }
        : undefined;
    case 'credential_refused':
    case 'registry_unauthorized':
      if (signIn === 'managed-identity' && error.context['exchange'] !== true && error.code === 'credential_refused')
        return {
          message: 'The machine has no such managed identity.',
          help: 'Assign it to the machine. With several, enter the client ID of the one to use.',
          field: 'fields.clientId',
        };
      return catalog ? noCatalog : (passwords[signIn] ?? noRole);
    case 'registry_denied':
      return catalog
        ? noCatalog
        : {
            message: 'The registry does not allow this, to this identity or from this address.',
            help: 'Give the identity AcrPull (with ABAC: Container Registry Repository Reader). If the registry has a firewall, add this hub’s address under Networking.',
            field: 'signIn',
          };
    case 'registry_rate_limited':
      return {
        message: 'The registry wants fewer requests: each tier has its limits by the minute.',
        help: 'It passes within a minute. Set “requests per second” of this registry lower if it comes back.',
      };
    default:
      return undefined;
  }
}

const noCatalog: Explanation = {
  message: 'This identity may not list the repositories.',
  help: 'With ABAC, give it the role Container Registry Repository Catalog Lister. Repository-scoped tokens never may: pin repositories by name.',
  field: 'signIn',
};

/** Ways without the field at fault show it at the choice of the way. */
function fitted(explanation: Explanation | undefined, signIn: string): Explanation | undefined {
  if (!explanation || signIn === 'service-principal') return explanation;
  return explanation.field === 'fields.clientSecret' ? { ...explanation, field: 'signIn' } : explanation;
}

function unknownRefusal(number: number): Explanation {
  return {
    message: `Microsoft Entra ID refused with AADSTS${number}.`,
    help: `What it means is told at https://login.microsoftonline.com/error?code=${number}.`,
    field: 'signIn',
  };
}
