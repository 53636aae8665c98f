const packetBytes = 188;

/**
 * Cuts MPEG-TS that comes in pieces of any length at packet boundaries, so that a player may start with any piece.
 * @returns a function that takes the next piece and returns the whole packets, or undefined if there are none; it keeps
 * less than one packet
 */
export function wholePackets(): (data: Uint8Array) => Uint8Array | undefined {
  let rest = new Uint8Array(0);
  return (data) => {
    const all = rest.length === 0 ? data : Buffer.concat([rest, data]);
    const whole = all.length - (all.length % packetBytes);
    rest = Uint8Array.from(all.subarray(whole));
    return whole === 0 ? undefined : all.subarray(0, whole);
  };
}
