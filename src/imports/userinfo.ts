/** A text with addresses in it, without what stands before an `@` in them. Linear in time, whatever the text. */
export function withoutUserinfo(text: string): string {
  const parts = text.split('@');
  const last = parts.pop() ?? '';
  const kept = parts.map((part) => part.slice(0, Math.max(...['/', '[', ']', ' '].map((end) => part.lastIndexOf(end))) + 1));
  return [...kept.map((part) => `${part}…@`), last].join('');
}
