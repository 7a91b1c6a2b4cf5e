import { hostname } from 'node:os';
import { ApiError } from '../../sdk/api-error.ts';
import type { CreatedApiToken } from '../../sdk/index.ts';
import type { Cli, CommonOptions } from '../cli.ts';
import { configPath, type HubLogin, loadConfig, normaliseHubUrl, saveConfig } from '../config.ts';
import { HubUnreachable, UsageError } from '../errors.ts';
import { connect, defaultHubUrl, openHub } from '../hub-client.ts';
import { ask, askSecret, isInteractive, readSecretFromStdin } from '../output/prompt.ts';
import { printable } from '../output/text.ts';
import { parseDuration, relativeTime } from '../output/time.ts';
import { CookieJar } from '../cookie-jar.ts';

export interface LoginOptions extends CommonOptions {
  username?: string;
  passwordStdin?: boolean;
  tokenStdin?: boolean;
  tokenName?: string;
  expires?: string;
}

export async function login(cli: Cli, urlText: string | undefined, options: LoginOptions): Promise<void> {
  const { io } = cli;
  const config = await loadConfig(io);
  const url = normaliseHubUrl(urlText ?? (io.env['TAGBOAT_URL'] || config.current || defaultHubUrl));
  const output = cli.output(options);
  const { protocol, hostname: host } = new URL(url);
  if (protocol === 'http:' && !/^(localhost|127(\.\d+){3}|\[::1\])$/.test(host)) {
    output.note(`${output.notePalette.warn('Hub:')} ${url} is not encrypted: the password and the token can be read on the way.`);
  }
  const expiresAt = expiry(cli, options.expires);
  const kept = options.tokenStdin
    ? await checkToken(cli, url, options, await readSecretFromStdin(io, '--token-stdin'))
    : await createToken(cli, url, options, expiresAt);
  const earlier = config.hubs[url];
  config.hubs[url] = kept;
  config.current = url;
  await saveConfig(io, config);
  if (earlier) await revokeQuietly(cli, url, earlier, kept, options);
  const role = kept.role;
  output.result({
    json: () => ({ hub: url, user: kept.user, role, tokenId: kept.tokenId, expiresAt: kept.expiresAt, config: configPath(io) }),
    human: () => [
      `${output.palette.good('✓')} Signed in to ${url} as ${printable(kept.user)} (${role})${kept.expiresAt ? `, until ${kept.expiresAt.slice(0, 10)}` : ''}.`,
      'Next: tagboat registry list',
    ],
  });
}

interface Kept extends HubLogin {
  user: string;
  role: string;
  expiresAt?: string;
}

function expiry(cli: Cli, text: string | undefined): string | undefined {
  if (text === undefined) return undefined;
  const milliseconds = parseDuration(text);
  if (milliseconds === undefined) throw new UsageError(`“${text}” is not a time.`, 'Write it as 12h, 30d or 1y.');
  return new Date(cli.io.now() + milliseconds).toISOString();
}

/** Before a password is asked for or sent: is this a hub, and can somebody sign in? */
async function checkHub(cli: Cli, url: string, options: LoginOptions): Promise<void> {
  const notAHub = (cause?: unknown): HubUnreachable =>
    new HubUnreachable(
      `What answers at ${url} is not a Tagboat hub.`,
      'Check the address; it is the one that opens the page of the hub.',
      cause,
    );
  try {
    const about = await connect(cli, { url, source: 'named' }, options).getAbout();
    if (about.name !== 'Tagboat') throw notAHub();
    if (about.setupNeeded) {
      throw new HubUnreachable(
        `The hub at ${url} is not set up yet.`,
        'Open the link that `tagboat serve` printed when it started, and make an account.',
      );
    }
  } catch (error) {
    throw error instanceof ApiError && error.status < 500 ? notAHub(error) : error;
  }
}

/** Signs in with a password for as long as it takes to create a token. */
async function createToken(cli: Cli, url: string, options: LoginOptions, expiresAt: string | undefined): Promise<Kept> {
  const { io, signal } = cli;
  await checkHub(cli, url, options);
  if (!isInteractive(io) && (options.username === undefined || !options.passwordStdin)) {
    throw new UsageError('There is no terminal to ask for name and password.', 'Give --username and --password-stdin, or --token-stdin.');
  }
  const name = options.username ?? (await ask(io, `User name at ${url}`, { signal }));
  const password = options.passwordStdin
    ? await readSecretFromStdin(io, '--password-stdin')
    : await askSecret(io, `Password of ${name}`, { signal });
  const jar = new CookieJar();
  const hub = connect(cli, { url, source: 'named' }, options, { csrf: () => jar.csrf, fetch: jar.fetch(globalThis.fetch) });
  const session = await hub.signIn({ name, password });
  jar.csrf = session.csrf;
  let created: CreatedApiToken;
  try {
    created = await hub.createToken({ name: options.tokenName ?? `tagboat on ${hostname()}`.slice(0, 64), expiresAt });
  } finally {
    await hub.signOut();
  }
  return {
    token: created.secret,
    tokenId: created.token.id,
    user: session.user.name,
    role: created.token.role,
    expiresAt: created.token.expiresAt,
  };
}

