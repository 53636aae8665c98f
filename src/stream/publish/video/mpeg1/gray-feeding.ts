import type { Socket } from 'node:net';
import type { Observable, Subscription } from 'rxjs';
import type { Picture } from '../../../live/pictures/picture.ts';
import { GraySender } from './gray-sender.ts';

/** Why the reader gets no more pictures. */
export type FeedingEnd = 'removed' | 'resized' | 'stalled' | 'failed';

export interface GrayFeeding extends Disposable {
  readonly ended: Promise<FeedingEnd>;
}

/**
 * Subscribes to pictures once the reader has connected, and sends each one that the reader has time for. Disposal
 * unsubscribes.
 * @param connected - resolves with the reader's socket
 */
export function feedGray(
  pictures$: Observable<Picture>,
  connected: Promise<Socket>,
  onDrop: () => void,
): GrayFeeding {
  let subscription: Subscription | undefined;
  let isDisposed = false;
  const ended = new Promise<FeedingEnd>((resolve) => {
    void connected.then((socket) => {
      if (isDisposed) return;
      const sender = new GraySender(socket);
      subscription = pictures$.subscribe({
        next: (picture) => {
          const sent = sender.send(picture);
          if (sent === 'resized' || sent === 'stalled') resolve(sent);
          else if (sent === 'dropped') onDrop();
        },
        error: () => resolve('failed'),
        complete: () => resolve('removed'),
      });
    });
  });
  return {
    ended,
    [Symbol.dispose]: () => {
      isDisposed = true;
      subscription?.unsubscribe();
    },
  };
}
