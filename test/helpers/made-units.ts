import type { AccessUnit } from '../../src/stream/publish/video/access-unit.ts';
import { newBuffer, openNut } from '../../src/ingest/nut/demuxer.ts';
import { nalType, nalTypes, splitAnnexB } from '../../src/stream/publish/video/nal-units.ts';
import { runFfmpeg } from './run-ffmpeg.ts';

export interface UnitsOptions {
  readonly count: number;
  /** `320x240` by default. */
  readonly size?: string;
  /** Default 10. */
  readonly keyframeEvery?: number;
  /** Filters before encoding; noise makes large pictures. */
  readonly filter?: string;
}

/** Encodes a film with 25 pictures per second and SPS and PPS before each keyframe. The first is captured at 0 ms. */
export async function makeUnits({
  count,
  size = '320x240',
  keyframeEvery = 10,
  filter = 'null',
}: UnitsOptions): Promise<AccessUnit[]> {
  const { stdout } = await runFfmpeg([
    ...['-f', 'lavfi', '-i', `testsrc2=s=${size}:r=25`, '-frames:v', String(count)],
    ...['-vf', filter, '-pix_fmt', 'yuv420p'],
    ...['-c:v', 'libx264', '-preset', 'ultrafast', '-tune', 'zerolatency', '-g', String(keyframeEvery)],
    ...['-sc_threshold', '0', '-bsf:v', 'dump_extra', '-f', 'nut', '-'],
  ]);
  const nut = await openNut(chunksOf(stdout), { acquire: newBuffer });
  const units: AccessUnit[] = [];
  for await (const { data, keyframe: isKeyframe } of nut.packets())
    units.push({ nals: splitAnnexB(data), isKeyframe, capturedMs: units.length * 40 });
  return units;
}

/** Joins the units, with start codes. */
export function annexB(units: readonly AccessUnit[]): Buffer {
  const startCode = Uint8Array.of(0, 0, 0, 1);
  return Buffer.concat(units.flatMap(({ nals }) => nals.flatMap((nal) => [startCode, nal])));
}

/** The NAL units of pictures, in hexadecimal. Parameters are left out, because players repeat them. */
export function pictureUnits(stream: Uint8Array): string[] {
  return splitAnnexB(stream)
    .filter((nal) => nalType(nal) === nalTypes.slice || nalType(nal) === nalTypes.idr)
    .map((nal) => Buffer.from(nal).toString('hex'));
}

async function* chunksOf(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield await Promise.resolve(bytes);
}