async function checkToken(cli: Cli, url: string, options: LoginOptions, token: string): Promise<Kept> {
  const session = await connect(cli, { url, token, source: 'named' }, options).getSession();
  return { token, user: session.user.name, role: session.user.role, expiresAt: session.expiresAt };
}

/** The token of an earlier sign-in at the same hub is of no more use to anybody. */
async function revokeQuietly(cli: Cli, url: string, earlier: HubLogin, kept: Kept, options: LoginOptions): Promise<void> {
  if (earlier.tokenId === undefined || earlier.user !== kept.user || earlier.token === kept.token) return;
  try {
    await connect(cli, { url, token: kept.token, source: 'named' }, options).deleteToken(earlier.tokenId);
  } catch (error) {
    if (error instanceof ApiError && error.status === 404) return;
    if (!(error instanceof ApiError)) throw error;
    cli
      .output(options)
      .note(
        `${cli.output(options).notePalette.warn('Hub:')} The earlier token of this machine was not revoked: ${printable(error.message)}`,
      );
  }
}

export async function logout(cli: Cli, urlText: string | undefined, options: CommonOptions): Promise<void> {
  const config = await loadConfig(cli.io);
  const url = urlText === undefined ? config.current : normaliseHubUrl(urlText);
  const known = url === undefined ? undefined : config.hubs[url];
  if (url === undefined || !known) {
    const others = Object.keys(config.hubs);
    throw new UsageError(
      'Nobody is signed in there.',
      others.length > 0 ? `Signed in to: ${others.join(', ')}.` : 'There is nothing to sign out of.',
    );
  }
  const output = cli.output(options);
  let revoked = false;
  try {
    if (known.tokenId !== undefined) {
      await connect(cli, { url, token: known.token, source: 'named' }, options).deleteToken(known.tokenId);
      revoked = true;
    }
  } catch (error) {
    // 401 and 404: it is gone already. Otherwise forgetting it here is still what was asked for.
    if (!(error instanceof ApiError || error instanceof HubUnreachable)) throw error;
    const gone = error instanceof ApiError && (error.status === 401 || error.status === 404);
    if (!gone)
      output.note(
        `${output.notePalette.warn('Hub:')} The token was not revoked: ${printable(error.message)} Revoke it later with \`tagboat token revoke ${known.tokenId}\`.`,
      );
  }
  delete config.hubs[url];
  if (config.current === url) config.current = Object.keys(config.hubs)[0];
  await saveConfig(cli.io, config);
  output.result({
    json: () => ({ hub: url, revoked }),
    human: () => [
      `${output.palette.good('✓')} Signed out of ${url}${revoked ? '; the token is revoked' : ''}.${config.current ? ` In use now: ${config.current}.` : ''}`,
    ],
  });
}

export async function whoami(cli: Cli, options: CommonOptions): Promise<void> {
  const hub = await openHub(cli, options);
  const [session, about] = await Promise.all([hub.getSession(), hub.getAbout()]);
  const output = cli.output(options);
  output.result({
    json: () => ({
      hub: hub.address.url,
      version: about.version,
      user: session.user,
      via: session.via,
      expiresAt: session.expiresAt,
      permissions: session.permissions,
    }),
    quiet: () => [printable(session.user.name)],
    human: () =>
      output.fields([
        ['user', session.user.displayName ? `${session.user.name} (${session.user.displayName})` : session.user.name],
        ['role', session.user.role],
        ['hub', `${hub.address.url}, version ${about.version}`],
        ['signed in by', session.via === 'token' ? 'API token' : 'session'],
        ['until', session.expiresAt && `${session.expiresAt} (${relativeTime(session.expiresAt, output.now())})`],
        ['secrets', about.keys === 'lost' ? 'the master key is lost: secrets have to be entered again' : undefined, output.palette.warn],
      ]),
  });
}
