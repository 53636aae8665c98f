import { filter, merge, Subject, tap, type Observable } from 'rxjs';
import type { CameraFigures } from './camera-figures.ts';
import { conflateMap } from './conflate.ts';
import type { CameraFrame, FrameMaker } from './frame-maker.ts';

/** Asks for the pictures of the last frame again. */
const repeat = Symbol('the last frame again');

export interface FrameFlowOptions {
  readonly maker: FrameMaker;
  readonly figures: CameraFigures;
  /** Called when a newer frame has replaced one that was not coloured yet. */
  readonly onDrop: () => void;
  /** Called when the last frame has been shown again. */
  readonly onRepeated: () => void;
}

/** Turns a camera's frames into pictures, one at a time. Meanwhile only the newest frame waits. */
export class FrameFlow {
  private readonly options: FrameFlowOptions;
  private readonly repeats$ = new Subject<typeof repeat>();

  constructor(options: FrameFlowOptions) {
    this.options = options;
  }

  /** Makes the pictures of these frames. Subscribing starts the work. */
  run(frames$: Observable<CameraFrame>): Observable<unknown> {
    const needed$ = frames$.pipe(
      tap(() => this.options.figures.countIn()),
      filter((frame) => this.isNeeded(frame)),
    );
    return merge(needed$, this.repeats$).pipe(
      conflateMap(
        (frame) => (frame === repeat ? this.repeatLast() : this.options.maker.make(frame)),
        (frame) => {
          if (frame !== repeat) this.drop(frame);
        },
      ),
    );
  }

  /** Shows the last frame again, for a viewer who asks for another size while no new frame comes. */
  repeat(): void {
    this.repeats$.next(repeat);
  }

  private isNeeded(frame: CameraFrame): boolean {
    const { maker } = this.options;
    if (maker.isNeeded(frame)) return true;
    maker.release(frame);
    this.options.figures.countSkipped();
    return false;
  }

  private drop(frame: CameraFrame): void {
    this.options.maker.release(frame);
    this.options.onDrop();
  }

  private async repeatLast(): Promise<void> {
    if (await this.options.maker.makeMissing()) this.options.onRepeated();
  }
}
