import { type ErrorCodeEntry, remoteErrorCodes } from './remote-error-codes.ts';

export type { ErrorCodeEntry };

/**
 * Every code that a TagboatError may carry; those of registries and of the way to them stand in `remote-error-codes.ts`.
 * `docs/reference/errors.md` is generated from this list and a test holds the source to it. A code is never renamed or given
 * another meaning; it may be retired.
 */
export const errorCodes = {
  // What the caller asked for
  invalid_request: {
    title: 'The request cannot be read',
    help: 'Compare the request with the API reference: its body, parameters and content type.',
    http: 400,
  },
  invalid_reference: {
    title: 'Not a valid reference',
    help: 'Write it as host/repository:tag or host/repository@sha256:…; repository names are lower-case.',
    http: 422,
  },
  invalid_settings: { title: 'Settings cannot be accepted', help: 'Correct the fields named in the answer and try again.', http: 422 },
  invalid_cursor: { title: 'The cursor is not one of ours', help: 'Start the listing again without a cursor.', http: 400 },
  body_too_large: { title: 'The request is too large', help: 'Send at most 1 MiB.', http: 413 },
  unsupported_media_type: {
    title: 'The content type is not taken here',
    help: 'Send JSON, with `Content-Type: application/json`.',
    http: 415,
  },
  method_not_allowed: { title: 'Not possible with this method', help: 'Use one of the methods in the `Allow` header.', http: 405 },
  not_found: { title: 'Not found', help: 'Check the name; what is outside your projects is not shown to you.', http: 404 },
  already_exists: { title: 'The name is taken', help: 'Choose another name.', http: 409 },
  precondition_failed: { title: 'Somebody else changed it', help: 'Load it again, look at what changed, and repeat your edit.', http: 412 },
  conflict: { title: 'Not possible in its present state', help: 'Load it again and look at its state.', http: 409 },
  in_use: { title: 'Still in use', help: 'Remove what refers to it first; the references are listed in the answer.', http: 409 },
  sync_plan_needed: {
    title: 'Nobody has seen what this sync rule would do',
    help: 'Make a plan of it first and look at it, or enable it unseen.',
    http: 409,
  },
  sync_plans_limited: {
    title: 'Too many plans of settings that are not saved',
    help: 'Wait until one of them has ended, or save the rule and have it planned: then it waits for its turn.',
    http: 429,
  },
  sync_loop: {
    title: 'Sync rules would copy in a circle',
    help: 'Narrow the repositories or tags of one of the rules, give what it writes another name, or remove one of them.',
    http: 409,
  },
  sync_running: {
    title: 'A plan or run of this sync rule is under way',
    help: 'Wait until it has ended, or cancel it.',
    http: 409,
  },
  sync_incomplete: {
    title: 'A sync rule did not get everything done',
    help: 'Look at what failed in the run; what is in step already is not copied again by the next run.',
    http: 502,
  },
  sync_conflict: {
    title: 'Two sources for one destination',
    help: 'Narrow the rule, or have it make different names of repositories or tags.',
    http: 409,
  },
  sync_partial: {
    title: 'A listing did not come to its end',
    help: 'Nothing was chosen or deleted on the strength of it. Look at why it ended, and run the rule again.',
    http: 502,
  },
  sync_deletion_limit: {
    title: 'More would be deleted than the rule allows',
    help: 'Look at the tags. If they are meant to go, raise the limit of the rule, or delete them once by hand.',
    http: 409,
  },
  bundle_unsigned: {
    title: 'The layout is not signed, or by another key',
    help: 'Do not use it before you know where it comes from. Give the public key that belongs to the one it was signed with.',
    http: 422,
  },
  bundle_damaged: {
    title: 'The layout is not what its list of contents says',
    help: 'Nothing was taken from it. Copy it over again from where it was made.',
    http: 422,
  },
  unsupported: { title: 'Not supported by this registry', help: 'See the page of this provider for what it can do.', http: 501 },
  canceled: { title: 'Canceled', help: 'Start it again when you want it.', http: 499 },

  // The hub's own access
  unauthorized: { title: 'Not signed in', help: 'Sign in, or send a valid API token.', http: 401 },
  forbidden: { title: 'Not allowed', help: 'Ask an administrator for a role or project that allows it.', http: 403 },
  login_failed: { title: 'Name or password is wrong', help: 'Try again; an administrator can set a new password.', http: 401 },
  login_limited: { title: 'Too many failed sign-ins', help: 'Wait for the time given in the answer, then try again.', http: 429 },
  handout_limited: {
    title: 'Credentials are asked for too often',
    help: 'Wait for the time given in the answer. A client that asks this often should keep what it was given until it ends.',
    http: 429,
  },
  csrf_failed: { title: 'The request did not come from our page', help: 'Load the page again and repeat the change.', http: 403 },
  setup_done: { title: 'Set-up was done before', help: 'Sign in as an administrator.', http: 409 },
  setup_token_invalid: {
    title: 'The set-up link is not valid',
    help: 'Use the link that the hub printed at its first start, or stop it and start it again to have a new one printed.',
    http: 403,
  },
  last_administrator: { title: 'The last administrator has to stay', help: 'Make somebody else an administrator first.', http: 409 },

  // The hub, as its clients see it
  not_a_hub: {
    title: 'Something else answers at the address of the hub',
    help: 'Check the address of the hub and what stands between you and it, such as a proxy or a sign-in page.',
    http: 502,
  },

  // The hub itself
  internal: { title: 'An error in the hub', help: 'Look at its log for the request id and report it.', http: 500 },
  address_in_use: { title: 'The port is taken', help: 'Stop the other program, or choose another port with --port.', http: 500 },
  address_unavailable: {
    title: 'The hub cannot listen there',
    help: 'Choose an address of this machine with --host, and a port above 1023 with --port.',
    http: 500,
  },
  store_in_use: {
    title: 'Another hub uses this database',
    help: 'Stop the other one, or give this one its own --data directory.',
    http: 500,
  },
  store_unavailable: {
    title: 'The database cannot be reached',
    help: 'Check that it runs, its address, and the rights on its files.',
    http: 503,
  },
  store_full: { title: 'The disk of the database is full', help: 'Free some space; nothing was half-written.', http: 507 },
  store_corrupt: { title: 'The database file is damaged', help: 'Stop the hub and restore the latest backup.', http: 500 },
  store_read_only: {
    title: 'The database cannot be written',
    help: 'Check the rights on its files and that the file system is not mounted read-only.',
    http: 500,
  },
  store_schema_newer: {
    title: 'The database belongs to a newer Tagboat',
    help: 'Start the newer version, or restore a backup from before the update.',
    http: 500,
  },
  store_schema_older: { title: 'The database has to be updated', help: 'Start the hub once: it updates its database.', http: 500 },
  store_migration_failed: {
    title: 'The database could not be updated',
    help: 'The update was undone. Look at the cause, and keep a backup before trying again.',
    http: 500,
  },
  store_busy: { title: 'The database is busy', help: 'Try again in a moment.', http: 503 },
  store_misused: { title: 'A transaction was bypassed', help: 'This is an error in the hub: report it with its log.', http: 500 },
  data_dir_unusable: {
    title: 'The data directory cannot be used',
    help: 'Check that it exists and that the hub may write to it.',
    http: 500,
  },
  wrong_master_key: {
    title: 'The master key does not fit this database',
    help: 'Put the right master.key back, or set TAGBOAT_MASTER_KEY to the right key. If it is lost for good, start with --master-key-lost and enter the secrets again.',
    http: 500,
  },
  master_key_missing: {
    title: 'The master key is missing',
    help: 'Put master.key back, or set TAGBOAT_MASTER_KEY. If it is lost for good, start with --master-key-lost and enter the secrets again.',
    http: 500,
  },
  master_key_invalid: {
    title: 'Not a usable master key',
    help: 'Give 32 bytes as base64 or hexadecimal, or a passphrase of at least 16 characters.',
    http: 500,
  },
  key_lost: {
    title: 'The master key is lost',
    help: 'An administrator has to accept the loss; then the secrets can be entered again.',
    http: 503,
  },
  unseal_failed: { title: 'A stored secret cannot be opened', help: 'Enter the secret of this registry again.', http: 424 },
  queue_unavailable: { title: 'The queue cannot be reached', help: 'Check the PostgreSQL database that the hub uses.', http: 503 },

  // Credentials
  realm_untrusted: {
    title: 'The registry asks for the password on another host',
    help: 'If that host belongs to the registry, confirm it as a trusted realm; otherwise do not.',
    http: 424,
  },
  credential_refused: {
    title: 'The credential was refused',
    help: 'Check user name, password or token, and whether it has ended.',
    http: 424,
  },
  credential_unavailable: {
    title: 'No credential could be issued',
    help: 'Look at the cause: the issuer may be down, or the settings wrong.',
    http: 424,
  },
  credential_source_denied: {
    title: 'A secret may not be read there',
    help: 'Correct the source, or have the hub started with the option that the message names.',
    http: 424,
  },
  credential_source_failed: {
    title: 'A secret could not be read where it is kept',
    help: 'The message says what is wrong there; nothing is changed at the registry.',
    http: 424,
  },
  credential_helper_failed: {
    title: 'A credential helper failed',
    help: 'Run docker-credential-<name> by hand to see why, or sign in with docker login.',
    http: 424,
  },
  docker_config_invalid: {
    title: "Docker's configuration cannot be read",
    help: 'Correct the file that the message names, or sign in again with docker login.',
    http: 424,
  },
  identity_token_unsupported: {
    title: 'An identity token cannot be used here',
    help: 'The registry has no OAuth2 token server: enter a user name and password instead.',
    http: 424,
  },

  // Alerts: what is to be seen to before it hurts
  secret_ends: {
    title: 'A secret ends soon',
    help: 'Make a new one at the registry, enter it as the next credential, test and promote it. The present one stays in use until then.',
    http: 424,
  },
  secret_ended: {
    title: 'A secret has ended',
    help: 'Make a new one at the registry, enter it as the next credential, test and promote it.',
    http: 424,
  },
  certificate_ends: {
    title: 'A certificate ends soon',
    help: 'Have it renewed by its authority. A client certificate or an own authority is replaced in the settings of the registry.',
    http: 424,
  },
  certificate_ended: {
    title: 'A certificate has ended',
    help: 'Have it renewed by its authority. A client certificate or an own authority is replaced in the settings of the registry.',
    http: 424,
  },

  ...remoteErrorCodes,

  // The command line, on its own machine; never in an answer of the hub
  usage: { title: 'The command is used wrongly', help: 'See its help: `tagboat <command> --help`.', http: 400 },
  machine_problem: {
    title: 'Something on this machine stands in the way',
    help: 'Check the file named in the message and its permissions.',
    http: 500,
  },
  hub_unreachable: {
    title: 'The hub cannot be reached',
    help: 'Check that it runs, its address (--hub, TAGBOAT_URL) and the network.',
    http: 503,
  },
} as const satisfies Readonly<Record<string, ErrorCodeEntry>>;

export type ErrorCode = keyof typeof errorCodes;

/** The entry of a code; of `internal` for one that is not listed, so that there always is something to say. */
export function describeErrorCode(code: string): ErrorCodeEntry {
  return Object.hasOwn(errorCodes, code) ? errorCodes[code as ErrorCode] : errorCodes.internal;
}
