import { expect, it, vi } from 'vitest';
import { TransferMemory } from './transfer-memory.ts';
import { keepYoungGenerationSmall } from './young-generation.ts';

const letGrow = vi.fn();
vi.mock('./young-generation.ts', () => ({ keepYoungGenerationSmall: vi.fn(() => letGrow) }));

const digest = `sha256:${'a'.repeat(64)}` as const;

it('leaves V8 as it is until a blob is on its way, and afterwards', async () => {
  const memory = new TransferMemory();
  memory.take({ kind: 'found', piece: 'manifest', digest, size: 1, mediaType: 'application/json' });
  memory.take({ kind: 'finished', piece: 'manifest', digest, size: 1, outcome: 'present' });
  await memory[Symbol.asyncDispose]();
  expect(keepYoungGenerationSmall).not.toHaveBeenCalled();

  memory.take({ kind: 'started', piece: 'blob', digest, size: 1 });
  memory.take({ kind: 'started', piece: 'blob', digest, size: 1 });
  await vi.waitFor(() => expect(keepYoungGenerationSmall).toHaveBeenCalledOnce());
  expect(letGrow).not.toHaveBeenCalled();
  await memory[Symbol.asyncDispose]();
  expect(letGrow).toHaveBeenCalledOnce();
});
