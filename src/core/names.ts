import { InvalidSettings } from './errors.ts';

/** Longest name of a user, project, registry or token, in characters. */
export const maxNameLength = 64;

/** What `newId` makes: a name of this form could be taken for an id where either is accepted. */
const idForm = /^[a-z]{3}_[0-9a-z]{25}$/;

/**
 * Checks and tidies a name that a person gave: surrounding space removed, NFC, 1 to 64 characters, no control or invisible
 * formatting characters. Throws InvalidSettings at `field`.
 */
export function parseName(name: string, field = 'name'): string {
  const tidy = name.normalize('NFC').trim();
  const refuse = (message: string) => new InvalidSettings(message, [{ field, message }]);
  if (tidy === '') throw refuse('Give it a name.');
  if (Array.from(tidy).length > maxNameLength) throw refuse(`A name has at most ${maxNameLength} characters.`);
  if (/[\p{C}\p{Zl}\p{Zp}]/u.test(tidy)) throw refuse('A name has no control or invisible characters.');
  if (tidy.includes('/')) throw refuse('A name has no slash.');
  if (idForm.test(tidy)) throw refuse('This has the form of an id: choose another name.');
  return tidy;
}

/** What names are compared by: without regard to case and to forms that look the same (NFKC). */
export function nameKey(name: string): string {
  return name.normalize('NFKC').trim().toLowerCase();
}
