/** One challenge of a `WWW-Authenticate` header (RFC 9110, section 11.3). */
export interface Challenge {
  /** Lower case: `bearer`, `basic`, … */
  scheme: string;
  /** Names in lower case. Without prototype, so that no name can reach `Object`. */
  parameters: Readonly<Record<string, string>>;
}

/** Real headers have a few hundred bytes; what is beyond these bounds is not looked at. */
const maxLength = 8 * 1024;
const maxChallenges = 16;

/**
 * Reads challenges in a single pass: several in a line, several lines, parameters in any case, values as tokens or quoted strings
 * with escapes and commas. Never throws: from malformed input it takes what is well-formed.
 */
export function parseChallenges(lines: readonly string[]): Challenge[] {
  const challenges: Challenge[] = [];
  let budget = maxLength;
  for (const line of lines) {
    if (budget <= 0 || challenges.length >= maxChallenges) break;
    parseLine(line.slice(0, budget), challenges);
    budget -= line.length;
  }
  return challenges;
}

/** `Bearer` with an absolute http or https realm if there is one, else `Basic`. Other schemes cannot be used. */
export function chooseChallenge(
  challenges: readonly Challenge[],
): { scheme: 'bearer'; realm: URL; challenge: Challenge } | { scheme: 'basic'; challenge: Challenge } | undefined {
  for (const challenge of challenges) {
    if (challenge.scheme !== 'bearer') continue;
    const realm = challenge.parameters.realm;
    const url = realm === undefined ? null : URL.parse(realm);
    if (url && (url.protocol === 'https:' || url.protocol === 'http:')) return { scheme: 'bearer', realm: url, challenge };
  }
  const basic = challenges.find((challenge) => challenge.scheme === 'basic');
  return basic && { scheme: 'basic', challenge: basic };
}

function parseLine(line: string, challenges: Challenge[]): void {
  let at = 0;
  let current: Record<string, string> | undefined;
  /** The last word was a scheme, and no comma came since: what follows is its first parameter or a token68. */
  let afterScheme = false;
  while (at < line.length) {
    const code = line.charCodeAt(at);
    if (isSpace(code)) {
      at++;
      continue;
    }
    if (code === comma) {
      afterScheme = false;
      at++;
      continue;
    }
    const end = skip(line, at, isTokenCharacter);
    const next = skip(line, end, isSpace);
    if (end > at && line.charCodeAt(next) === equals) {
      const name = line.slice(at, end).toLowerCase();
      const value = readValue(line, skip(line, next + 1, isSpace));
      if (current && value.text !== undefined && !(name in current)) current[name] = value.text;
      at = value.end;
      afterScheme = false;
    } else if (end > at && !afterScheme && (next > end || next === line.length || line.charCodeAt(next) === comma)) {
      if (challenges.length >= maxChallenges) return;
      current = Object.create(null) as Record<string, string>;
      challenges.push({ scheme: line.slice(at, end).toLowerCase(), parameters: current });
      at = next;
      afterScheme = true;
    } else {
      // A token68 (Negotiate) or garbage: go on after the next comma.
      at = skip(line, end, (character) => character !== comma);
    }
  }
}

/** A quoted string, or what there is up to a comma or space. An unterminated quoted string has no text. */
function readValue(line: string, start: number): { text?: string; end: number } {
  if (line.charCodeAt(start) !== quoteMark) {
    const end = skip(line, start, (code) => code !== comma && !isSpace(code));
    return { text: line.slice(start, end), end };
  }
  let text = '';
  let from = start + 1;
  for (let at = from; at < line.length; at++) {
    const code = line.charCodeAt(at);
    if (code === quoteMark) return { text: text + line.slice(from, at), end: at + 1 };
    if (code === backslash) {
      text += line.slice(from, at);
      from = ++at;
    }
  }
  return { end: line.length };
}

const comma = 0x2c;
const equals = 0x3d;
const quoteMark = 0x22;
const backslash = 0x5c;

function skip(line: string, from: number, matches: (code: number) => boolean): number {
  let at = from;
  while (at < line.length && matches(line.charCodeAt(at))) at++;
  return at;
}

function isSpace(code: number): boolean {
  return code === 0x20 || code === 0x09;
}

function isTokenCharacter(code: number): boolean {
  return (
    (code >= 0x61 && code <= 0x7a) ||
    (code >= 0x41 && code <= 0x5a) ||
    (code >= 0x30 && code <= 0x39) ||
    (code > 0x20 && code < 0x7f && "!#$%&'*+-.^_`|~".includes(String.fromCharCode(code)))
  );
}
