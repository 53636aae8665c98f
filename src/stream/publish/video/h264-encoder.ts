import { startFfmpeg, type FfmpegProcess } from '../../../ingest/ffmpeg/process.ts';
import type { SizePx } from '../../../frame.ts';
import { newBuffer, openNut } from '../../../ingest/nut/demuxer.ts';
import type { AccessUnit } from './access-unit.ts';
import { videoClockHz } from './media-clock.ts';
import { parameterSetsOf, splitAnnexB } from './nal-units.ts';
import type { Picture } from '../../live/pictures/picture.ts';
import { Fmp4Splitter } from './fmp4-splitter.ts';
import { h264EncodeArgs, type H264Settings } from './h264-encode-args.ts';
import { PendingPictures } from './pending-pictures.ts';
import { PictureWriter } from './picture-writer.ts';
import type { VideoFragment } from './video-stream.ts';

export interface H264EncoderOptions extends H264Settings {
  /** For messages. */
  readonly name: string;
  /** Size of all pictures. */
  readonly size: SizePx;
  readonly onUnit: (unit: AccessUnit) => void;
  readonly onFragment: (fragment: VideoFragment) => void;
  /** Pictures were dropped because ffmpeg's pipe was full. */
  readonly onDrop: (count: number) => void;
}

/** How long an encoder may take to finish its output. */
const finishMs = 2000;

/** One ffmpeg that encodes pictures of one size, once for both access units and fMP4. */
export class H264Encoder implements AsyncDisposable {
  /** Resolves with the reason when ffmpeg has ended and all of its output has been emitted. */
  readonly ended: Promise<string>;
  private readonly options: H264EncoderOptions;
  private readonly abort = new AbortController();
  private readonly ffmpeg: FfmpegProcess;
  private readonly writer: PictureWriter;
  private readonly pendingUnits = new PendingPictures();
  private readonly pendingFragments = new PendingPictures();

  constructor(options: H264EncoderOptions) {
    this.options = options;
    this.ffmpeg = startFfmpeg({
      name: options.name,
      args: h264EncodeArgs(options),
      stdin: 'pipe',
      stdout: 'pipe',
      extraOutputs: 1,
      signal: this.abort.signal,
    });
    this.writer = new PictureWriter({
      pipe: this.ffmpeg.stdin,
      size: options.size,
      onDrop: options.onDrop,
      onWrite: ({ sequence, capturedMs }, ticks) => {
        this.pendingUnits.add(ticks, { sequence, capturedMs });
        this.pendingFragments.add(ticks, { sequence, capturedMs });
      },
    });
    this.ended = this.run();
  }

  /** Encodes a picture and retains it as long as needed. Never waits. */
  encode(picture: Picture): void {
    this.writer.write(picture);
  }

  /** Makes one of the next pictures a keyframe. */
  requestKeyframe(): void {
    this.writer.requestKeyframe();
  }

  /** Lets ffmpeg finish its output. When it resolves, ffmpeg is gone. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.writer[Symbol.dispose]();
    const timer = setTimeout(() => this.abort.abort(), finishMs);
    await this.ended;
    clearTimeout(timer);
  }

  private async run(): Promise<string> {
    // A reader ends early only if it fails, which ends ffmpeg, or if ffmpeg ends.
    const readers = [this.readUnits(), this.readFragments()].map((reading) =>
      reading.catch((error: unknown) => {
        this.abort.abort();
        return error;
      }),
    );
    const exit = await this.ffmpeg.exited.catch((error: unknown) => error);
    const faults = (await Promise.all(readers)).filter((fault) => fault !== undefined);
    this.writer[Symbol.dispose]();
    if (exit instanceof Error) return exit.message;
    const lastLine = this.ffmpeg.stderrTail.trim().split('\n').at(-1) ?? '';
    return [lastLine, ...faults.map(String)].filter((text) => text !== '').join('; ');
  }

  private async readUnits(): Promise<void> {
    const nut = await openNut(this.ffmpeg.extraOutput(3), { acquire: newBuffer });
    const header = parameterSetsOf(splitAnnexB(nut.video.codecData));
    const { num, den } = nut.video.timeBase;
    for await (const packet of nut.packets()) {
      const facts = this.pendingUnits.take((packet.pts * num * videoClockHz) / den);
      if (!facts) continue;
      const nals = splitAnnexB(packet.data);
      const lacksSets = packet.keyframe && header && !parameterSetsOf(nals);
      this.options.onUnit({
        nals: lacksSets ? [header.sps, header.pps, ...nals] : nals,
        isKeyframe: packet.keyframe,
        capturedMs: facts.capturedMs,
      });
    }
  }

  private async readFragments(): Promise<void> {
    const splitter = new Fmp4Splitter();
    for await (const chunk of this.ffmpeg.stdout) {
      for (const { ticks, isKeyframe, data, init } of splitter.push(chunk as Buffer)) {
        const facts = this.pendingFragments.take(ticks);
        if (!facts) continue;
        this.options.onFragment({ ...facts, isKeyframe, size: this.options.size, data, init });
      }
    }
  }
}
