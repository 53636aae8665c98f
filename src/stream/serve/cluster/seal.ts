import { createHmac, timingSafeEqual } from 'node:crypto';

/**
 * Protects what this program keeps in Redis: whoever can write to Redis, but does not know the secret of the machines,
 * cannot forge a session or the masks of a camera.
 */
export class Seal {
  private readonly secret: string;

  constructor(secret: string) {
    this.secret = secret;
  }

  /** @param name - of what is kept, so that it counts only under this name */
  close(name: string, text: string): string {
    return `${this.signature(name, text)} ${text}`;
  }

  /** @returns the text; undefined: it is not from a machine that knows the secret */
  open(name: string, sealed: string): string | undefined {
    const at = sealed.indexOf(' ');
    const text = sealed.slice(at + 1);
    const [given, expected] = [
      Buffer.from(sealed.slice(0, Math.max(at, 0))),
      Buffer.from(this.signature(name, text)),
    ];
    return given.length === expected.length && timingSafeEqual(given, expected) ? text : undefined;
  }

  private signature(name: string, text: string): string {
    return createHmac('sha256', this.secret).update(`seal\n${name}\n${text}`).digest('base64url');
  }
}
