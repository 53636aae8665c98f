import protobuf from 'protobufjs/light.js';

/*
 * tf.train.Example, tensorflow/core/example/{example,feature}.proto. As wire format:
 *   Example { Features features = 1 }   Features { map<string, Feature> feature = 1 }
 *   Feature { BytesList bytes_list = 1 | FloatList float_list = 2 | Int64List int64_list = 3 }
 *   each list { repeated value = 1 [packed] }
 * Floats are copied as one block, because the codec of protobufjs makes an object of each.
 */

/** Values of one name: bytes, single floats, or whole numbers 0..2^32 - 1. */
export type Feature = Uint8Array | Float32Array | readonly number[];

const lengthDelimited = 2;
const tag = (field: number, wireType: number): number => (field << 3) | wireType;

/**
 * Encodes named values as a `tf.train.Example`.
 * @param features - in this order
 * @returns a new array the caller owns
 */
export function encodeExample(features: Readonly<Record<string, Feature>>): Uint8Array {
  const writer = protobuf.Writer.create();
  writer.uint32(tag(1, lengthDelimited)).fork();
  for (const [name, feature] of Object.entries(features)) {
    writer.uint32(tag(1, lengthDelimited)).fork();
    writer.uint32(tag(1, lengthDelimited)).string(name);
    writer.uint32(tag(2, lengthDelimited)).fork();
    writeFeature(writer, feature);
    writer.ldelim().ldelim();
  }
  return writer.ldelim().finish();
}

/**
 * Decodes a `tf.train.Example`.
 * @param bytes - not modified; byte features are views of it
 * @returns the values by name
 * @throws {Error} from protobufjs if it is not one
 */
export function decodeExample(bytes: Uint8Array): Map<string, Feature> {
  const features = new Map<string, Feature>();
  const plain = new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength); // from a Buffer it would make Buffers
  eachField(protobuf.Reader.create(plain), (example, exampleField) => {
    if (exampleField !== 1) return false;
    eachField(nested(example), (list, listField) => {
      if (listField !== 1) return false;
      readEntry(nested(list), features);
      return true;
    });
    return true;
  });
  return features;
}

function writeFeature(writer: protobuf.Writer, feature: Feature): void {
  const kind = feature instanceof Uint8Array ? 1 : feature instanceof Float32Array ? 2 : 3;
  writer.uint32(tag(kind, lengthDelimited)).fork();
  writer.uint32(tag(1, lengthDelimited));
  if (feature instanceof Uint8Array) writer.bytes(feature);
  else if (feature instanceof Float32Array) writer.bytes(bytesOf(feature));
  else {
    writer.fork();
    for (const value of feature) writer.uint32(value);
    writer.ldelim();
  }
  writer.ldelim();
}

function readEntry(reader: protobuf.Reader, features: Map<string, Feature>): void {
  let name = '';
  let feature: Feature | undefined;
  eachField(reader, (entry, field) => {
    if (field === 1) name = entry.string();
    else if (field === 2) feature = readFeature(nested(entry));
    else return false;
    return true;
  });
  if (feature !== undefined) features.set(name, feature);
}

function readFeature(reader: protobuf.Reader): Feature | undefined {
  let feature: Feature | undefined;
  eachField(reader, (one, kind) => {
    if (kind < 1 || kind > 3) return false;
    eachField(nested(one), (list, field) => {
      if (field !== 1) return false;
      const block = list.bytes();
      feature = kind === 1 ? block : kind === 2 ? floatsOf(block) : wholeNumbers(block);
      return true;
    });
    return true;
  });
  return feature;
}

/** Calls `read` for each field; what it declines is skipped, as unknown fields are. */
function eachField(reader: protobuf.Reader, read: (reader: protobuf.Reader, field: number) => boolean): void {
  while (reader.pos < reader.len) {
    const key = reader.uint32();
    if ((key & 7) === lengthDelimited && read(reader, key >>> 3)) continue;
    reader.skipType(key & 7);
  }
}

function nested(reader: protobuf.Reader): protobuf.Reader {
  return protobuf.Reader.create(reader.bytes());
}

function wholeNumbers(block: Uint8Array): number[] {
  const reader = protobuf.Reader.create(block);
  const values: number[] = [];
  while (reader.pos < reader.len) values.push(reader.uint32());
  return values;
}

function floatsOf(block: Uint8Array): Float32Array {
  return new Float32Array(new Uint8Array(block).buffer, 0, Math.floor(block.length / 4));
}

function bytesOf(floats: Float32Array): Uint8Array {
  return new Uint8Array(floats.buffer, floats.byteOffset, floats.byteLength);
}
