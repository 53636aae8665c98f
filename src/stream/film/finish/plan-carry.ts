/** Decides which of a film's other streams the output can carry, and how. */
import { runFfmpeg } from '../../../ingest/ffmpeg/process.ts';
import type { OtherStream } from '../../../ingest/film/source-info.ts';
import { muxerOf, type Container } from '../encode/encoders.ts';
import { coverAction } from './covers.ts';
import { losslessEncoder } from './lossless-sound.ts';

/** What happens to a stream in the output. */
export interface CarryPlan {
  readonly stream: OtherStream;
  /** `attach`: Matroska keeps a cover as an attached file. */
  readonly action: 'copy' | 'convert' | 'attach' | 'drop';
  /** ffmpeg's encoder, if it is converted. */
  readonly encoder?: string;
}

const textSubtitles: readonly string[] = ['subrip', 'ass', 'ssa', 'webvtt', 'mov_text', 'text'];
const subtitleOf: Partial<Record<Container, string>> = {
  mp4: 'mov_text',
  mov: 'mov_text',
  webm: 'webvtt',
  mkv: 'subrip',
};

/** Streams of one kind, which are tried one by one if they cannot be carried together. */
const mostTriedAlone = 8;

/**
 * Asks ffmpeg's own muxer what the output can carry: first all streams together, then, if that fails, those of each
 * codec. Text subtitles that it cannot carry unchanged are converted to the container's own format, and sound to a
 * lossless one. Other streams are dropped, and the user sees their names.
 */
export async function planCarry(
  sourceArgs: readonly string[],
  streams: readonly OtherStream[],
  container: Container,
  signal: AbortSignal,
): Promise<CarryPlan[]> {
  const tried = streams.filter(({ kind }) => kind !== 'attachment' && kind !== 'picture');
  const trial = { sourceArgs, container, signal };
  const copied = new Set(await copyable(tried, trial));
  return streams.map((stream) => planStream(stream, container, copied.has(stream)));
}

interface Trial {
  readonly sourceArgs: readonly string[];
  readonly container: Container;
  readonly signal: AbortSignal;
}

/** The streams that the container accepts unchanged. */
async function copyable(streams: readonly OtherStream[], trial: Trial): Promise<readonly OtherStream[]> {
  if (streams.length === 0 || (await canCopy(streams, trial))) return streams;
  const alike = new Map<string, OtherStream[]>();
  for (const stream of streams) {
    const name = `${stream.kind} ${stream.codec}`;
    alike.set(name, [...(alike.get(name) ?? []), stream]);
  }
  const found: OtherStream[] = [];
  for (const group of alike.values()) {
    if (group.length < streams.length && (await canCopy(group, trial))) found.push(...group);
    else if (group.length > 1 && group.length <= mostTriedAlone)
      for (const stream of group) if (await canCopy([stream], trial)) found.push(stream);
  }
  return found;
}

/** Tries to write the header and the first packets of these streams. */
async function canCopy(
  streams: readonly OtherStream[],
  { sourceArgs, container, signal }: Trial,
): Promise<boolean> {
  const { code } = await runFfmpeg({
    name: 'trial mux',
    signal,
    args: [
      ...['-y', '-t', '1', ...sourceArgs],
      ...streams.flatMap(({ index }) => ['-map', `0:${index}`]),
      ...['-c', 'copy', '-f', muxerOf[container], '/dev/null'],
    ],
  });
  return code === 0;
}

function planStream(stream: OtherStream, container: Container, canBeCopied: boolean): CarryPlan {
  if (stream.kind === 'attachment') return { stream, action: container === 'mkv' ? 'copy' : 'drop' };
  if (stream.kind === 'picture') return { stream, action: coverAction(stream, container) };
  if (canBeCopied) return { stream, action: 'copy' };
  const isText = stream.kind === 'subtitle' && textSubtitles.includes(stream.codec);
  const encoder = isText ? subtitleOf[container] : losslessEncoder(stream, container);
  return encoder === undefined ? { stream, action: 'drop' } : { stream, action: 'convert', encoder };
}

/** Another container that carries all of these streams completely. */
export async function containerFor(
  sourceArgs: readonly string[],
  streams: readonly OtherStream[],
  containers: readonly Container[],
  signal: AbortSignal,
): Promise<Container | undefined> {
  for (const container of containers) {
    const plans = await planCarry(sourceArgs, streams, container, signal);
    if (plans.every(({ action }) => action !== 'drop')) return container;
  }
  return undefined;
}
