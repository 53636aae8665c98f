/** The muxer's arguments for the streams that are carried over from the source, and for the picture's own track. */
import type { OtherStream, VideoInfo } from '../../../ingest/film/source-info.ts';
import type { Timeline } from '../../../ingest/film/timeline.ts';
import type { Container } from '../encode/encoders.ts';
import { clockAudioFilter, isMoved, packetFilter, type PacketRules } from './packet-filters.ts';
import { attachArgs, type CoverFile } from './covers.ts';
import type { CarryPlan } from './plan-carry.ts';

export interface StreamRules {
  readonly carry: readonly CarryPlan[];
  readonly covers: readonly CoverFile[];
  readonly container: Container;
  readonly timeline?: Timeline | undefined;
  /** Where converted sound ends, seconds of the output; undefined: at its own end, or at that of `-t`. */
  readonly endS?: number | undefined;
  readonly rulesFor: (stream: OtherStream) => PacketRules;
}

/** The arguments that choose the streams of the source (input 1) and say how each is written, after the picture. */
export function streamArgs({ carry, covers, container, timeline, endS, rulesFor }: StreamRules): string[] {
  const kept = carry.filter(({ action }) => action === 'copy' || action === 'convert');
  const files = kept.filter(({ stream }) => stream.kind === 'attachment').length;
  return [
    ...kept.flatMap(({ stream }) => ['-map', `1:${stream.index}`]),
    ...['-c', 'copy'],
    ...kept.flatMap(({ stream, encoder }, i) => {
      const clock = timeline?.others.get(stream.index);
      const rules = rulesFor(stream);
      const isSound = encoder !== undefined && stream.kind === 'audio';
      const sound = isSound ? soundFilters(rules, endS) : [];
      // An encoder makes new packets, so the clock is corrected before it.
      const filter = packetFilter(isSound ? { ...rules, clock: undefined, leftOut: undefined } : rules);
      return [
        ...(encoder === undefined ? [] : [`-c:${i + 1}`, encoder]),
        ...(sound.length === 0 ? [] : [`-filter:${i + 1}`, sound.join(',')]),
        ...(filter === undefined ? [] : [`-bsf:${i + 1}`, filter]),
        // Packets are identified by their numbers, so none may be skipped because a keyframe is missing.
        ...(isMoved(clock) && encoder === undefined ? [`-copyinkf:${i + 1}`] : []),
        ...titleArgs(`s:${i + 1}`, stream.tags, container),
        ...dispositionArgs(i + 1, stream),
      ];
    }),
    ...covers.flatMap((cover, i) => attachArgs(cover, files + i, i === 0)),
  ];
}

/** The filters for sound between decoder and encoder. */
function soundFilters({ clock, tickS }: PacketRules, endS: number | undefined): string[] {
  return [
    ...(isMoved(clock) ? [clockAudioFilter(clock, tickS)] : []),
    ...(endS === undefined ? [] : [`atrim=end=${endS.toFixed(6)}`]),
  ];
}

/** Title, language and similar tags of the picture's track, which is the default track. */
export function pictureArgs({ tags, dispositions }: VideoInfo, container: Container): string[] {
  const own = Object.entries(tags).filter(([name]) => !technicalTag.test(name));
  const flags = [...new Set(['default', ...dispositions])];
  return [
    ...own.flatMap(([name, value]) => ['-metadata:s:v:0', `${name}=${value}`]),
    ...titleArgs('s:v:0', tags, container),
    ...['-disposition:v:0', flags.join('+')],
  ];
}

/** Tags that say how a track was made. They do not apply to the new track. */
const technicalTag =
  /^(?:duration|encoder|handler_name|vendor_id|rotate|timecode|alpha_mode|creation_time|source_id|_?statistics.*|bps|number_of_.*)(?:-\w+)?$/i;

/** Most programs read the title of an mp4's track from its handler's name. */
function titleArgs(track: string, tags: Readonly<Record<string, string>>, container: Container): string[] {
  const title = tags['title'];
  const isMp4 = container === 'mp4' || container === 'mov';
  return title === undefined || !isMp4 ? [] : [`-metadata:${track}`, `handler_name=${title}`];
}

function dispositionArgs(output: number, { kind, dispositions }: OtherStream): string[] {
  if (kind === 'attachment') return [];
  const own = kind === 'video' ? dispositions.filter((flag) => flag !== 'default') : dispositions;
  const flags = kind === 'picture' ? [...new Set(['attached_pic', ...own])] : own;
  return [`-disposition:${output}`, flags.length === 0 ? '0' : flags.join('+')];
}
