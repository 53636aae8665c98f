import type { IncomingMessage } from 'node:http';
import type { RequestHandler } from 'express';
import type { CameraDirectory } from '../live/camera-feed.ts';

/** Other machines that share the cameras with this one, as the server sees them. */
export interface PeerAccess {
  /** Only the cameras that run on this machine: nobody relays what is relayed already. */
  readonly cameras: CameraDirectory;
  /** Answers requests below `/cluster`; it checks their signatures itself. */
  readonly routes: RequestHandler;
  /** @returns the name of the machine that signed an upgrade; undefined: none did */
  admit(request: IncomingMessage): string | undefined;
  /** Whether another machine has signed a request from this address: limits for viewers do not apply to it. */
  isPeerAddress(address: string): boolean;
}

/** Where the requests of other machines begin. */
export const peerPath = '/cluster/';
/** How many WebSockets all other machines together may have open. */
export const peerSocketsAtMost = 4096;
