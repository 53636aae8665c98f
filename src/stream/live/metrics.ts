import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';
import { dropCauses, type CameraState, type DropCause } from '../../ingest/live/camera-status.ts';

const stateKinds: readonly CameraState['kind'][] = [
  'connecting',
  'live',
  'stalled',
  'reconnecting',
  'offline',
  'refused',
  'idle',
  'disabled',
];
const viewerKinds = ['jpeg', 'fmp4', 'mjpeg', 'original'] as const;
/** The protocols by which viewers watch a camera. */
export type ViewerKind = (typeof viewerKinds)[number];
const latencyBuckets = [0.01, 0.02, 0.03, 0.05, 0.075, 0.1, 0.15, 0.2, 0.3, 0.5, 1, 2, 5];

/**
 * Everything that `/metrics` reports. There is one instance per program. Names follow the conventions of Prometheus.
 */
export class Metrics {
  readonly registry = new Registry();
  readonly framesIn = this.counter('frames_in_total', 'Frames that ffmpeg delivered', ['camera']);
  readonly framesColored = this.counter('frames_colored_total', 'Frames that were given colour', ['camera']);
  readonly framesSent = this.counter('frames_sent_total', 'Pictures handed to viewers', ['camera']);
  readonly framesDropped = this.counter('frames_dropped_total', 'Frames dropped, by cause', [
    'camera',
    'cause',
  ]);
  readonly framesSkipped = this.counter('frames_skipped_total', 'Frames that nobody needed: not dropped', [
    'camera',
  ]);
  readonly answers = this.counter('network_answers_total', 'Answers of the network', ['camera']);
  readonly reconnects = this.counter('reconnects_total', 'Attempts to connect again after a loss', [
    'camera',
  ]);
  readonly connectionsRefused = this.counter('connections_refused_total', 'Connections refused by a limit', [
    'server',
  ]);
  readonly embeddings = this.counter('embeddings_total', 'Palettes that were computed', ['camera']);
  readonly viewers = new Gauge({
    name: 'chromafeed_viewers',
    help: 'Viewers at this moment',
    labelNames: ['camera', 'kind'],
    registers: [this.registry],
  });
  readonly state = new Gauge({
    name: 'chromafeed_camera_state',
    help: '1 for the current state of a camera',
    labelNames: ['camera', 'state'],
    registers: [this.registry],
  });
  readonly latency = new Histogram({
    name: 'chromafeed_frame_latency_seconds',
    help: 'Time from a frame out of ffmpeg to its message at the WebSocket',
    labelNames: ['camera'],
    buckets: latencyBuckets,
    registers: [this.registry],
  });
  readonly batchSize = new Histogram({
    name: 'chromafeed_engine_batch_pictures',
    help: 'Pictures in one call of the network',
    buckets: [1, 2, 3, 4, 6, 8, 16, 32, 64],
    registers: [this.registry],
  });
  readonly engineSeconds = new Histogram({
    name: 'chromafeed_engine_run_seconds',
    help: 'Duration of one call of the network',
    buckets: latencyBuckets,
    registers: [this.registry],
  });
  readonly engineQueue = new Gauge({
    name: 'chromafeed_engine_queue_pictures',
    help: 'Pictures that wait for the network',
    registers: [this.registry],
  });
  readonly paletteQueue = new Gauge({
    name: 'chromafeed_engine_queue_palettes',
    help: 'Palettes that wait for the network to pause',
    registers: [this.registry],
  });

  private readonly drops = new Map<string, Record<DropCause, number>>();

  constructor() {
    collectDefaultMetrics({ register: this.registry });
  }

  dropped(camera: string, cause: DropCause, count = 1): void {
    this.framesDropped.inc({ camera, cause }, count);
    this.droppedOf(camera)[cause] += count;
  }

  /** What has been dropped of a camera so far. The object is the counter itself. */
  droppedOf(camera: string): Record<DropCause, number> {
    let counts = this.drops.get(camera);
    if (!counts) {
      counts = { busy: 0, encoder: 0, viewer: 0, rate: 0, damaged: 0 };
      this.drops.set(camera, counts);
    }
    return counts;
  }

  stateOf(camera: string, kind: CameraState['kind']): void {
    for (const state of stateKinds) this.state.set({ camera, state }, state === kind ? 1 : 0);
  }

  /** Forgets what this machine did for a camera that runs on another one now. Its viewers here stay. */
  leave(camera: string): void {
    for (const metric of [
      ...[this.framesIn, this.framesColored, this.answers, this.reconnects],
      ...[this.embeddings, this.framesSkipped],
    ])
      metric.remove({ camera });
    for (const state of stateKinds) this.state.remove({ camera, state });
  }

  /** Forgets a removed camera that nobody watches any more. */
  forget(camera: string): void {
    for (const metric of [
      ...[this.framesIn, this.framesColored, this.framesSent, this.answers, this.reconnects, this.embeddings],
      ...[this.framesSkipped, this.latency],
    ])
      metric.remove({ camera });
    this.drops.delete(camera);
    for (const cause of dropCauses) this.framesDropped.remove({ camera, cause });
    for (const state of stateKinds) this.state.remove({ camera, state });
    for (const kind of viewerKinds) this.viewers.remove({ camera, kind });
  }

  private counter<T extends string>(name: string, help: string, labelNames: T[]): Counter<T> {
    return new Counter({ name: `chromafeed_${name}`, help, labelNames, registers: [this.registry] });
  }
}
