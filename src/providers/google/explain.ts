import { type RegistryError, TagboatError } from '../../core/errors.ts';
import type { Explanation } from '../../provider/define.ts';

const reasons: Readonly<Record<string, Explanation>> = {
  signature: {
    message: 'Google does not know this key: it was deleted or disabled, or belongs to another account.',
    help: 'Look at the service account’s keys, compare the key’s ID, and make a new key if it is not there.',
    field: 'fields.jsonKey',
  },
  time: {
    message:
      'Google refuses the signature because of its time: the clock of the machine that Tagboat runs on is wrong, or the token has ended.',
    help: 'Set the machine’s clock, best by NTP. An identity token has to be renewed by what mounts it.',
    field: 'signIn',
  },
  account: {
    message: 'Google knows no such service account.',
    help: 'It was deleted, or its name is misspelled. It is spelled name@project.iam.gserviceaccount.com.',
    field: 'fields.jsonKey',
  },
  impersonation: {
    message: 'The identity may not act as this service account.',
    help: 'Grant it the role Workload Identity User (roles/iam.workloadIdentityUser) on the service account.',
    field: 'fields.serviceAccount',
  },
  identity: {
    message: 'The workload identity provider does not take this identity token.',
    help: 'Compare the provider’s issuer, allowed audiences and attribute condition with what stands in the token.',
    field: 'fields.workloadProvider',
  },
};

const fieldOf: Readonly<Record<string, string>> = { 'json-key': 'fields.jsonKey', federation: 'fields.workloadProvider' };

/** Google's usual refusals, in the words of the form. */
export function explainGoogle(error: unknown, signIn: string): Explanation | undefined {
  if (!(error instanceof TagboatError)) return undefined;
  const field = fieldOf[signIn] ?? 'signIn';
  const { googleReason } = error.context;
  const reason = typeof googleReason === 'string' ? reasons[googleReason] : undefined;
  if (reason) {
    const belongs =
      signIn === 'federation' ? reason.field !== 'fields.jsonKey' : !/workloadProvider|serviceAccount/.test(reason.field ?? '');
    return belongs ? reason : { ...reason, field };
  }
  const api = (error as Partial<RegistryError>).url?.includes('/v1/projects/') ?? false;
  switch (error.code) {
    case 'credential_unavailable':
      return signIn === 'workload-identity' || signIn === 'federation'
        ? {
            message: 'This machine has no identity that Google Cloud knows, or its service did not answer.',
            help: 'Give the machine or pod a service account, or mount an identity token for the provider; or sign in with a key.',
            field: 'signIn',
          }
        : undefined;
    case 'credential_refused':
    case 'registry_unauthorized':
      return signIn === 'anonymous'
        ? {
            message: 'Google shows this to nobody who is not signed in.',
            help: 'Only repositories that allUsers may read can be read without. Choose a way of signing in.',
            field: 'signIn',
          }
        : {
            message: 'Google refused this sign-in.',
            help: 'Check that the service account exists and is enabled, and that the key or token is the newest one.',
            field,
          };
    case 'registry_denied':
      if (api && (error as Partial<RegistryError>).method === 'POST')
        return {
          message: 'This identity may not make repositories, or the Artifact Registry API is off in the project.',
          help: 'Grant Artifact Registry Administrator (roles/artifactregistry.admin) on the project, or have the repository made by hand: it takes the format Docker.',
          field: 'signIn',
        };
      return api
        ? {
            message: 'This identity may not list the project’s repositories, or the Artifact Registry API is off there.',
            help: 'Grant Artifact Registry Reader (roles/artifactregistry.reader) on the project, and check the project ID.',
            field: 'namespace',
          }
        : {
            message: 'This identity may not do this in that repository, or there is no such repository: Google says the same of both.',
            help: 'Grant Artifact Registry Reader (to push: Writer). A repository has to be created before the first push.',
            field: 'namespace',
          };
    case 'registry_not_found':
      return api
        ? {
            message: 'Google knows no such project or repository in this location.',
            help: 'Check project ID and repository; the location is the first part of the host.',
            field: 'namespace',
          }
        : undefined;
    case 'registry_rate_limited':
      return {
        message: 'Google wants fewer requests from this project in this region.',
        help: 'It passes within a minute. Set “requests per second” of this registry lower if it comes back.',
      };
    default:
      return undefined;
  }
}
