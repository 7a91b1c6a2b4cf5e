import type { RegistryError, TagboatError } from '../../core/errors.ts';
import type { Explanation } from '../../provider/define.ts';

/** Harbor's usual refusals, in its users' words. */
export function explainHarbor(error: TagboatError, signIn: string): Explanation | undefined {
  const { url, method } = error as Partial<RegistryError>;
  const api = url?.includes('/api/v2.0/') ?? false;
  switch (error.code) {
    case 'credential_refused':
    case 'registry_unauthorized':
      if (signIn === 'anonymous')
        return {
          message: 'Harbor shows this to nobody who is not signed in.',
          help: 'Only public projects can be read without. Choose a way of signing in.',
          field: 'signIn',
        };
      if (signIn === 'robot') {
        return {
          message: 'Harbor refused this robot account: its name or secret is wrong, or it is disabled or has ended.',
          help: 'Copy the whole name with its prefix (robot$…). Harbor shows a robot’s secret only once: “Refresh secret” under Robot Accounts makes a new one.',
          field: 'fields.password',
        };
      }
      return {
        message: 'Harbor refused this username and password.',
        help: 'Where Harbor signs people in by OIDC, use the CLI secret from your user profile in place of the password; it ends with the OIDC session, so a robot account is the better choice.',
        field: 'fields.password',
      };
    case 'registry_denied':
      if (method === 'POST' && url?.endsWith('/api/v2.0/projects')) {
        return {
          message: 'Harbor does not let this account make a project.',
          help: 'Make the project in Harbor, or use an account that may: only administrators, unless project creation is open to everyone (Administration → Configuration), or a system robot with the permission Project: Create.',
          field: 'namespace',
        };
      }
      return api
        ? {
            message:
              signIn === 'robot'
                ? 'This robot account may not list that.'
                : 'This account is no member of the project, or may not list it.',
            help: 'A robot needs the permissions Repository: List, Artifact: List and Tag: List, beside Repository: Pull, and a project to be named here if it is a project’s robot.',
            field: 'namespace',
          }
        : {
            message:
              'Harbor refuses this content to the account: a missing permission, the project’s quota, or its policy on unscanned or vulnerable images.',
            help: 'Look at the members, quota and deployment security of the project in Harbor.',
          };
    case 'registry_not_found':
      return api
        ? {
            message: 'Harbor has no such project or repository, or this account may not see it.',
            help: 'Check the project’s name: it is the first part of the repository names.',
            field: 'namespace',
          }
        : undefined;
    case 'invalid_answer':
      return api
        ? {
            message: 'This host does not answer like Harbor’s API v2.0.',
            help: 'Check the URL. For a Harbor older than 2.0, or a registry that is not Harbor, choose “Any OCI registry”.',
            field: 'url',
          }
        : undefined;
    default:
      return undefined;
  }
}
