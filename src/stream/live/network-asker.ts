import type { SizePx } from '../../frame.ts';
import { beginTrack, type Track } from '../pixels/camera/live-state.ts';
import type { LiveStepResult } from '../pixels/camera/live-step.ts';
import type { Colorizer } from '../../model/colorizer.ts';
import type { FullLuma, LiveEngine, Ticket } from './live-engine.ts';

/** The part of a camera's config that says when to ask the network. */
export interface AskSettings {
  readonly refreshFps: number;
  readonly motionGate: boolean;
}

/** A frame that has just been coloured, and what the network needs to colour it. */
export interface AskFrame {
  readonly small: Uint8Array;
  readonly size: SizePx;
  /** The frame's motion track in the camera's state. */
  readonly track: Track;
  readonly result: LiveStepResult;
  readonly nowMs: number;
  /** Nobody watches. The colour is then kept just fresh enough for the next viewer. */
  readonly isIdle: boolean;
  readonly network: Pick<Colorizer, 'colorize'>;
  /** Copies the frame's luma, for an imported network. Default: the small picture is enough. */
  readonly copyLuma?: (() => FullLuma) | undefined;
  /** The palette. Without one the network is not asked. */
  readonly condition: Float32Array | undefined;
  /** Default: the model's own. */
  readonly temperature?: number | undefined;
  /** 0..2 */
  readonly liveliness?: number | undefined;
}

/** If more of the picture than this has no colour yet or has just come into view, the network is asked immediately. */
const urgentShare = 0.04;
/** If less of the picture than this moves, it counts as still. */
const stillShare = 0.004;
/** Number of answers for a still picture. After them its colour is a mean that more answers hardly change. */
const answersForStill = 6;
/** The network looks again at a still picture, or one that nobody watches, after this time, ms. */
const restMs = 10_000;

/**
 * One camera's side of the engine's queue. It decides when the network looks at a frame, keeps the path from that frame
 * to the newest one, and hands over the answer.
 */
export class NetworkAsker {
  private readonly engine: LiveEngine;
  private readonly settings: () => AskSettings;
  private ticket: Ticket | undefined;
  private arrived: Float32Array | undefined;
  private lastAskMs = -Infinity;
  private stillAnswers = 0;

  constructor(engine: LiveEngine, settings: () => AskSettings) {
    this.engine = engine;
    this.settings = settings;
  }

  /** Whether the network looks at an earlier frame, or its answer waits for the next frame. */
  get isTracking(): boolean {
    return this.ticket !== undefined || this.arrived !== undefined;
  }

  /** The answer for the tracked frame. It can be taken once; the step that takes it ends the path. */
  take(): Float32Array | undefined {
    const answer = this.arrived;
    this.arrived = undefined;
    return answer;
  }

  /** Drops the current request, because the scene or the network has changed. */
  reset(): void {
    this.ticket?.cancel();
    this.ticket = undefined;
    this.arrived = undefined;
    this.lastAskMs = -Infinity;
    this.stillAnswers = 0;
  }

  /** Looks at a frame that has just been coloured, and asks the network if it is time. */
  consider(frame: AskFrame): void {
    const { network, condition, temperature, liveliness } = frame;
    if (!condition || this.arrived) return;
    const need = needOf(frame.result);
    if (this.ticket) {
      const newer = { picture: frame.small.slice(), full: frame.copyLuma?.(), condition, need };
      if (this.ticket.renew(newer)) beginTrack(frame.track);
      return;
    }
    if (!this.isDue(frame)) return;
    this.lastAskMs = frame.nowMs;
    this.stillAnswers = frame.result.moving < stillShare ? this.stillAnswers + 1 : 0;
    beginTrack(frame.track);
    const ticket = this.engine.ask({
      network,
      size: frame.size,
      temperature,
      liveliness,
      condition,
      picture: frame.small.slice(),
      full: frame.copyLuma?.(),
      need,
    });
    this.ticket = ticket;
    void ticket.answer.then((answer) => {
      if (this.ticket !== ticket) return;
      this.ticket = undefined;
      this.arrived = answer;
    });
  }

  private isDue({ result, nowMs, isIdle }: AskFrame): boolean {
    const sinceMs = nowMs - this.lastAskMs;
    const { refreshFps, motionGate } = this.settings();
    if (sinceMs >= restMs) return true;
    if (isIdle || sinceMs * refreshFps < 1000) return false;
    if (result.uncovered > urgentShare || result.uncolored > urgentShare) return true;
    const isSettled = result.moving < stillShare && this.stillAnswers >= answersForStill;
    return !(motionGate && isSettled);
  }
}

/** How much of the picture an answer improves: what moves, has just come into view or has no colour yet. */
function needOf({ moving, uncovered, uncolored }: LiveStepResult): number {
  return moving + uncovered + uncolored;
}
