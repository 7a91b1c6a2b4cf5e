/** Reads a stream to its end, as text. Throws when it is longer than `most` bytes. */
export async function readInput(stream: AsyncIterable<Buffer | string>, most: number): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of stream) {
    const bytes = Buffer.from(chunk);
    size += bytes.length;
    if (size > most) throw new Error('The input is too long.');
    chunks.push(bytes);
  }
  return Buffer.concat(chunks).toString('utf8');
}
