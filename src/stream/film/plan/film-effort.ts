import { plainText } from '../../../log/plain-text.ts';
import { statfs } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { dirname, resolve } from 'node:path';
import { AppError } from '../../../errors.ts';
import type { SizePx } from '../../../frame.ts';
import { roughDurationText, sizeText } from '../../../log/amount-text.ts';
import type { Reporter } from '../../../log/reporter.ts';

/** What the estimate of a film depends on. */
export interface FilmFacts {
  /** of the film, for messages */
  readonly name: string;
  /** path of the finished film; the segments are next to it */
  readonly output: string;
  readonly size: SizePx;
  readonly bitDepth: number;
  /** undefined when the source does not state its length */
  readonly frames: number | undefined;
  /** ffmpeg's name of the encoder */
  readonly codec: string;
  /** size of the network's picture, and how many frames share one */
  readonly networkSize: SizePx;
  readonly networkEvery: number;
  /** `cpu`, or a GPU's name */
  readonly device: string;
}

/** An estimate of the time and the disk space that a film takes. */
export interface FilmEffort {
  readonly seconds: number;
  /** bytes on disk: at the end, both the segments and the finished film are there */
  readonly bytes: number;
}

/** Bits per pixel of the output, by encoder; films with much grain take up to twice as many. */
const bitsPerPixel: Readonly<Record<string, number>> = {
  libx264: 0.25,
  libx265: 0.15,
  'libvpx-vp9': 0.15,
  prores_ks: 4.5,
  ffv1: 6,
};
const usualBitsPerPixel = 0.25;
/** Time of one core per pixel of a frame, without the network: docs/benchmarks.md, 1920 x 1080 on two cores. */
const coreSecondsPerPixel = 3e-7;
/** Time of one core per pixel of the network's picture: 23 ms for 256 x 144 in 8 bits. */
const networkCoreSecondsPerPixel = 0.023 / (256 * 144);
/** A GPU leaves about this share of the network's time. */
const gpuShare = 0.1;
/** Estimates can be wrong by a factor of two, so only a disk that is surely too small is refused. */
const refusedShare = 0.5;
/** A film that takes less time and space than this needs no message. */
const told = { seconds: 60, bytes: 1e9 };

/** Estimates what a film takes; undefined if its length is unknown. */
export function effortOf(facts: FilmFacts, cores: number = availableParallelism()): FilmEffort | undefined {
  const { size, frames, bitDepth, networkSize, networkEvery } = facts;
  if (frames === undefined) return undefined;
  const bits = (bitsPerPixel[facts.codec] ?? usualBitsPerPixel) * Math.max(1, bitDepth / 8);
  const pixels = frames * size.widthPx * size.heightPx;
  const pictures = frames / networkEvery;
  const share = facts.device === 'cpu' ? 1 : gpuShare;
  const network = share * networkCoreSecondsPerPixel * networkSize.widthPx * networkSize.heightPx;
  return {
    seconds: (pixels * coreSecondsPerPixel + pictures * network) / cores,
    bytes: (2 * pixels * bits) / 8,
  };
}

/**
 * Tells the user roughly how much time and space a film takes, before its work starts. Short films get no message.
 * @param freeBytes - returns the free space of a folder's disk
 * @throws {AppError} DISK_FULL when the disk is surely too small
 */
export async function announceEffort(
  facts: FilmFacts,
  reporter: Pick<Reporter, 'line' | 'warn'>,
  freeBytes: (folder: string) => Promise<number> = freeBytesOf,
): Promise<void> {
  const effort = effortOf(facts);
  if (effort === undefined) return;
  const folder = dirname(resolve(facts.output));
  const free = await freeBytes(folder);
  const { seconds, bytes } = effort;
  if (free < refusedShare * bytes) throw tooSmall(facts.name, folder, { free, bytes });
  if (seconds >= told.seconds || bytes >= told.bytes)
    reporter.line(
      `${plainText(facts.name)}: about ${roughDurationText(seconds)} of work and ${sizeText(bytes)} of space (segments and finished film` +
        ` together); ${sizeText(free)} free`,
      { event: 'estimate', input: facts.name, seconds: Math.round(seconds), bytes: Math.round(bytes), free },
    );
  if (free < bytes)
    reporter.warn(
      `${folder} has ${sizeText(free)} free, which may be too little for about ${sizeText(bytes)}`,
    );
}

async function freeBytesOf(folder: string): Promise<number> {
  const { bavail, bsize } = await statfs(folder);
  return bavail * bsize;
}

function tooSmall(name: string, folder: string, { free, bytes }: { free: number; bytes: number }): AppError {
  return new AppError(
    'DISK_FULL',
    `${name}: expected about ${sizeText(bytes)} of free space in ${folder} (segments and finished film together)` +
      ` but got ${sizeText(free)}`,
    { cure: 'free some space, name an output on another disk with -o, or raise --crf' },
  );
}
