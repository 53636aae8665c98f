import test, { type ExecutionContext } from 'ava';
import { floatsToHalves, halvesToFloats } from '../../../src/model/weights/half.ts';

/** Bit patterns and values from IEEE 754-2019, also for its rounding rule at the midpoints. */
const isHalf = test.macro({
  exec(t: ExecutionContext, value: number, bits: number) {
    t.is(floatsToHalves(Float32Array.of(value))[0], bits);
  },
  title: (_, value, bits) => `${value} is stored as half 0x${bits.toString(16)}`,
});

test(isHalf, 0, 0x0000);
test(isHalf, -0, 0x8000);
test(isHalf, 1, 0x3c00);
test(isHalf, -2, 0xc000);
test(isHalf, 65504, 0x7bff);
test(isHalf, 65519, 0x7bff);
test(isHalf, 65520, 0x7c00);
test(isHalf, -Infinity, 0xfc00);
test(isHalf, 2 ** -14, 0x0400);
test(isHalf, 2 ** -24, 0x0001);
test(isHalf, 2 ** -25, 0x0000);
test(isHalf, 1 + 2 ** -11, 0x3c00);
test(isHalf, 1 + 3 * 2 ** -11, 0x3c02);
test(isHalf, 2 - 2 ** -11, 0x4000);
test(isHalf, 1 / 3, 0x3555);

test('every half except the NaNs is the same after conversion to float32 and back', (t) => {
  const all = Uint16Array.from({ length: 0x10000 }, (_, bits) => bits);
  const isNan = (bits: number): boolean => (bits & 0x7c00) === 0x7c00 && (bits & 0x3ff) !== 0;
  const back = floatsToHalves(halvesToFloats(all));
  t.deepEqual(
    back.filter((_, bits) => !isNan(bits)),
    all.filter((bits) => !isNan(bits)),
  );
  t.true(halvesToFloats(all.filter(isNan)).every(Number.isNaN));
});
