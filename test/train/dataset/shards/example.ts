import test from 'ava';
import protobuf from 'protobufjs';
import { decodeExample, encodeExample } from '../../../../src/train/dataset/shards/example.ts';

/** tensorflow/core/example/example.proto and feature.proto, without their comments. */
const { root } = protobuf.parse(`
  syntax = "proto3"; package tensorflow;
  message BytesList { repeated bytes value = 1; }
  message FloatList { repeated float value = 1 [packed = true]; }
  message Int64List { repeated int64 value = 1 [packed = true]; }
  message Feature { oneof kind { BytesList bytes_list = 1; FloatList float_list = 2; Int64List int64_list = 3; } }
  message Features { map<string, Feature> feature = 1; }
  message Example { Features features = 1; }
`);
const reference = root.lookupType('tensorflow.Example');

test('the codec that protobufjs makes from the .proto decodes what is encoded here', (t) => {
  const bytes = encodeExample({
    name: Uint8Array.from([0, 200, 7]),
    size: [192, 1, 300_000],
    numbers: Float32Array.of(0.5, -3, 1e-20),
    none: new Float32Array(0),
  });
  const { features } = reference.toObject(reference.decode(bytes), {
    longs: Number,
    arrays: true,
    bytes: Array,
  });
  t.like(features, {
    feature: {
      name: { bytesList: { value: [[0, 200, 7]] } },
      size: { int64List: { value: [192, 1, 300_000] } },
      numbers: { floatList: { value: [0.5, -3, Math.fround(1e-20)] } },
      none: { floatList: { value: [] } },
    },
  });
});

test('what that codec encodes is decoded here, and unknown fields are skipped', (t) => {
  const known = reference.encode({
    features: {
      feature: {
        luma: { bytesList: { value: [Uint8Array.from([9, 8])] } },
        width: { int64List: { value: [1920] } },
        embedding: { floatList: { value: [1, 2.5] } },
      },
    },
  });
  const later = known
    .uint32((15 << 3) | 2)
    .bytes(Uint8Array.from([1, 2, 3]))
    .uint32((16 << 3) | 0)
    .uint32(5);
  const features = decodeExample(later.finish());
  t.deepEqual(
    [...features].sort(([one], [other]) => (one < other ? -1 : 1)),
    [
      ['embedding', Float32Array.of(1, 2.5)],
      ['luma', Uint8Array.from([9, 8])],
      ['width', [1920]],
    ],
  );
});

test('bytes that are not a message are refused', (t) => {
  t.throws(() => decodeExample(Uint8Array.from([0x0a, 0xff, 0xff])), { instanceOf: RangeError });
});
