/** Where a backend of TensorFlow.js runs, and where its packages are looked for. */
export interface BackendOptions {
  /** CPU threads; the first backend of a process decides for all; absent: one a core */
  readonly threads?: number | undefined;
  /** a file beside whose `node_modules` the optional packages are looked for; absent: the program's own */
  readonly from?: string | URL;
}
