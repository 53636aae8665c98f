/**
 * What the machines of a cluster know together: who is there, and who has which camera. `@chromafeed/farm` implements it
 * with Redis; the program itself does not import Redis.
 */

/** A machine as the others see it. */
export interface ClusterMachine {
  /** Unique in the cluster. */
  readonly name: string;
  /** Differs each time the program starts. */
  readonly instance: string;
  /** Where the others reach it: `wss://host:port`, without a slash at the end. */
  readonly address: string;
  /** How much it can do, compared with the others; greater than 0. */
  readonly weight: number;
}

/** Who has a camera. */
export interface CameraLease {
  readonly camera: string;
  /** Name of the machine. */
  readonly holder: string;
  /** Grows each time that the camera gets another holder: the holder with the greatest one is right. */
  readonly token: number;
  /** False once the holder has not renewed it in time: any machine may take the camera. */
  readonly isAlive: boolean;
  /** How long the holder has had it, ms. */
  readonly ageMs: number;
}

/** What all machines see. */
export interface ClusterView {
  /** Only those that have renewed in time, in order of their names. */
  readonly machines: readonly ClusterMachine[];
  readonly leases: readonly CameraLease[];
  /** Grows with each `setChange`. */
  readonly changes: number;
}

/** What a machine tells the store to stay a member. */
export interface ClusterBeat {
  readonly machine: ClusterMachine;
  /** How long it and its leases last without the next beat, ms. */
  readonly leaseMs: number;
  /** Its cameras with their tokens. */
  readonly held: ReadonlyMap<string, number>;
}

/** One try to get a camera. */
export interface LeaseRequest {
  readonly camera: string;
  readonly machine: string;
  readonly leaseMs: number;
  /** The greatest token that the caller has seen. The new one is greater, also after Redis has lost its data. */
  readonly after: number;
}

/**
 * The store. Every call rejects within a second or two if Redis does not answer; the connection comes back by itself.
 */
export interface LeaseStore extends AsyncDisposable {
  /**
   * Renews a machine and its leases in one step, and returns what there is then. A lease that is missing (Redis lost its
   * data) comes back. A lease with a greater token is another machine's now.
   * @throws an error with `kind: 'name'` if another running program has this machine's name
   */
  beat(beat: ClusterBeat): Promise<ClusterView>;
  /** Takes a camera that nobody has. @returns its token; undefined: another machine was faster */
  take(request: LeaseRequest): Promise<number | undefined>;
  /** Gives a camera to another machine. @returns false if the caller no longer has it */
  give(lease: {
    readonly camera: string;
    readonly from: string;
    readonly token: number;
    readonly to: string;
    readonly leaseMs: number;
  }): Promise<boolean>;
  /** Leaves the cluster: the others may take the cameras immediately. */
  leave(machine: string): Promise<void>;
  /** What administrators have changed, by camera, as JSON. */
  changes(): Promise<ReadonlyMap<string, string>>;
  /** @param isNew - only if there is nothing about this camera yet */
  setChange(camera: string, json: string, isNew?: boolean): Promise<void>;
  /** A session that another machine started, as JSON. @param key - a digest, never the secret */
  session(key: string): Promise<string | undefined>;
  keepSession(key: string, json: string, lifeMs: number): Promise<void>;
  endSession(key: string): Promise<void>;
}

/** How to open the store. */
export interface LeaseStoreSettings {
  /** Machines with the same group share their cameras. */
  readonly group: string;
  /** After this time a command counts as failed, ms. */
  readonly timeoutMs: number;
  /** Gets the errors of the connection. */
  readonly onError: (error: Error) => void;
}
