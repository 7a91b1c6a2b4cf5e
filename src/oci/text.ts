/**
 * Text from outside, made fit for an error message: control and formatting characters escaped, at most `limit`
 * characters, quoted.
 */
export function quote(text: string, limit = 100): string {
  return `"${printable(text, limit)}"`;
}

/** Like `quote`, without the quotes. */
export function printable(text: string, limit = 100): string {
  const cut = text.length > limit ? `${text.slice(0, limit)}…` : text;
  let result = '';
  for (const character of cut) result += isUnprintable(character.codePointAt(0) ?? 0) ? escapeCharacter(character) : character;
  return result;
}

/** Whether the text holds a control, line-separator or bidirectional formatting character, or half a surrogate pair. */
export function hasUnprintable(text: string): boolean {
  for (const character of text) {
    if (isUnprintable(character.codePointAt(0) ?? 0)) return true;
  }
  return false;
}

function isUnprintable(code: number): boolean {
  return (
    code < 0x20 ||
    (code >= 0x7f && code < 0xa0) ||
    (code >= 0x200b && code <= 0x200f) ||
    (code >= 0x2028 && code <= 0x202e) ||
    (code >= 0x2060 && code <= 0x2069) ||
    (code >= 0xd800 && code <= 0xdfff) ||
    code === 0xfeff
  );
}

function escapeCharacter(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
}
