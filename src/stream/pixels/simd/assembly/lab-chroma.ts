/** `labToChroma` of `../../lab-chroma.ts`, with the same order of the constants and of all steps. */

/** `curveSteps` */
const curveSteps: f32 = 4096;

/** Works on four pixels at a time, so up to three after the last are written too. */
export function labToChromaPlanes(
  luma: usize,
  a: usize,
  b: usize,
  count: i32,
  constants: usize,
  curveOfLuma: usize,
  srgb: usize,
  cb: usize,
  cr: usize,
): void {
  const aGain = v128.load32_splat(constants);
  const bGain = v128.load32_splat(constants, 4);
  const kr = v128.load32_splat(constants, 56);
  const kg = v128.load32_splat(constants, 60);
  const kb = v128.load32_splat(constants, 64);
  const cbGain = v128.load32_splat(constants, 68);
  const crGain = v128.load32_splat(constants, 72);
  for (let i = 0; i < count; i += 4) {
    const at = i * 4;
    let fy = v128.load32_zero(curveOfLuma + ((<usize>load<u8>(luma + i)) << 2));
    fy = v128.load32_lane(curveOfLuma + ((<usize>load<u8>(luma + i, 1)) << 2), fy, 1);
    fy = v128.load32_lane(curveOfLuma + ((<usize>load<u8>(luma + i, 2)) << 2), fy, 2);
    fy = v128.load32_lane(curveOfLuma + ((<usize>load<u8>(luma + i, 3)) << 2), fy, 3);
    const x = cubed(constants, f32x4.add(fy, f32x4.mul(v128.load(a + at), aGain)));
    const y = cubed(constants, fy);
    const z = cubed(constants, f32x4.sub(fy, f32x4.mul(v128.load(b + at), bGain)));
    const red = onCurve(srgb, mixed(constants, x, y, z));
    const green = onCurve(srgb, mixed(constants + 12, x, y, z));
    const blue = onCurve(srgb, mixed(constants + 24, x, y, z));
    const luminance = f32x4.add(f32x4.add(f32x4.mul(kr, red), f32x4.mul(kg, green)), f32x4.mul(kb, blue));
    v128.store(cb + at, f32x4.mul(f32x4.sub(blue, luminance), cbGain));
    v128.store(cr + at, f32x4.mul(f32x4.sub(red, luminance), crGain));
  }
}

function cubed(constants: usize, f: v128): v128 {
  const cube = f32x4.mul(f32x4.mul(f, f), f);
  const line = f32x4.mul(f32x4.sub(f, v128.load32_splat(constants, 12)), v128.load32_splat(constants, 16));
  return v128.bitselect(cube, line, f32x4.gt(f, v128.load32_splat(constants, 8)));
}

/** @param row - three constants from `matrix` on */
function mixed(row: usize, x: v128, y: v128, z: v128): v128 {
  return f32x4.add(
    f32x4.add(f32x4.mul(v128.load32_splat(row, 20), x), f32x4.mul(v128.load32_splat(row, 24), y)),
    f32x4.mul(v128.load32_splat(row, 28), z),
  );
}

function onCurve(curve: usize, value: v128): v128 {
  const clipped = f32x4.min(f32x4.max(value, f32x4.splat(0)), f32x4.splat(1));
  const place = f32x4.mul(clipped, f32x4.splat(curveSteps));
  const index = i32x4.trunc_sat_f32x4_s(place);
  // Each point and the next one: 64 bits.
  const first = v128.load64_lane(
    curve + (i32x4.extract_lane(index, 1) << 2),
    v128.load64_zero(curve + (i32x4.extract_lane(index, 0) << 2)),
    1,
  );
  const second = v128.load64_lane(
    curve + (i32x4.extract_lane(index, 3) << 2),
    v128.load64_zero(curve + (i32x4.extract_lane(index, 2) << 2)),
    1,
  );
  const low = v128.shuffle<i32>(first, second, 0, 2, 4, 6);
  const high = v128.shuffle<i32>(first, second, 1, 3, 5, 7);
  const part = f32x4.sub(place, f32x4.convert_i32x4_s(index));
  return f32x4.add(low, f32x4.mul(f32x4.sub(high, low), part));
}
