import { gzipSync } from 'node:zlib';

/** Path → content. A path that ends in `/` is a directory. */
export type TarFiles = Readonly<Record<string, string | Uint8Array>>;

const block = 512;

/** Writes a ustar archive: owner root, files 0644, directories 0755, time zero, so that equal input gives equal bytes. */
export function tar(files: TarFiles): Uint8Array {
  const parts: Uint8Array[] = [];
  for (const [path, content] of Object.entries(files)) {
    const bytes = typeof content === 'string' ? Buffer.from(content) : content;
    parts.push(header(path, bytes.byteLength), bytes);
    const rest = bytes.byteLength % block;
    if (rest) parts.push(Buffer.alloc(block - rest));
  }
  parts.push(Buffer.alloc(2 * block));
  return Buffer.concat(parts);
}

/** @param level 0 stores, which is quick for content that does not shrink anyway */
export function gzip(bytes: Uint8Array, level = 6): Uint8Array {
  return gzipSync(bytes, { level });
}

function header(path: string, size: number): Uint8Array {
  if (Buffer.byteLength(path) > 100) throw new RangeError(`path longer than the 100 bytes of a ustar name: ${path}`);
  const directory = path.endsWith('/');
  const bytes = Buffer.alloc(block);
  bytes.write(path, 0, 100, 'utf8');
  bytes.write(directory ? '0000755\0' : '0000644\0', 100);
  bytes.write('0000000\0', 108);
  bytes.write('0000000\0', 116);
  bytes.write(`${size.toString(8).padStart(11, '0')}\0`, 124);
  bytes.write('00000000000\0', 136);
  bytes.write('        ', 148);
  bytes.write(directory ? '5' : '0', 156);
  bytes.write('ustar\u000000', 257);
  const sum = bytes.reduce((total, byte) => total + byte, 0);
  bytes.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
  return bytes;
}
