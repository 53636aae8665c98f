const packetBytes = 188;

/**
 * Cuts MPEG-TS that comes in pieces of any length at the ends of its packets, so that a player may begin with any
 * piece.
 * @returns takes the next piece; gives what is whole, undefined when nothing is; keeps less than one packet
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
