import { AppError } from '../../errors.ts';
import { plainText } from '../../log/plain-text.ts';
import { floatsToHalves, halvesToFloats } from './half.ts';

/** The element types that Chromafeed reads, with their sizes in bytes. */
const bytesOf = { F16: 2, F32: 4, U8: 1, I32: 4, I64: 8 } as const;

export type TensorType = keyof typeof bytesOf;

/** One tensor as stored in the file. */
export interface StoredTensor {
  readonly dtype: TensorType;
  readonly shape: readonly number[];
  /** row-major, little-endian; a view of the file's bytes, so it keeps them alive */
  readonly bytes: Uint8Array;
}

/** A tensor to be written. For F16 the data is float32, rounded to nearest even. */
export type TensorToStore =
  | { readonly dtype: 'F16' | 'F32'; readonly shape: readonly number[]; readonly data: Float32Array }
  | { readonly dtype: 'U8'; readonly shape: readonly number[]; readonly data: Uint8Array }
  | { readonly dtype: 'I32'; readonly shape: readonly number[]; readonly data: Int32Array }
  | { readonly dtype: 'I64'; readonly shape: readonly number[]; readonly data: BigInt64Array };

/** As in the reference implementation. */
const maxHeaderBytes = 100_000_000;
const lengthBytes = 8;

/**
 * Reads a safetensors file.
 * @param file - the whole file; the tensors are views of it
 * @param who - the file's name, for messages
 * @returns the tensors by name
 * @throws {AppError} MODEL_INVALID when the file breaks the format: header length, JSON, types, shapes, or offsets
 *   that are out of bounds, overlap, leave gaps or do not match the shape
 * @see https://github.com/huggingface/safetensors#format
 */
export function readSafetensors(file: Uint8Array, who: string): Map<string, StoredTensor> {
  const headerBytes = readHeaderLength(file, who);
  const header = parseHeader(file.subarray(lengthBytes, lengthBytes + headerBytes), who);
  const data = file.subarray(lengthBytes + headerBytes);
  const entries = Object.entries(header)
    .filter(([name]) => name !== '__metadata__')
    .map(([name, entry]) => [name, parseEntry(entry, `${who}: tensor "${plainText(name)}"`)] as const)
    .sort(([, a], [, b]) => a.begin - b.begin || a.end - b.end);
  checkCoverage(entries, data.byteLength, who);
  return new Map(
    entries.map(([name, { dtype, shape, begin, end }]) => [
      name,
      { dtype, shape, bytes: data.subarray(begin, end) },
    ]),
  );
}

/**
 * Decodes a tensor of floating-point type.
 * @param tensor - F16 or F32
 * @param who - file and tensor, for messages
 * @returns its numbers, row-major; a new array the caller owns
 * @throws {AppError} MODEL_INVALID when the tensor holds integers
 */
export function decodeFloats(tensor: StoredTensor, who: string): Float32Array {
  if (tensor.dtype === 'F16') return halvesToFloats(halvesOf(tensor));
  if (tensor.dtype === 'F32') return new Float32Array(copyBytes(tensor));
  throw invalid(`${who}: expected F16 or F32 but got ${tensor.dtype}`);
}

/**
 * Writes a safetensors file.
 * @param tensors - by name; each one's data has as many elements as its shape says
 * @param metadata - free text by key, kept under `__metadata__`
 * @returns the whole file; a new buffer the caller owns
 * @throws {AppError} MODEL_INVALID when shape and data disagree
 */
export function writeSafetensors(
  tensors: ReadonlyMap<string, TensorToStore>,
  metadata: Readonly<Record<string, string>> = {},
): Buffer {
  // Larger elements first, then by name, as the reference writer does: every tensor is aligned.
  const ordered = [...tensors].sort(
    ([a, { dtype: x }], [b, { dtype: y }]) => bytesOf[y] - bytesOf[x] || (a < b ? -1 : 1),
  );
  const header: Record<string, unknown> = Object.keys(metadata).length > 0 ? { __metadata__: metadata } : {};
  const parts: Uint8Array[] = [];
  let offset = 0;
  for (const [name, tensor] of ordered) {
    const bytes = encode(tensor, name);
    const end = offset + bytes.byteLength;
    header[name] = { dtype: tensor.dtype, shape: tensor.shape, data_offsets: [offset, end] };
    parts.push(bytes);
    offset = end;
  }
  const json = Buffer.from(JSON.stringify(header));
  const padded = Buffer.alloc(Math.ceil(json.byteLength / 8) * 8, ' ');
  json.copy(padded);
  const length = Buffer.alloc(lengthBytes);
  length.writeBigUInt64LE(BigInt(padded.byteLength));
  return Buffer.concat([length, padded, ...parts]);
}

