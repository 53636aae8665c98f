/* eslint-disable @typescript-eslint/no-non-null-assertion -- hot loops: the loop bounds prove each index */
import type { FeatureMap } from './frozen-part.ts';

/** Everything that a step needs from one picture, after the frozen part has been computed. */
export interface FeatureRecord {
  readonly maps: ReadonlyMap<string, FeatureMap>;
  /** `[2, rows, columns]` a*, b* at the network's resolution */
  readonly ab: Int8Array;
  readonly embedding: Float32Array;
}

/** What all records of a file share. */
export interface RecordShape {
  readonly maps: readonly { readonly name: string; readonly shape: readonly [number, number, number] }[];
  readonly abLength: number;
  readonly embeddingSize: number;
}

/** Bytes of one record: maps in 8 bits with one scale per channel, then a*, b*, then the embedding as float32. */
export function recordBytes({ maps, abLength, embeddingSize }: RecordShape): number {
  const mapBytes = maps.reduce((sum, { shape: [r, c, channels] }) => sum + channels * (4 + r * c), 0);
  return mapBytes + abLength + embeddingSize * 4;
}

/** The shape of a record, for its file. */
export function shapeOf(record: FeatureRecord): RecordShape {
  return {
    maps: [...record.maps].map(([name, { shape }]) => ({ name, shape })),
    abLength: record.ab.length,
    embeddingSize: record.embedding.length,
  };
}

/**
 * Packs a record. Maps come from a ReLU, so they are 0 or more. Each channel is scaled by its greatest value; the error
 * is at most a 510th of that value.
 * @returns a new buffer the caller owns
 */
export function packRecord(record: FeatureRecord): Buffer {
  const bytes = Buffer.alloc(recordBytes(shapeOf(record)));
  let at = 0;
  for (const { shape, data } of record.maps.values()) at = packMap(bytes, at, data, shape[2]);
  bytes.set(new Uint8Array(record.ab.buffer, record.ab.byteOffset, record.ab.length), at);
  at += record.ab.length;
  for (const value of record.embedding) at = bytes.writeFloatLE(value, at);
  return bytes;
}

/**
 * Unpacks a record.
 * @param into - arrays for the numbers of each map, by name: `[rows * columns * channels]` each; overwritten
 * @returns a*, b* (a view of the bytes) and the embedding (a new array)
 */
export function unpackRecord(
  bytes: Buffer,
  shape: RecordShape,
  into: ReadonlyMap<string, Float32Array>,
): { ab: Int8Array; embedding: Float32Array } {
  let at = 0;
  for (const { name, shape: mapShape } of shape.maps) {
    const out = into.get(name);
    if (out === undefined) throw new TypeError(`expected an array for ${name}`);
    at = unpackMap(bytes, at, out, mapShape[2]);
  }
  const ab = new Int8Array(bytes.buffer, bytes.byteOffset + at, shape.abLength);
  at += shape.abLength;
  const embedding = Float32Array.from({ length: shape.embeddingSize }, (_, i) =>
    bytes.readFloatLE(at + 4 * i),
  );
  return { ab, embedding };
}

function packMap(bytes: Buffer, start: number, data: Float32Array, channels: number): number {
  const scales = new Float32Array(channels);
  for (let i = 0; i < data.length; i++) {
    const channel = i % channels;
    if (data[i]! > scales[channel]!) scales[channel] = data[i]!;
  }
  for (let c = 0; c < channels; c++) {
    scales[c]! /= 255;
    bytes.writeFloatLE(scales[c]!, start + 4 * c);
  }
  const from = start + 4 * channels;
  for (let i = 0; i < data.length; i++) {
    const scale = scales[i % channels]!;
    bytes[from + i] = scale === 0 ? 0 : Math.max(0, Math.round(data[i]! / scale));
  }
  return from + data.length;
}

function unpackMap(bytes: Buffer, start: number, out: Float32Array, channels: number): number {
  const scales = Float32Array.from({ length: channels }, (_, c) => bytes.readFloatLE(start + 4 * c));
  const from = start + 4 * channels;
  for (let cell = 0; cell < out.length; cell += channels) {
    for (let c = 0; c < channels; c++) out[cell + c] = bytes[from + cell + c]! * scales[c]!;
  }
  return from + out.length;
}
