import { Document, isSeq, type YAMLMap } from 'yaml';

/** A map with what is said above it. */
export interface Commented {
  value: Readonly<Record<string, unknown>>;
  /** One line each. */
  comments: readonly string[];
}

/**
 * YAML whose texts are the same to readers of version 1.1 (Go's yaml.v2, where `yes` is a boolean and `1:30` is 90) and of 1.2.
 *
 * @param list key of the list that holds the maps
 */
export function yamlText(
  head: readonly string[],
  root: Readonly<Record<string, unknown>>,
  list: string,
  items: readonly Commented[],
): string {
  const document = new Document({ ...root, [list]: [] }, { version: '1.1' });
  document.commentBefore = head.map(commentLine).join('\n');
  const sequence = document.get(list);
  items.forEach(({ value, comments }) => {
    const node = document.createNode(value) as YAMLMap;
    if (comments.length > 0) node.commentBefore = comments.map(commentLine).join('\n');
    if (isSeq(sequence)) sequence.add(node);
  });
  if (isSeq(sequence) && items.length > 0) sequence.flow = false;
  return document.toString({ lineWidth: 0 });
}

/** Text of people (names of projects, …) must not end the comment. */
// oxlint-disable-next-line no-control-regex -- they are what is taken out
const commentLine = (text: string): string => ` ${text.replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]/g, ' ').slice(0, 500)}`;
