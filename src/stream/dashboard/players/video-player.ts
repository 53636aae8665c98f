import type { PictureHeader } from '../../publish/protocol.ts';
import type { Player, ShowPicture } from './jpeg-player.ts';
import { planPlayback, type TimeSpan } from '../logic/playback-plan.ts';

/** How many fragments may wait for the browser. More are dropped up to the next keyframe. */
const mostWaiting = 120;

/** After this many decoder errors in a row, the page stops using video. */
const mostErrors = 3;

/** Whether this browser plays fragmented MP4 with H.264 by Media Source Extensions. */
export function canPlayVideo(): boolean {
  return (
    typeof MediaSource !== 'undefined' &&
    'requestVideoFrameCallback' in HTMLVideoElement.prototype &&
    MediaSource.isTypeSupported('video/mp4; codecs="avc1.42C01F"')
  );
}

/** Plays H.264 fragments close to the newest one and draws each picture on the tile's canvas. */
export class VideoPlayer implements Player {
  readonly #show: ShowPicture;
  readonly #onUnplayable: () => void;
  readonly #video = document.createElement('video');
  #mimeType = '';
  #init: Uint8Array<ArrayBuffer> | undefined;
  #source: MediaSource | undefined;
  #buffer: SourceBuffer | undefined;
  #waiting: { readonly data: Uint8Array<ArrayBuffer>; readonly capturedMs: number }[] = [];
  #appendedMs = 0;
  #needsKeyframe = true;
  #captures: { readonly endS: number; readonly capturedMs: number }[] = [];
  #newestMs = 0;
  #frameS = 0.1;
  #dropped = 0;
  #errors = 0;
  #isClosed = false;

  /** @param onUnplayable - called when this browser cannot play what the server sends */
  constructor(show: ShowPicture, onUnplayable: () => void) {
    this.#show = show;
    this.#onUnplayable = onUnplayable;
    this.#video.muted = true;
    this.#video.playsInline = true;
    this.#video.disableRemotePlayback = true;
    this.#video.addEventListener('error', () => {
      if (this.#source === undefined) return; // we removed the source ourselves
      if (++this.#errors >= mostErrors) this.#onUnplayable();
      else this.#restart();
    });
    this.#followFrames();
  }

  get dropped(): number {
    return this.#dropped;
  }

  /** Call it when the server announces the format, before `fmp4-init`. */
  setFormat(mimeType: string): void {
    this.#mimeType = mimeType;
    if (!MediaSource.isTypeSupported(mimeType)) this.#onUnplayable();
  }

  accept(header: PictureHeader, payload: Uint8Array<ArrayBuffer>): void {
    if (header.kind === 'fmp4-init') {
      this.#init = payload;
      this.#restart();
    } else if (header.kind === 'fmp4-fragment' && this.#init !== undefined) {
      this.#acceptFragment(header, payload);
    }
  }

  close(): void {
    this.#isClosed = true;
    this.#detach();
  }

  #acceptFragment(header: PictureHeader, payload: Uint8Array<ArrayBuffer>): void {
    if (this.#waiting.length >= mostWaiting) {
      this.#dropped += this.#waiting.length;
      this.#waiting = [];
      this.#needsKeyframe = true;
    }
    if (this.#needsKeyframe && !header.isKeyframe) {
      this.#dropped++;
      return;
    }
    this.#needsKeyframe = false;
    const spanS = (header.capturedMs - this.#newestMs) / 1000;
    if (spanS > 0 && spanS < 5) this.#frameS += (spanS - this.#frameS) / 8;
    this.#newestMs = header.capturedMs;
    this.#waiting.push({ data: payload, capturedMs: header.capturedMs });
    this.#append();
  }

  // A new `moov` may start at another time and size, so a new source replaces the old one. The canvas keeps its picture.
  #restart(): void {
    this.#detach();
    if (this.#isClosed || this.#init === undefined || !MediaSource.isTypeSupported(this.#mimeType)) return;
    const source = new MediaSource();
    this.#source = source;
    this.#waiting = [{ data: this.#init, capturedMs: 0 }];
    const address = URL.createObjectURL(source);
    source.addEventListener('sourceopen', () => {
      URL.revokeObjectURL(address);
      if (source !== this.#source) return;
      this.#buffer = source.addSourceBuffer(this.#mimeType);
      this.#buffer.addEventListener('updateend', () => {
        if (source === this.#source) this.#updated();
      });
      this.#append();
    });
    this.#video.src = address;
  }

  #detach(): void {
    this.#source = undefined;
    this.#buffer = undefined;
    this.#waiting = [];
    this.#captures = [];
    this.#needsKeyframe = true;
    this.#video.removeAttribute('src');
    this.#video.load();
  }

  #append(): void {
    const buffer = this.#buffer;
    if (buffer === undefined || buffer.updating || this.#source?.readyState !== 'open') return;
    const next = this.#waiting.shift();
    if (next === undefined) return;
    try {
      this.#appendedMs = next.capturedMs;
      buffer.appendBuffer(next.data);
    } catch {
      this.#dropped++; // the browser's buffer is full: start again at the next keyframe
      this.#restart();
    }
  }

  #updated(): void {
    const buffer = this.#buffer;
    // Another fragment may already be in progress when the event of the last one arrives.
    if (buffer === undefined || buffer.updating || this.#source?.readyState !== 'open') return;
    const spans = readSpans(buffer.buffered);
    const last = spans.at(-1);
    if (last !== undefined) this.#noteCapture(last.endS);
    const plan = planPlayback(this.#video.currentTime, spans, this.#frameS);
    if (plan.seekS !== undefined) this.#video.currentTime = plan.seekS;
    this.#video.playbackRate = plan.rate;
    // Muted video may start by itself. If the browser refuses, the next fragment tries again.
    if (this.#video.paused && last !== undefined) void this.#video.play().catch(() => undefined);
    if (plan.forgetBeforeS === undefined) this.#append();
    else buffer.remove(0, plan.forgetBeforeS);
  }

  #noteCapture(endS: number): void {
    if (endS === this.#captures.at(-1)?.endS) return;
    this.#captures.push({ endS, capturedMs: this.#appendedMs });
    if (this.#captures.length > mostWaiting) this.#captures.shift();
  }

  #followFrames(): void {
    this.#video.requestVideoFrameCallback((_now, { mediaTime, width, height }) => {
      if (this.#isClosed) return;
      this.#errors = 0;
      const capture = this.#captures.find(({ endS }) => endS > mediaTime + 0.001);
      this.#show(this.#video, { widthPx: width, heightPx: height }, capture?.capturedMs ?? this.#newestMs);
      this.#followFrames();
    });
  }
}

function readSpans(ranges: TimeRanges): TimeSpan[] {
  return Array.from({ length: ranges.length }, (_, i) => ({ startS: ranges.start(i), endS: ranges.end(i) }));
}
