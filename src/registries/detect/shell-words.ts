/**
 * Splits a command line into words as a POSIX shell would: quotes, backslashes, continued lines. Nothing is run or expanded;
 * a word with `$` in double quotes or none stays as it is written. `|` and `;` are words of their own.
 */
export function shellWords(line: string): string[] {
  const words: string[] = [];
  let word: string | undefined;
  const push = () => {
    if (word !== undefined) words.push(word);
    word = undefined;
  };
  for (let at = 0; at < line.length; at++) {
    const character = line[at] ?? '';
    if (character === "'") {
      const end = line.indexOf("'", at + 1);
      word = (word ?? '') + line.slice(at + 1, end === -1 ? undefined : end);
      at = end === -1 ? line.length : end;
    } else if (character === '"') {
      word ??= '';
      for (at++; at < line.length && line[at] !== '"'; at++) {
        if (line[at] === '\\' && /["\\$`\n]/.test(line[at + 1] ?? '')) at++;
        word += line[at] ?? '';
      }
    } else if (character === '\\') {
      at++;
      if (line[at] === '\r') at++;
      if (line[at] !== '\n') word = (word ?? '') + (line[at] ?? '');
    } else if (/\s/.test(character)) {
      push();
    } else if (character === '|' || character === ';') {
      push();
      words.push(character);
    } else {
      word = (word ?? '') + character;
    }
  }
  push();
  return words;
}