interface Entry {
  readonly dtype: TensorType;
  readonly shape: readonly number[];
  readonly begin: number;
  readonly end: number;
}

function readHeaderLength(file: Uint8Array, who: string): number {
  if (file.byteLength < lengthBytes)
    throw invalid(`${who}: expected a safetensors file but got ${file.byteLength} bytes`);
  const length = new DataView(file.buffer, file.byteOffset).getBigUint64(0, true);
  const rest = file.byteLength - lengthBytes;
  if (length > maxHeaderBytes || length > rest)
    throw invalid(`${who}: expected a header of at most ${rest} bytes but its length says ${String(length)}`);
  return Number(length);
}

function parseHeader(bytes: Uint8Array, who: string): Record<string, unknown> {
  const header = parseJson(bytes, who);
  if (isRecord(header)) return header;
  throw invalid(`${who}: expected a header that is a JSON object but got ${show(header)}`);
}

function parseJson(bytes: Uint8Array, who: string): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (cause) {
    throw invalid(`${who}: expected a header in JSON but got something else`, cause);
  }
}

function parseEntry(entry: unknown, who: string): Entry {
  if (!isRecord(entry)) throw invalid(`${who}: expected an object in the header but got ${show(entry)}`);
  const { dtype, shape, data_offsets: offsets } = entry;
  if (!isTensorType(dtype))
    throw invalid(`${who}: expected dtype ${Object.keys(bytesOf).join(', ')} but got ${show(dtype)}`);
  if (!isSizes(shape)) throw invalid(`${who}: expected a shape of whole numbers but got ${show(shape)}`);
  if (!isSizes(offsets) || offsets[0] === undefined || offsets[1] === undefined || offsets.length !== 2)
    throw invalid(`${who}: expected two data_offsets but got ${show(offsets)}`);
  const expected = shape.reduce((product, side) => product * side, bytesOf[dtype]);
  const [begin, end] = offsets;
  if (end - begin !== expected)
    throw invalid(
      `${who}: expected ${expected} bytes for ${dtype} [${shape.join(', ')}] but got ${end - begin}`,
    );
  return { dtype, shape, begin, end };
}

/** The format allows neither overlaps nor gaps: the tensors, in order, fill the file to its last byte. */
function checkCoverage(entries: readonly (readonly [string, Entry])[], dataBytes: number, who: string): void {
  let end = 0;
  for (const [name, entry] of entries) {
    if (entry.begin !== end)
      throw invalid(
        `${who}: tensor "${plainText(name)}": expected to begin at byte ${end} but got ${entry.begin}`,
      );
    end = entry.end;
  }
  if (end !== dataBytes)
    throw invalid(
      `${who}: expected ${end} bytes of tensor data but got ${dataBytes}: the file is incomplete or too long`,
    );
}

function encode(tensor: TensorToStore, name: string): Uint8Array {
  const expected = tensor.shape.reduce((product, side) => product * side, 1);
  if (tensor.data.length !== expected)
    throw invalid(
      `tensor "${name}": expected ${expected} elements for [${tensor.shape.join(', ')}] but got ${tensor.data.length}`,
    );
  const data = tensor.dtype === 'F16' ? floatsToHalves(tensor.data) : tensor.data;
  return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
}

/** The bit patterns of half-precision numbers; not to be modified. */
function halvesOf(tensor: StoredTensor): Uint16Array {
  const { buffer, byteOffset, byteLength } = tensor.bytes;
  if (byteOffset % Uint16Array.BYTES_PER_ELEMENT !== 0) return new Uint16Array(copyBytes(tensor));
  return new Uint16Array(buffer, byteOffset, byteLength / Uint16Array.BYTES_PER_ELEMENT);
}

/** A copy at an aligned address, which typed arrays of larger elements need. */
function copyBytes(tensor: StoredTensor): ArrayBuffer {
  const copy = new Uint8Array(tensor.bytes.byteLength);
  copy.set(tensor.bytes);
  return copy.buffer;
}

function isTensorType(value: unknown): value is TensorType {
  return typeof value === 'string' && Object.hasOwn(bytesOf, value);
}

function isSizes(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((side) => Number.isSafeInteger(side) && side >= 0);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function show(value: unknown): string {
  return value === undefined ? 'nothing' : plainText(JSON.stringify(value).slice(0, 80));
}

function invalid(message: string, cause?: unknown): AppError {
  return new AppError('MODEL_INVALID', message, {
    cure: 'download the model again, or restore its weights file',
    ...(cause === undefined ? {} : { cause }),
  });
}
