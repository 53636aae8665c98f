import { randomBytes } from 'node:crypto';
import type { Mount } from './mount.ts';
import { RtpStream } from './rtp-stream.ts';
import type { SendQueue } from './send-queue.ts';
import type { Channels } from './transport.ts';

export interface SessionOptions {
  readonly mount: Mount;
  readonly channels: Channels;
  readonly queue: SendQueue;
  /** Called when the mount is gone and the last packet is queued. */
  readonly onEnd: () => void;
}

/**
 * The session that SETUP makes: one reader plays one mount over its connection.
 * @see RFC 2326, appendix A (states)
 */
export class RtspSession implements Disposable {
  /** For the Session header. Nobody can guess it. */
  readonly id = randomBytes(8).toString('hex');
  readonly mount: Mount;
  readonly channels: Channels;
  readonly rtp: RtpStream;
  private readonly options: SessionOptions;
  private playing: Disposable | undefined;
  private hasEnded = false;

  constructor(options: SessionOptions) {
    this.options = options;
    this.mount = options.mount;
    this.channels = options.channels;
    const random = randomBytes(10);
    this.rtp = new RtpStream({
      channels: options.channels,
      ssrc: random.readUInt32BE(0),
      sequence: random.readUInt16BE(4),
      rtpTime: random.readUInt32BE(6),
      cname: 'chromafeed',
    });
  }

  get isPlaying(): boolean {
    return this.playing !== undefined;
  }

  /** The mount is gone, so there is nothing more to play. */
  get isOver(): boolean {
    return this.hasEnded;
  }

  /** The first packet of the next {@link play}, for RTP-Info. */
  prepare(): { sequence: number; rtpTime: number } {
    return { sequence: this.rtp.sequence, rtpTime: this.rtp.resume() };
  }

  /** Starts with the next keyframe. */
  play(): void {
    const { queue, onEnd } = this.options;
    queue.restart();
    const playing = this.mount.play({
      onUnit: (unit) => queue.sendPicture(unit.isKeyframe, () => this.rtp.packetize(unit, performance.now())),
      onEnd: () => {
        this.hasEnded = true;
        this.pause();
        queue.sendReply(this.rtp.goodbye());
        onEnd();
      },
    });
    if (!this.hasEnded) this.playing = playing;
  }

  pause(): void {
    this.playing?.[Symbol.dispose]();
    this.playing = undefined;
  }

  [Symbol.dispose](): void {
    this.pause();
  }
}
