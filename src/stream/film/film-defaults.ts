/** What `chromafeed file` does when it is not told otherwise; its own file, so that the command line loads fast. */
export const filmDefaults = {
  /** Short side of the network's picture, pixels. */
  size: 144,
  saturation: 1,
  /** The network sees at least every n-th frame. */
  networkEvery: 4,
  /** Of numbered pictures, frames a second. */
  frameRate: 24,
  /** Frames between two points of resumption. */
  segmentFrames: 480,
} as const;
