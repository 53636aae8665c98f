/** `halve` of `../../shrink.ts`: means of 2 x 2. An odd last row or column is left out. */
export function halvePicture(picture: usize, columns: i32, rows: i32, out: usize): void {
  const half = columns >> 1;
  const two = i16x8.splat(2);
  for (let row = 0; row < rows >> 1; row++, out += half) {
    const upper = picture + 2 * row * columns;
    const lower = upper + columns;
    let x = 0;
    for (; x + 16 <= half; x += 16) {
      const at = 2 * x;
      const low = i16x8.add(
        i16x8.extadd_pairwise_i8x16_u(v128.load(upper + at)),
        i16x8.extadd_pairwise_i8x16_u(v128.load(lower + at)),
      );
      const high = i16x8.add(
        i16x8.extadd_pairwise_i8x16_u(v128.load(upper + at, 16)),
        i16x8.extadd_pairwise_i8x16_u(v128.load(lower + at, 16)),
      );
      v128.store(
        out + x,
        i8x16.narrow_i16x8_u(i16x8.shr_u(i16x8.add(low, two), 2), i16x8.shr_u(i16x8.add(high, two), 2)),
      );
    }
    for (; x < half; x++) {
      const at = 2 * x;
      const sum =
        <u32>load<u8>(upper + at) +
        <u32>load<u8>(upper + at, 1) +
        <u32>load<u8>(lower + at) +
        <u32>load<u8>(lower + at, 1);
      store<u8>(out + x, <u8>((sum + 2) >> 2));
    }
  }
}
