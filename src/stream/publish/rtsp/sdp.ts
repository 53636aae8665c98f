import type { ParameterSets } from '../video/nal-units.ts';

/** RTP payload type of the H.264 stream, from the dynamic range. */
export const payloadType = 96;
/** Relative URL of the one track. */
export const trackControl = 'trackID=0';

export interface SdpOptions {
  /** The title that players show. Control characters are removed. */
  readonly name: string;
  /** A sentence about the content, if there is something to say. */
  readonly info?: string | undefined;
  readonly parameterSets: ParameterSets;
  /** Number of this description. Players that see another number know that the stream has changed. */
  readonly sessionId: number;
}

/**
 * Describes a mount with its one H.264 track.
 * @see RFC 4566 (SDP), RFC 2326 appendix C, RFC 6184 section 8.2
 */
export function formatSdp({ name, info, parameterSets, sessionId }: SdpOptions): string {
  const { sps, pps } = parameterSets;
  const profile = Buffer.from(sps.subarray(1, 4)).toString('hex').toUpperCase();
  const sets = [sps, pps].map((nal) => Buffer.from(nal).toString('base64')).join(',');
  const lines = [
    'v=0',
    `o=- ${sessionId} ${sessionId} IN IP4 0.0.0.0`,
    `s=${oneLine(name)}`,
    ...(info === undefined ? [] : [`i=${oneLine(info)}`]),
    'c=IN IP4 0.0.0.0',
    't=0 0',
    'a=control:*',
    `m=video 0 RTP/AVP ${payloadType}`,
    `a=rtpmap:${payloadType} H264/90000`,
    `a=fmtp:${payloadType} packetization-mode=1; profile-level-id=${profile}; sprop-parameter-sets=${sets}`,
    `a=control:${trackControl}`,
  ];
  return lines.map((line) => `${line}\r\n`).join('');
}

function oneLine(text: string): string {
  return text.replace(/\p{Cc}+/gu, ' ').trim() || '-';
}
