import { startFfmpeg, type FfmpegProcess } from '../../src/ingest/ffmpeg/process.ts';
import type { LumaRange, SizePx } from '../../src/frame.ts';
import { newBuffer, openNut } from '../../src/ingest/nut/demuxer.ts';
import type { AccessUnit } from '../../src/stream/publish/video/access-unit.ts';
import { splitAnnexB } from '../../src/stream/publish/video/nal-units.ts';

/** What a test camera sends. */
export interface FilmOptions {
  /** Default 15. */
  readonly fps?: number;
  /** Frames from one keyframe to the next; default: `fps`, so one keyframe per second. */
  readonly keyframeEvery?: number;
  /** A lavfi source of ffmpeg (size and rate are added; default `testsrc2`), or a film, which is looped. */
  readonly source?: { readonly lavfi: string } | { readonly file: string };
  /** The range of the samples in the stream; default limited. */
  readonly range?: LumaRange;
  /** Filters before encoding, such as `hue=s=0` for a grayscale camera. */
  readonly filter?: string;
}

/** A real ffmpeg that makes and encodes pictures in real time until it is disposed of. */
export class CameraFilm implements AsyncDisposable {
  private readonly ffmpeg: FfmpegProcess;
  private readonly reading: Promise<void>;

  /** Resolves at the first keyframe; rejects when ffmpeg ends before it. */
  static async start(
    options: FilmOptions,
    size: SizePx,
    onUnit: (unit: AccessUnit) => void,
  ): Promise<CameraFilm> {
    let isFirst = (): void => undefined;
    const first = new Promise<void>((resolve) => (isFirst = resolve));
    const film = new CameraFilm(filmArgs(options, size), (unit) => {
      onUnit(unit);
      isFirst();
    });
    await Promise.race([first, film.reading]);
    return film;
  }

  private constructor(args: readonly string[], onUnit: (unit: AccessUnit) => void) {
    const { signal } = new AbortController();
    this.ffmpeg = startFfmpeg({ name: 'test camera', args, stdout: 'pipe', signal });
    this.reading = readUnits(this.ffmpeg, onUnit);
    this.reading.catch(() => undefined); // start() reports it; later ffmpeg is ended on purpose
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.ffmpeg[Symbol.asyncDispose]();
    await this.reading.catch(() => undefined);
  }
}

async function readUnits(ffmpeg: FfmpegProcess, onUnit: (unit: AccessUnit) => void): Promise<void> {
  const nut = await openNut(ffmpeg.stdout, { acquire: newBuffer });
  const { num, den } = nut.video.timeBase;
  const startMs = Date.now();
  for await (const packet of nut.packets()) {
    const capturedMs = startMs + (packet.pts * 1000 * num) / den;
    onUnit({ nals: splitAnnexB(packet.data), isKeyframe: packet.keyframe, capturedMs });
  }
  await ffmpeg.exited;
  throw new Error(`the test camera's ffmpeg ended: ${ffmpeg.stderrTail}`);
}

function filmArgs(options: FilmOptions, { widthPx, heightPx }: SizePx): string[] {
  const { fps = 15, source = { lavfi: 'testsrc2' }, range = 'limited', filter } = options;
  const input =
    'file' in source
      ? ['-re', '-stream_loop', '-1', '-i', source.file]
      : ['-re', '-f', 'lavfi', '-i', withSize(source.lavfi, `size=${widthPx}x${heightPx}:rate=${fps}`)];
  const filters = [
    ...('file' in source ? [`fps=${fps}`] : []),
    `scale=${widthPx}:${heightPx}:out_range=${range === 'full' ? 'pc' : 'tv'}`,
    ...(filter === undefined ? [] : [filter]),
    'format=yuv420p',
  ];
  return [
    ...input,
    ...['-map', '0:v:0', '-vf', filters.join(',')],
    ...['-c:v', 'libx264', '-preset', 'ultrafast', '-tune', 'zerolatency', '-threads', '1'],
    ...['-g', String(options.keyframeEvery ?? fps), '-sc_threshold', '0'],
    ...['-color_range', range === 'full' ? 'pc' : 'tv'],
    // Puts SPS and PPS before each keyframe, as cameras do.
    ...['-bsf:v', 'dump_extra', '-f', 'nut', '-flush_packets', '1', 'pipe:1'],
  ];
}

function withSize(lavfi: string, settings: string): string {
  return `${lavfi}${lavfi.includes('=') ? ':' : '='}${settings}`;
}
