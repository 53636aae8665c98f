import type { EngineErrorKind } from '../../../src/farm/engine/engine.ts';

/**
 * A fault of Redis or of the object storage. The program puts its kind into words: this package does not import the
 * program, so it cannot throw the program's own error.
 */
export class EngineError extends Error {
  override readonly name = 'EngineError';
  readonly kind: EngineErrorKind;

  /** @param message - what came; it contains no credentials */
  constructor(kind: EngineErrorKind, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.kind = kind;
  }
}
