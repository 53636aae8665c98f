import test, { type ExecutionContext } from 'ava';
import { AppError } from '../../../src/errors.ts';
import {
  decodeFloats,
  readSafetensors,
  writeSafetensors,
  type TensorToStore,
} from '../../../src/model/weights/safetensors.ts';
import { randomNumbers } from '../../helpers/model-fixtures.ts';

const tensors = new Map<string, TensorToStore>([
  ['half', { dtype: 'F16', shape: [2, 2], data: Float32Array.of(1, -2, 0.5, 65504) }],
  ['float', { dtype: 'F32', shape: [3], data: Float32Array.of(0.1, -0.2, 1e30) }],
  ['bytes', { dtype: 'U8', shape: [5], data: Uint8Array.of(1, 2, 3, 4, 255) }],
  ['long', { dtype: 'I64', shape: [1], data: BigInt64Array.of(-(2n ** 62n)) }],
  ['scalar', { dtype: 'F32', shape: [], data: Float32Array.of(7) }],
  ['empty', { dtype: 'F32', shape: [0, 4], data: new Float32Array(0) }],
]);

test('what is written is read back', (t) => {
  const read = readSafetensors(writeSafetensors(tensors, { made: 'here' }), 'file');
  t.deepEqual([...read.keys()].sort(), [...tensors.keys()].sort());
  t.deepEqual(floats(read, 'half'), Float32Array.of(1, -2, 0.5, 65504));
  t.deepEqual(floats(read, 'float'), Float32Array.of(0.1, -0.2, 1e30));
  t.deepEqual(floats(read, 'scalar'), Float32Array.of(7));
  t.deepEqual(floats(read, 'empty'), new Float32Array(0));
  t.deepEqual([...(read.get('bytes')?.bytes ?? [])], [1, 2, 3, 4, 255]);
  t.deepEqual([...(read.get('long')?.bytes ?? [])], [0, 0, 0, 0, 0, 0, 0, 0xc0]);
});

test('integers are not decoded as floats', (t) => {
  const long = readSafetensors(writeSafetensors(tensors), 'file').get('long');
  const error = t.throws(() => long && decodeFloats(long, 'file: tensor "long"'), { instanceOf: AppError });
  t.is(error.message, 'file: tensor "long": expected F16 or F32 but got I64');
});

const isRefused = test.macro({
  exec(t: ExecutionContext, file: Buffer, message: string) {
    const error = t.throws(() => readSafetensors(file, 'w'), { instanceOf: AppError });
    t.is(error.code, 'MODEL_INVALID');
    t.is(error.message, message);
    t.truthy(error.cure);
  },
  title: (title) => `a file is refused: ${title ?? ''}`,
});

test('too short', isRefused, Buffer.alloc(3), 'w: expected a safetensors file but got 3 bytes');
test(
  'header longer than the file',
  isRefused,
  rawFile('{}', '', 900),
  'w: expected a header of at most 2 bytes but its length says 900',
);
test('no JSON', isRefused, rawFile('{"a'), 'w: expected a header in JSON but got something else');
test('no object', isRefused, rawFile('[1]'), 'w: expected a header that is a JSON object but got [1]');
test(
  'unknown type',
  isRefused,
  withEntry({ dtype: 'F8', shape: [1], data_offsets: [0, 1] }, 'x'),
  'w: tensor "a": expected dtype F16, F32, U8, I32, I64 but got "F8"',
);
test(
  'negative side',
  isRefused,
  withEntry({ dtype: 'U8', shape: [-1], data_offsets: [0, 1] }, 'x'),
  'w: tensor "a": expected a shape of whole numbers but got [-1]',
);
test(
  'bytes that do not fit the shape',
  isRefused,
  withEntry({ dtype: 'F32', shape: [2], data_offsets: [0, 4] }, 'xxxx'),
  'w: tensor "a": expected 8 bytes for F32 [2] but got 4',
);
test(
  'offsets out of bounds',
  isRefused,
  withEntry({ dtype: 'U8', shape: [9], data_offsets: [0, 9] }, 'xxxx'),
  'w: expected 9 bytes of tensor data but got 4: the file is incomplete or too long',
);
test(
  'overlapping tensors',
  isRefused,
  rawFile(
    '{"a":{"dtype":"U8","shape":[2],"data_offsets":[0,2]},"b":{"dtype":"U8","shape":[2],"data_offsets":[1,3]}}',
    'xxx',
  ),
  'w: tensor "b": expected to begin at byte 2 but got 1',
);
test(
  'a gap',
  isRefused,
  withEntry({ dtype: 'U8', shape: [1], data_offsets: [1, 2] }, 'xx'),
  'w: tensor "a": expected to begin at byte 0 but got 1',
);

test('a damaged file is either read or refused', (t) => {
  const file = writeSafetensors(tensors);
  const random = randomNumbers(20);
  const outcomes = { read: 0, refused: 0 };
  for (let round = 0; round < 3000; round++) {
    const damaged = damage(file, random);
    try {
      for (const tensor of readSafetensors(damaged, 'w').values())
        if (tensor.dtype === 'F16' || tensor.dtype === 'F32') decodeFloats(tensor, 'w');
      outcomes.read++;
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      t.is(error.code, 'MODEL_INVALID');
      outcomes.refused++;
    }
  }
  t.true(outcomes.read > 0 && outcomes.refused > 1000, JSON.stringify(outcomes));
});

test('a tensor whose data does not fit its shape is not written', (t) => {
  const wrong = new Map<string, TensorToStore>([['a', { dtype: 'U8', shape: [2], data: Uint8Array.of(1) }]]);
  const error = t.throws(() => writeSafetensors(wrong), { instanceOf: AppError });
  t.is(error.message, 'tensor "a": expected 2 elements for [2] but got 1');
});

function floats(read: ReturnType<typeof readSafetensors>, name: string): Float32Array | undefined {
  const tensor = read.get(name);
  return tensor && decodeFloats(tensor, name);
}

function withEntry(entry: unknown, data: string): Buffer {
  return rawFile(JSON.stringify({ a: entry }), data);
}

function rawFile(header: string, data = '', length = header.length): Buffer {
  const prefix = Buffer.alloc(8);
  prefix.writeBigUInt64LE(BigInt(length));
  return Buffer.concat([prefix, Buffer.from(header + data)]);
}

/** Cuts the file or changes up to four of its bytes. */
function damage(file: Buffer, random: () => number): Buffer {
  if (random() < 0.25) return file.subarray(0, Math.floor(random() * file.length));
  const copy = Buffer.from(file);
  for (let i = 0; i <= random() * 4; i++)
    copy[Math.floor(random() * copy.length)] = Math.floor(random() * 256);
  return copy;
}
