const channelMultiple = 8;

/** Multiplies channels, and rounds to a multiple of 8, but never down by more than a tenth. */
export function scaledChannels(channels: number, width: number): number {
  const wanted = channels * width;
  const near = Math.max(
    channelMultiple,
    Math.floor((wanted + channelMultiple / 2) / channelMultiple) * channelMultiple,
  );
  return near < 0.9 * wanted ? near + channelMultiple : near;
}
