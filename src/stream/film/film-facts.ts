import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { FilmFacts } from './film-effort.ts';
import type { FilmJob } from './film-job.ts';
import type { FilmPlan } from './film-plan.ts';

/** Collects what the time and the space of a film are estimated from. */
export function filmFacts({ plan, resources }: FilmJob): FilmFacts {
  const { source, output, layout, encoder, smallSize, networkEvery } = plan;
  return {
    name: source.name,
    output: output === '-' ? join(tmpdir(), 'chromafeed-stdout') : output,
    size: layout,
    bitDepth: layout.bitDepth,
    frames: framesOf(plan),
    codec: encoder.codec,
    networkSize: smallSize,
    networkEvery,
    device: resources.colorizer.device,
  };
}

/** Frames of the part that is colorized; undefined when the source does not say how long it is. */
function framesOf({ source: { video, durationS }, options }: FilmPlan): number | undefined {
  const whole = video.durationS ?? durationS;
  const rate = video.averageFrameRate;
  if (whole === undefined || rate === undefined) return undefined;
  const part = Math.min(options.duration ?? Infinity, Math.max(0, whole - (options.start ?? 0)));
  return Math.round((part * rate.num) / rate.den);
}
