import { ContentError } from '../../oci/content-error.ts';
import { parseDockerConfig } from '../../oci/docker-config.ts';
import type { Credential } from '../../oci/index.ts';
import { field, isObject, type JsonObject, parseJson } from '../../oci/json.ts';
import { printable } from '../../oci/text.ts';
import { failed, type SourceContent, type SourceQuestion } from './source.ts';

/**
 * Takes what was found for the value of one field: text as it is, the secret of a credential, the only field of several (or the
 * one that is named `password`).
 *
 * @param what the source, as `Source.describe` names it
 * @throws CredentialError `credential_source_failed`, which never quotes what was found
 */
export async function valueOf(content: SourceContent, what: string, question: SourceQuestion): Promise<string> {
  switch (content.kind) {
    case 'text':
      return notEmpty(helperAnswer(jsonOf(content.text))?.password ?? content.text, what);
    case 'fields': {
      const { fields } = content;
      const names = Object.keys(fields);
      const name = names.length === 1 ? names[0] : names.find((one) => one === 'password');
      if (name === undefined) throw failed(`${begin(what)} has ${counted(names)}. Name one of them behind a #.`);
      return notEmpty(fields[name] ?? '', what);
    }
    case 'docker-config':
    case 'credential': {
      const credential = await credentialOf(content, what, question);
      if (credential.kind === 'basic') return notEmpty(credential.password, what);
      return credential.kind === 'anonymous' ? notEmpty('', what) : credential.token;
    }
  }
}

/**
 * Takes what was found for a whole credential: `user:password` on one line, the answer of a Docker credential helper, fields
 * `username` and `password`, or the entry of a Docker configuration for the host that is asked about.
 */
export async function credentialOf(content: SourceContent, what: string, question: SourceQuestion): Promise<Credential> {
  switch (content.kind) {
    case 'credential':
      return content.credential;
    case 'docker-config': {
      const { host, signal } = question;
      const credential = await content.config.credentialFor(host, signal ? { signal } : {});
      if (credential.kind !== 'anonymous') return credential;
      const known = content.config.hosts.slice(0, 5).map((one) => printable(one, 100));
      throw failed(
        `${begin(what)} has no credential for ${host}. ${known.length === 0 ? 'It is empty.' : `It has some for ${known.join(', ')}.`}`,
      );
    }
    case 'fields':
      return credentialOfFields(content.fields, what, question);
    case 'text':
      return credentialOfText(content.text, what, question);
  }
}

async function credentialOfFields(fields: Readonly<Record<string, string>>, what: string, question: SourceQuestion): Promise<Credential> {
  const named = (...names: string[]) => names.map((name) => fields[name]).find((text) => text !== undefined);
  const username = named('username', 'user', 'login');
  const password = named('password', 'token', 'secret');
  if (username !== undefined && password !== undefined) return pair(username.trim(), notEmpty(password.replace(/[\r\n]+$/, ''), what));
  const [only, ...others] = Object.keys(fields);
  if (only !== undefined && others.length === 0) return credentialOfText(fields[only] ?? '', what, question);
  throw failed(
    `${begin(what)} has ${counted(Object.keys(fields))}, but no username and password. Name a field that holds user:password behind a #.`,
  );
}

async function credentialOfText(text: string, what: string, question: SourceQuestion): Promise<Credential> {
  const plain = notEmpty(text.trim(), what);
  if (plain.startsWith('{')) {
    const json = jsonOf(plain);
    if (!json) throw failed(`${begin(what)} begins like JSON, but is not valid JSON.`);
    if (isObject(field(json, 'auths'))) {
      return credentialOf({ kind: 'docker-config', config: parseDockerConfig(json, begin(what)) }, what, question);
    }
    const answer = helperAnswer(json);
    if (answer) return pair(answer.username, notEmpty(answer.password, what));
    throw failed(
      `${begin(what)} is JSON, but holds no "Username" and "Secret". Use user:password, or the answer of a Docker credential helper.`,
    );
  }
  if (/[\r\n]/.test(plain)) throw failed(`${begin(what)} gave several lines. It has to be one, user:password.`);
  const colon = plain.indexOf(':');
  if (colon <= 0)
    throw failed(`${begin(what)} gave no user:password: there is no colon. Write both on one line, with a colon between them.`);
  return pair(plain.slice(0, colon), notEmpty(plain.slice(colon + 1), what));
}

/** Credential helpers say by the user name `<token>` that what they give is an identity token. */
function pair(username: string, password: string): Credential {
  return username === '<token>' ? { kind: 'identity', token: password } : { kind: 'basic', username, password };
}

function helperAnswer(json: JsonObject | undefined): { username: string; password: string } | undefined {
  if (!json) return undefined;
  const username = field(json, 'Username') ?? field(json, 'username');
  const password = field(json, 'Secret') ?? field(json, 'password');
  return typeof username === 'string' && typeof password === 'string' ? { username, password } : undefined;
}

function jsonOf(text: string): JsonObject | undefined {
  if (!text.trimStart().startsWith('{')) return undefined;
  try {
    const json = parseJson(Buffer.from(text), 'It');
    return isObject(json) ? json : undefined;
  } catch (error) {
    // A secret may begin with a brace and be no JSON: it is what it is.
    if (error instanceof ContentError) return undefined;
    throw error;
  }
}

function notEmpty(text: string, what: string): string {
  if (text.trim() === '') throw failed(`${begin(what)} is empty. Write the credential there.`);
  return text;
}

function counted(names: readonly string[]): string {
  if (names.length === 0) return 'no fields';
  const shown = names.slice(0, 8).map((name) => printable(name, 40));
  return `the fields ${shown.join(', ')}${names.length > shown.length ? ', …' : ''}`;
}

/** The name of a source at the beginning of a sentence. */
function begin(what: string): string {
  return what.charAt(0).toUpperCase() + what.slice(1);
}
