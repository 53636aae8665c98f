/** Where a backend of TensorFlow.js runs, and where its packages are searched for. */
export interface BackendOptions {
  /** CPU threads; the first backend of a process decides for all; absent: one per core */
  readonly threads?: number | undefined;
  /** a file whose `node_modules` are searched for the optional packages; absent: the program's own */
  readonly from?: string | URL;
}
