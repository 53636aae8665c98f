import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expectedFrames } from './expected-frames.ts';
import type { FilmFacts } from './film-effort.ts';
import type { FilmJob } from '../film-job.ts';

/** Collects what is needed to estimate the time and the space of a film. */
export function filmFacts({ plan, resources }: FilmJob): FilmFacts {
  const { source, output, layout, encoder, smallSize, networkEvery } = plan;
  return {
    name: source.name,
    output: output === '-' ? join(tmpdir(), 'chromafeed-stdout') : output,
    size: layout,
    bitDepth: layout.bitDepth,
    frames: expectedFrames(plan),
    codec: encoder.codec,
    networkSize: smallSize,
    networkEvery,
    device: resources.colorizer.device,
  };
}
