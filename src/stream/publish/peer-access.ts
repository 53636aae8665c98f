import type { IncomingMessage, ServerResponse } from 'node:http';
import type { HttpRefusal } from './server/http-refusal.ts';
import type { CameraDirectory } from '../live/camera-feed.ts';

/** Other machines that share the cameras with this one, as the server sees them. */
export interface PeerAccess {
  /** Only the cameras that run on this machine: nobody relays what is relayed already. */
  readonly cameras: CameraDirectory;
  /** Answers requests below `/cluster`; it checks their signatures itself. */
  readonly routes: (
    request: IncomingMessage,
    response: ServerResponse,
    next: (error?: unknown) => void,
  ) => void;
  /** @returns the name of the machine that signed an upgrade; undefined: none did */
  admit(request: IncomingMessage): string | undefined;
  /** Whether another machine has signed a request from this address: limits for viewers do not apply to it. */
  isPeerAddress(address: string): boolean;
}

/** The answer to a request that no other machine has signed. */
export const notSigned: HttpRefusal = {
  status: 401,
  code: 'UNAUTHORIZED',
  message:
    'expected the signature of a machine with the same cluster.secret, whose clock is right to a minute',
};

/** Where the requests of other machines begin. */
export const peerPath = '/cluster/';
/** How many WebSockets all other machines together may have open. */
export const peerSocketsAtMost = 4096;
