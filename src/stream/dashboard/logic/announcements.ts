import type { CameraState } from '../../../ingest/live/camera-status.ts';

/** Collects the changes that somebody who does not see the screen should hear. */
export interface Announcements {
  /** Call it with every status. */
  observe(
    camera: { readonly id: string; readonly name: string; readonly state: CameraState },
    nowMs: number,
  ): void;
  /** What to announce now; each text is returned once. Undefined: nothing. */
  take(nowMs: number): string | undefined;
}

type Standing = 'shows pictures' | 'has no pictures' | 'is offline' | 'is disabled';

/** A change is announced only if it lasts this long. A camera that returns immediately is not announced. */
const steadyMs = 3000;

const standings: Record<CameraState['kind'], Standing> = {
  connecting: 'has no pictures',
  live: 'shows pictures',
  stalled: 'has no pictures',
  reconnecting: 'has no pictures',
  offline: 'is offline',
  refused: 'is offline',
  idle: 'has no pictures',
  disabled: 'is disabled',
};

/** Ignores the first state of a camera, and a new reason for the same state. */
export function createAnnouncements(): Announcements {
  const cameras = new Map<string, { name: string; said: Standing; now: Standing; sinceMs: number }>();
  return {
    observe: ({ id, name, state }, nowMs) => {
      const standing = standings[state.kind];
      const known = cameras.get(id);
      if (known === undefined) cameras.set(id, { name, said: standing, now: standing, sinceMs: nowMs });
      else if (known.now !== standing) cameras.set(id, { ...known, name, now: standing, sinceMs: nowMs });
    },
    take: (nowMs) => {
      const texts: string[] = [];
      for (const camera of cameras.values()) {
        if (camera.now === camera.said || nowMs - camera.sinceMs < steadyMs) continue;
        camera.said = camera.now;
        texts.push(`${camera.name} ${camera.now}.`);
      }
      return texts.length > 0 ? texts.join(' ') : undefined;
    },
  };
}
