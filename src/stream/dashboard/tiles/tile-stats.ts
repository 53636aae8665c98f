import type { CameraStatus } from '../../../ingest/live/camera-status.ts';
import { element, setText } from '../elements.ts';
import { describeStats, type ViewerStats } from '../logic/stats-text.ts';

/** Statistics over a picture. Updated only while they are shown. */
export class TileStats {
  readonly root = element('dl', { class: 'stats', 'aria-label': 'Statistics' });
  readonly #values = new Map<string, HTMLElement>();

  show(status: CameraStatus, viewer: ViewerStats): void {
    if (document.documentElement.dataset['stats'] !== 'on') return;
    for (const [name, text] of describeStats(status, viewer)) setText(this.#value(name), text);
  }

  #value(name: string): HTMLElement {
    const known = this.#values.get(name);
    if (known !== undefined) return known;
    const value = element('dd');
    this.root.append(element('div', {}, element('dt', {}, name), value));
    this.#values.set(name, value);
    return value;
  }
}
