import { createAnnouncements } from './logic/announcements.ts';
import type { CameraStatus } from '../../ingest/live/camera-status.ts';

/** Tells screen readers about lasting changes, through a live region. */
export class Announcer {
  readonly #root: HTMLElement;
  readonly #announcements = createAnnouncements();

  #isLost = false;

  constructor(root: HTMLElement) {
    this.#root = root;
  }

  observe(status: CameraStatus): void {
    this.#announcements.observe(status, performance.now());
  }

  /** The connection to the server is lost. Announced once, however many attempts fail. */
  noteLost(): void {
    if (!this.#isLost) this.say('Connection lost.');
    this.#isLost = true;
  }

  noteFound(): void {
    if (this.#isLost) this.say('Connected again.');
    this.#isLost = false;
  }

  /** Call it about once a second. */
  refresh(): void {
    const text = this.#announcements.take(performance.now());
    if (text !== undefined) this.say(text);
  }

  say(text: string): void {
    this.#root.textContent = text;
  }
}
