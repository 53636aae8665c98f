/** The NAL unit types that matter here. @see ITU-T H.264, table 7-1 */
export const nalTypes = { slice: 1, idr: 5, sps: 7, pps: 8 } as const;

/** What a decoder needs before the first picture. NAL units without start codes. */
export interface ParameterSets {
  readonly sps: Uint8Array;
  readonly pps: Uint8Array;
}

/** The low five bits of a NAL unit's first byte; 0 for an empty one. */
export function nalType(nal: Uint8Array): number {
  return (nal[0] ?? 0) & 0x1f;
}

/** The first SPS and PPS among NAL units; undefined if one is missing or cut off. */
export function parameterSetsOf(nals: readonly Uint8Array[]): ParameterSets | undefined {
  const sps = nals.find((nal) => nalType(nal) === nalTypes.sps);
  const pps = nals.find((nal) => nalType(nal) === nalTypes.pps);
  return sps === undefined || pps === undefined || sps.length < 4 ? undefined : { sps, pps };
}

/**
 * Splits a byte stream of whole NAL units (Annex B, start codes of three or four bytes).
 * @returns views of `bytes` without start codes, in order; bytes before the first start code are left out
 */
export function splitAnnexB(bytes: Uint8Array): Uint8Array[] {
  const nals: Uint8Array[] = [];
  let begin = -1;
  for (let i = 0; i + 2 < bytes.length;) {
    // A third byte above 1 rules out a start code at i, i + 1 and i + 2.
    const third = bytes[i + 2] ?? 0;
    if (third > 1) i += 3;
    else if (third === 1 && bytes[i] === 0 && bytes[i + 1] === 0) {
      if (begin >= 0) pushTrimmed(nals, bytes.subarray(begin, i));
      begin = i + 3;
      i = begin;
    } else i++;
  }
  if (begin >= 0) pushTrimmed(nals, bytes.subarray(begin));
  return nals;
}

/** A NAL unit never ends with a zero byte; trailing zeros belong to the next start code. */
function pushTrimmed(nals: Uint8Array[], nal: Uint8Array): void {
  let end = nal.length;
  while (end > 0 && nal[end - 1] === 0) end--;
  if (end > 0) nals.push(nal.subarray(0, end));
}
