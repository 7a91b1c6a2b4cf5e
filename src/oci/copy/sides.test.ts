import { open } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { CopyError, FileError, RegistryError, TagboatError, TransportError } from '../errors.ts';
import { blame, onSide } from './sides.ts';

const digest = `sha256:${'a'.repeat(64)}`;
const piece = `blob ${digest}`;
const reset = new TransportError('r.example closed the connection.', { code: 'connection_reset' });

describe('blame', () => {
  it('names side, place and what was on its way', () => {
    const error = blame(reset, 'source', 'r.example/shop/api', { piece });
    expect(error).toBeInstanceOf(CopyError);
    expect(error).toMatchObject({
      side: 'source',
      code: 'connection_reset',
      retry: 'backoff',
      message: `Reading ${piece} from r.example/shop/api failed. r.example closed the connection.`,
    });
  });

  it('does not name twice what the cause names', () => {
    const refused = new RegistryError(`r.example does not have blob ${digest} of shop/api.`, {
      code: 'registry_not_found',
      method: 'GET',
      url: '',
    });
    expect(blame(refused, 'destination', 'r.example/shop/api', { piece })).toMatchObject({
      message: `Writing to r.example/shop/api failed. r.example does not have blob ${digest} of shop/api.`,
    });
    const tag = new RegistryError('r.example:51 keeps shop/api:1 as it is.', { code: 'tag_immutable', method: 'PUT', url: '' });
    expect(blame(tag, 'destination', 'x', { piece: 'tag 1' })).toMatchObject({ message: expect.stringMatching(/^Writing to x failed/) });
    expect(blame(reset, 'destination', 'x', { piece: 'tag 1' })).toMatchObject({
      message: expect.stringMatching(/^Writing tag 1 to x failed/),
    });
  });

  it('says of a part that is not there that the image is not whole', () => {
    const gone = new RegistryError('It is not there.', { code: 'registry_not_found', method: 'GET', url: '' });
    expect(blame(gone, 'source', 'x', { piece, isPart: true })).toMatchObject({ code: 'source_incomplete' });
    expect(blame(gone, 'source', 'x', { piece })).toMatchObject({ code: 'registry_not_found' });
    expect(blame(reset, 'source', 'x', { piece, isPart: true })).toMatchObject({ code: 'connection_reset' });
  });

  it('leaves a cancellation, a side that is named, and faults of the program as they are', () => {
    const canceled = new TagboatError('Canceled.', { code: 'canceled', fault: 'caller', retry: 'never' });
    const named = new CopyError('source', 'x', reset);
    for (const error of [canceled, named, new TypeError('a fault of the program')]) expect(blame(error, 'destination', 'y')).toBe(error);
  });
});

describe('errors of files', () => {
  it('say which file, and that it is of this machine', async () => {
    const thrown: unknown = await onSide('source', 'oci:x', () => open('/nowhere/at/all'), { piece }).catch((error: unknown) => error);
    expect(thrown).toMatchObject({
      code: 'file_refused',
      fault: 'caller',
      message: `Reading ${piece} from oci:x failed. The file system refuses open at /nowhere/at/all (ENOENT).`,
    });
  });

  it.each(['ENOSPC', 'EDQUOT', 'EFBIG'])('of a disk that is full say so: %s', (code) => {
    const error = new FileError(Object.assign(new Error(code), { code, syscall: 'write' }));
    expect(error).toMatchObject({ code: 'disk_full', message: `There is no room left (${code}).`, retry: 'after-change' });
  });
});
