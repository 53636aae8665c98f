import { AppError } from '../../../errors.ts';
import { boxHeader, mimeTypeOf, readFragment, type FragmentFacts } from './mp4-boxes.ts';
import type { VideoInit } from './video-stream.ts';

/** A `moof` with its `mdat`, and the `ftyp` and `moov` that they belong to. */
export interface Fmp4Fragment extends FragmentFacts {
  readonly data: Uint8Array;
  readonly init: VideoInit;
}

/** Maximum size of a box. It protects memory from damaged sizes. */
const maxBoxBytes = 2 ** 26;

/**
 * Splits a fragmented MP4 with one H.264 track into fragments. Input may come in pieces of any size. Besides the current
 * fragment it holds at most one box.
 */
export class Fmp4Splitter {
  private rest: Uint8Array = new Uint8Array(0);
  private gathered: Uint8Array[] = [];
  private init: VideoInit | undefined;
  private facts: FragmentFacts | undefined;

  /**
   * @returns the fragments that this chunk completes; the caller owns their bytes
   * @throws {AppError} FFMPEG_FAILED if the bytes are not such an MP4
   */
  push(chunk: Uint8Array): Fmp4Fragment[] {
    const fragments: Fmp4Fragment[] = [];
    this.rest = this.rest.length === 0 ? chunk : Buffer.concat([this.rest, chunk]);
    for (let header = boxHeader(this.rest); header; header = boxHeader(this.rest)) {
      const { type, sizeBytes } = header;
      if (sizeBytes < 8 || sizeBytes > maxBoxBytes)
        throw damaged(`a box "${type}" of 8..${maxBoxBytes} bytes but got one of ${sizeBytes}`);
      if (this.rest.length < sizeBytes) break;
      const fragment = this.takeBox(type, this.rest.slice(0, sizeBytes));
      if (fragment) fragments.push(fragment);
      this.rest = this.rest.subarray(sizeBytes);
    }
    return fragments;
  }

  private takeBox(type: string, box: Uint8Array): Fmp4Fragment | undefined {
    if (type === 'ftyp') this.gathered = [box];
    else if (type === 'moov') this.takeInit(Buffer.concat([...this.gathered, box]));
    else if (type === 'moof') {
      this.gathered = [box];
      this.facts = readFragment(box.subarray(8));
    } else if (type === 'mdat' && this.facts && this.init) {
      const data = Buffer.concat([...this.gathered, box]);
      this.gathered = [];
      return { ...this.facts, data, init: this.init };
    }
    return undefined;
  }

  private takeInit(data: Uint8Array): void {
    const mimeType = mimeTypeOf(data);
    if (mimeType === undefined) throw damaged('an H.264 track in its header but got none');
    this.init = { mimeType, data };
    this.gathered = [];
  }
}

function damaged(problem: string): AppError {
  return new AppError('FFMPEG_FAILED', `fMP4 from ffmpeg: expected ${problem}`, {
    cure: 'set FFMPEG_PATH to another ffmpeg',
  });
}
