/** What went wrong, for machines; documented with cause and cure in `docs/errors.md`. */
export type ErrorCode =
  | 'USAGE'
  | 'CONFIG_INVALID'
  | 'INPUT_MISSING'
  | 'INPUT_UNSUPPORTED'
  | 'INPUT_DAMAGED'
  | 'MODEL_INVALID'
  | 'MODEL_MISMATCH'
  | 'DEVICE_UNAVAILABLE'
  | 'TRAINING_DIVERGED'
  | 'OUTPUT_EXISTS'
  | 'OUTPUT_UNWRITABLE'
  | 'DISK_FULL'
  | 'ENCODER_UNAVAILABLE'
  | 'FFMPEG_MISSING'
  | 'FFMPEG_FAILED'
  | 'PLAN_MISMATCH'
  | 'PART_INVALID'
  | 'QUEUE_UNAVAILABLE'
  | 'STORAGE_UNAVAILABLE'
  | 'MACHINE_UNAVAILABLE'
  | 'INTERRUPTED';

/** Exit codes of the program, one for each kind of fault that a script may want to distinguish. */
export const exitCodes = {
  ok: 0,
  failure: 1,
  usage: 2,
  input: 3,
  model: 4,
  damaged: 5,
  output: 6,
  unavailable: 7,
  interrupted: 130,
} as const;

const exitCodeOf: Record<ErrorCode, number> = {
  USAGE: exitCodes.usage,
  CONFIG_INVALID: exitCodes.usage,
  INPUT_MISSING: exitCodes.input,
  INPUT_UNSUPPORTED: exitCodes.input,
  INPUT_DAMAGED: exitCodes.damaged,
  MODEL_INVALID: exitCodes.model,
  MODEL_MISMATCH: exitCodes.model,
  DEVICE_UNAVAILABLE: exitCodes.model,
  TRAINING_DIVERGED: exitCodes.failure,
  OUTPUT_EXISTS: exitCodes.output,
  OUTPUT_UNWRITABLE: exitCodes.output,
  DISK_FULL: exitCodes.output,
  ENCODER_UNAVAILABLE: exitCodes.usage,
  FFMPEG_MISSING: exitCodes.failure,
  FFMPEG_FAILED: exitCodes.failure,
  PLAN_MISMATCH: exitCodes.failure,
  PART_INVALID: exitCodes.failure,
  QUEUE_UNAVAILABLE: exitCodes.unavailable,
  STORAGE_UNAVAILABLE: exitCodes.unavailable,
  MACHINE_UNAVAILABLE: exitCodes.unavailable,
  INTERRUPTED: exitCodes.interrupted,
};

/**
 * The only error type that the program throws on purpose.
 * The message says who failed, what was expected and what came; `cure` says what to do about it.
 */
export class AppError extends Error {
  override readonly name = 'AppError';
  readonly code: ErrorCode;
  readonly cure: string | undefined;
  readonly details: Readonly<Record<string, unknown>>;

  constructor(
    code: ErrorCode,
    message: string,
    options: { cure?: string; details?: Record<string, unknown>; cause?: unknown } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.cure = options.cure;
    this.details = options.details ?? {};
  }

  /** The exit code of a command that fails with this error. */
  get exitCode(): number {
    return exitCodeOf[this.code];
  }
}
