import { AppError } from '../../errors.ts';
import { readFfprobe } from '../ffmpeg/run-ffprobe.ts';
import type { SourceInput } from './source-input.ts';

/** A packet from the demuxer; times are in ticks of its stream. */
export interface ScannedPacket {
  readonly stream: number;
  readonly pts: number | undefined;
  readonly dts: number | undefined;
  readonly duration: number | undefined;
  /** The position of its start in the file, bytes; undefined for a packet that starts inside another one. */
  readonly position: number | undefined;
  /** An edit list hides it from playback. */
  readonly isHidden: boolean;
}

/**
 * Reads a film's packets in the order in which ffmpeg reads them, without decoding.
 * @param streams - ffprobe's choice of streams: `a`; undefined: all
 * @param onPacket - receives each packet
 * @throws {AppError} INPUT_UNSUPPORTED, FFMPEG_MISSING
 */
export async function scanPackets(
  input: SourceInput,
  scan: { readonly streams?: string | undefined; readonly signal?: AbortSignal | undefined },
  onPacket: (packet: ScannedPacket) => void,
): Promise<void> {
  const args = [
    ...['-v', 'error', ...input.options],
    ...(scan.streams === undefined ? [] : ['-select_streams', scan.streams]),
    ...['-show_entries', 'packet=stream_index,pts,dts,duration,pos,flags', '-of', 'compact=p=0'],
    ...['-i', input.url],
  ];
  const explain = (error: Error, stderr: string): AppError =>
    new AppError('INPUT_UNSUPPORTED', `${input.name}: its packets can't be read: ${lastLine(stderr)}`, {
      cure: 'check that the file is a film and complete: ffprobe FILE',
      cause: error,
    });
  await readFfprobe(args, { signal: scan.signal, explain }, (line) => {
    const packet = parsePacket(line);
    if (packet !== undefined) onPacket(packet);
  });
}

/** `stream_index=0|pts=133200|dts=126000|duration=3600|pos=564|flags=K_`; undefined for a line about something else. */
function parsePacket(line: string): ScannedPacket | undefined {
  const fields = new Map(
    line.split('|').map((field): [string, string] => {
      const at = field.indexOf('=');
      return [field.slice(0, at), field.slice(at + 1)];
    }),
  );
  const number = (name: string): number | undefined => {
    const value = Number(fields.get(name) ?? NaN);
    return Number.isFinite(value) ? value : undefined;
  };
  const stream = number('stream_index');
  if (stream === undefined) return undefined;
  return {
    stream,
    pts: number('pts'),
    dts: number('dts'),
    duration: number('duration'),
    position: number('pos'),
    isHidden: fields.get('flags')?.includes('D') === true,
  };
}

function lastLine(text: string): string {
  return text.trim().split('\n').at(-1) ?? '';
}
