/** Channel numbers of a track in the RTSP connection. */
export interface Channels {
  readonly rtp: number;
  readonly rtcp: number;
}

/**
 * Chooses the supported transport from a SETUP's Transport header: RTP over the RTSP connection itself.
 * @returns the channels, 0 and 1 if the client names none; undefined if the client accepts only other transports
 * @see RFC 2326, section 12.39
 */
export function chooseChannels(header: string): Channels | undefined {
  for (const offer of header.split(',')) {
    const [protocol = '', ...parameters] = offer.split(';').map((part) => part.trim().toLowerCase());
    if (protocol !== 'rtp/avp/tcp') continue;
    if (parameters.includes('multicast')) continue;
    if (parameters.some((parameter) => /^mode="?record/.test(parameter))) continue;
    const channels = parseChannels(parameters.find((parameter) => parameter.startsWith('interleaved')));
    if (channels) return channels;
  }
  return undefined;
}

function parseChannels(parameter: string | undefined): Channels | undefined {
  if (parameter === undefined) return { rtp: 0, rtcp: 1 };
  const match = /^interleaved *= *(\d{1,3})(?: *- *(\d{1,3}))?$/.exec(parameter);
  if (!match) return undefined;
  const rtp = Number(match[1]);
  const rtcp = Number(match[2] ?? rtp + 1);
  return rtp <= 255 && rtcp <= 255 && rtp !== rtcp ? { rtp, rtcp } : undefined;
}
