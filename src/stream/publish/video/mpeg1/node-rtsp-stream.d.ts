/** The package has no types. These cover what we use of version 0.0.9. */
declare module 'node-rtsp-stream' {
  import type { ChildProcessWithoutNullStreams } from 'node:child_process';
  import type { EventEmitter } from 'node:events';

  interface Options {
    name: string;
    /** The argument of `-i`. */
    streamUrl: string;
    /** Goes between the output's format and `-`; an empty text is an option without a value. */
    ffmpegOptions?: Readonly<Record<string, string | number>>;
    /** Default: `ffmpeg` on PATH. */
    ffmpegPath?: string;
    width?: number;
    height?: number;
    wsPort?: number;
  }

  /** Emits `camdata` with each piece of MPEG-TS. */
  class VideoStream extends EventEmitter {
    constructor(options: Options);
    readonly name: string;
    /** ffmpeg, from the constructor on. */
    stream: ChildProcessWithoutNullStreams;
    /** Emits `ffmpegStderr`, `mpeg1data`, `exitWithError`. */
    mpeg1Muxer: EventEmitter;
    /** Called by the constructor: starts ffmpeg. */
    startMpeg1Stream(): this;
    /** Called by the constructor: opens the WebSocket server. */
    pipeStreamToSocketServer(): this;
    stop(): this;
  }

  export = VideoStream;
}
