/** Looks for jumps in a film's clock before its frames are read. */
import { JumpWatch, jumpLimits } from './clock-jumps.ts';
import { scanPackets, type ScannedPacket } from './packet-scan.ts';
import type { SourceInfo } from './source-info.ts';
import type { SourceInput } from './source-input.ts';
import { timelineOf } from './timeline.ts';

/**
 * Containers whose clock may jump, because a file can consist of several recordings. All their streams use the same
 * time base.
 */
const jumpingContainers: readonly string[] = ['mpegts', 'mpeg'];

/**
 * Reads the times of all packets of a broadcast or a DVD without decoding, about 150 MB per second.
 * @returns the source with a timeline if its clock starts again or jumps, else the source itself
 */
export async function withTimeline(
  input: SourceInput,
  source: SourceInfo,
  signal?: AbortSignal,
): Promise<SourceInfo> {
  const { video, container } = source;
  if (!jumpingContainers.includes(container)) return source;
  const tickS = video.timeBase.num / video.timeBase.den;
  const sound = source.others.filter(({ kind }) => kind === 'audio').map(({ index }) => index);
  const watch = new JumpWatch(new Set([video.index, ...sound]), jumpLimits(tickS));
  await scanPackets(input, { signal }, (packet) => watch.add(packet));
  if (!watch.hasJumped) return source;
  const packets: ScannedPacket[] = [];
  await scanPackets(input, { signal }, (packet) => packets.push(packet));
  const timeline = timelineOf({ packets, picture: video.index, sound: new Set(sound), tickS });
  const startPts = video.startPts ?? 0;
  const durationS = (timeline.end - startPts) * tickS;
  return {
    ...source,
    timeline,
    durationS,
    video: { ...video, durationS },
    notices: [...source.notices, ...jumpNotices(timeline.jumps.map((pts) => (pts - startPts) * tickS))],
  };
}

function jumpNotices(jumpsS: readonly number[]): string[] {
  if (jumpsS.length === 0) return ['the clock of its sound jumps: the sound continues without a gap'];
  const shown = jumpsS.slice(0, 5).map((atS) => `${atS.toFixed(2)} s`);
  const more = jumpsS.length > shown.length ? ` and ${jumpsS.length - shown.length} more places` : '';
  return [
    `its clock starts again or jumps at ${shown.join(', ')}${more}: the film and its sound continue there without a gap`,
  ];
}
