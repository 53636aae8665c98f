import { AppError } from '../../../errors.ts';
import { decodeExample, encodeExample, type Feature } from './example.ts';
import type { Sample } from './sample.ts';

/**
 * Encodes a sample as the data of one record: a `tf.train.Example`.
 * @returns a new array the caller owns
 */
export function encodeSample(sample: Sample): Uint8Array {
  const { key, size, luma, ab, embedding, embeddingMirrored } = sample;
  return encodeExample({
    key: new TextEncoder().encode(key),
    width: [size.widthPx],
    height: [size.heightPx],
    luma,
    ab: new Uint8Array(ab.buffer, ab.byteOffset, ab.byteLength),
    embedding,
    embedding_mirrored: embeddingMirrored,
  });
}

/**
 * Decodes a record's data.
 * @param data - not modified; luma and ab are views of it
 * @param who - names the record in messages
 * @throws {AppError} INPUT_DAMAGED if it is not one of our samples
 */
export function decodeSample(data: Uint8Array, who: string): Sample {
  const features = decode(data, who);
  const widthPx = numberOf(features.get('width'), 'width', who);
  const heightPx = numberOf(features.get('height'), 'height', who);
  const pixels = widthPx * heightPx;
  const ab = bytesOf(features.get('ab'), 'ab', 2 * pixels, who);
  return {
    key: new TextDecoder().decode(bytesOf(features.get('key'), 'key', undefined, who)),
    size: { widthPx, heightPx },
    luma: bytesOf(features.get('luma'), 'luma', pixels, who),
    ab: new Int8Array(ab.buffer, ab.byteOffset, ab.byteLength),
    embedding: floatsOf(features.get('embedding'), 'embedding', who),
    embeddingMirrored: floatsOf(features.get('embedding_mirrored'), 'embedding_mirrored', who),
  };
}

function decode(data: Uint8Array, who: string): Map<string, Feature> {
  try {
    return decodeExample(data);
  } catch (cause) {
    throw foreign(`${who}: expected a tf.train.Example but got ${String(cause)}`, cause);
  }
}

function bytesOf(
  feature: Feature | undefined,
  name: string,
  length: number | undefined,
  who: string,
): Uint8Array {
  if (feature instanceof Uint8Array && (length === undefined || feature.length === length)) return feature;
  const expected = length === undefined ? 'bytes' : `${length} bytes`;
  throw foreign(`${who}: expected "${name}" of ${expected} but got ${describe(feature)}`);
}

function floatsOf(feature: Feature | undefined, name: string, who: string): Float32Array {
  if (feature instanceof Float32Array) return feature;
  throw foreign(`${who}: expected "${name}" of floats but got ${describe(feature)}`);
}

function numberOf(feature: Feature | undefined, name: string, who: string): number {
  const value = Array.isArray(feature) ? (feature[0] as number | undefined) : undefined;
  if (value !== undefined && value > 0) return value;
  throw foreign(`${who}: expected "${name}" from 1 but got ${describe(feature)}`);
}

function describe(feature: Feature | undefined): string {
  if (feature === undefined) return 'none';
  if (feature instanceof Uint8Array) return `${feature.length} bytes`;
  if (feature instanceof Float32Array) return `${feature.length} floats`;
  return `[${feature.join(', ')}]`;
}

function foreign(message: string, cause?: unknown): AppError {
  return new AppError('INPUT_DAMAGED', message, {
    cure: 'make the set again with `chromafeed dataset`',
    ...(cause === undefined ? {} : { cause }),
  });
}
