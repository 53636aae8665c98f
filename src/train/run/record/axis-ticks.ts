/**
 * Round numbers that divide an axis.
 * @param from - its lowest number
 * @param to - its highest, more than `from`
 * @param count - about how many ticks to make
 * @returns multiples of 1, 2 or 5 times a power of ten, all within the axis, ascending
 */
export function axisTicks(from: number, to: number, count: number): number[] {
  const step = roundStep((to - from) / Math.max(1, count));
  const first = Math.ceil(from / step - 1e-9);
  const last = Math.floor(to / step + 1e-9);
  return Array.from({ length: last - first + 1 }, (_, i) => Number(((first + i) * step).toPrecision(12)));
}

function roundStep(least: number): number {
  const power = 10 ** Math.floor(Math.log10(least));
  const factor = [1, 2, 5, 10].find((one) => one * power >= least * (1 - 1e-9)) ?? 10;
  return factor * power;
}
