/** The folder for results and for the work on them: on a shared disk, or in S3-compatible storage. */

import type { PartsPlan } from '../../stream/film/parts/parts-plan.ts';

/** A result that is there. */
export interface FoundOutput {
  /** Id of the job that made it; undefined if no job of the farm did. */
  readonly jobId: string | undefined;
}

/** A place for one attempt at one job. Nobody else uses it as long as the attempt holds its lock. */
export interface WorkPlace {
  /** A folder of this machine or of the shared disk. It may hold the unfinished work of an earlier attempt. */
  readonly folder: string;
  /** Leaves unfinished work where the next worker finds it. */
  giveBack(): Promise<void>;
  /** Deletes the folder and everything that an earlier attempt left. */
  remove(): Promise<void>;
}

/** A finished film that is to appear. */
export interface FinishedOutput {
  /** The file in the work place. */
  readonly path: string;
  /** Its final name. */
  readonly name: string;
  readonly jobId: string;
  readonly bytes: number;
  /** Whether it may replace a file with its name. */
  readonly overwrite: boolean;
}

/** The plan and the finished parts of one film, until it is joined. `discard` of the film deletes them. */
export interface PartsStore {
  /** @returns undefined if there is none yet */
  readPlan(): Promise<PartsPlan | undefined>;
  writePlan(plan: PartsPlan): Promise<void>;
  /** Numbers of the parts that are not finished. */
  missing(plan: PartsPlan): Promise<number[]>;
  /**
   * Stores a part that was checked; it counts as finished when all of it is there. If another worker has made it in the
   * meantime, it is there once.
   * @param folder - of the part, in a work place
   * @throws {AppError} PART_INVALID when a part is there that is damaged
   */
  add(plan: PartsPlan, number: number, folder: string): Promise<void>;
  /**
   * Brings the finished parts to this machine.
   * @param place - a folder for copies, of an attempt that holds its lock
   * @returns their folders, in order; that of a part that is missing lacks files
   */
  fetchAll(plan: PartsPlan, place: string): Promise<string[]>;
  /** Deletes the parts that are damaged. @param folders - as `fetchAll` has returned them */
  dropDamaged(plan: PartsPlan, folders: readonly string[]): Promise<void>;
}

/** Where results go. */
export interface OutputStore {
  /** @returns undefined if there is no result with this name */
  find(name: string): Promise<FoundOutput | undefined>;
  /** @param token - differs for every attempt */
  openWork(jobId: string, token: string): Promise<WorkPlace>;
  /**
   * Moves a finished film to its name in one step. Two workers with the same job publish it once.
   * @throws {AppError} OUTPUT_EXISTS when another file has the name and may not be replaced
   */
  publish(finished: FinishedOutput): Promise<void>;
  /** Deletes the unfinished work of a job, with its parts. */
  discard(jobId: string): Promise<void>;
  /** The finished parts of a film. */
  parts(jobId: string): PartsStore;
  /** Stores a file under its checksum, unless it is there. */
  putFile(path: string, sha256: string): Promise<void>;
  /** Copies a file that was stored under its checksum. @throws {AppError} INPUT_MISSING */
  getFile(sha256: string, path: string): Promise<void>;
  /** Deletes all files that were stored under their checksums. */
  dropFiles(): Promise<void>;
}

/** The folder for unfinished work and for files that travel, inside the folder for results. */
export const workName = '.chromafeed';
/** Inside it: files by checksum. */
export const filesName = 'files';
