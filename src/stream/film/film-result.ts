import { writeFile } from 'node:fs/promises';
import { anotherFile } from '../../files/check-output.ts';
import { countText } from '../../log/count-text.ts';
import type { FilmWish } from './film-job.ts';
import type { FilmTally } from './film-tally.ts';
import type { DecodeReport } from '../../ingest/film/decode.ts';
import type { SourceInfo } from '../../ingest/film/source-info.ts';
import type { SceneRecord } from './resume.ts';
import type { Studio } from '../studio.ts';
import { unwritable } from '../../files/write-failure.ts';

/** What became of a film; the JSON report has the same fields. */
export interface FilmResult {
  readonly dryRun: boolean;
  readonly frames: number;
  readonly resumedFrames: number;
  readonly scenes: readonly (SceneRecord & { readonly startS: number })[];
  readonly embeddings: number;
  readonly networkFrames: number;
  /** Frames a second of this run, muxing included. */
  readonly fps: number;
  readonly wallS: number;
  /** Seconds of this run's work by stage; stages run beside each other. */
  readonly stageS: Readonly<Record<string, number>>;
  readonly peakRssMiB: number;
  readonly framesInFlight: { readonly most: number; readonly bound: number };
  readonly model: { readonly name: string; readonly version: number; readonly device: string };
  readonly warnings: readonly string[];
  readonly damage: string | undefined;
}

/** What a run ended with. */
export interface FilmEnd {
  readonly source: SourceInfo;
  /** Of the whole film, those of earlier runs among them. */
  readonly frames: number;
  readonly resumedFrames: number;
  readonly report: DecodeReport;
}

export function filmResult(end: FilmEnd, tally: FilmTally, { colorizer }: Studio): FilmResult {
  const { source, frames, resumedFrames, report } = end;
  const tickS = source.video.timeBase.num / source.video.timeBase.den;
  const { name, version } = colorizer.model.manifest;
  const wallS = tally.elapsedS;
  return {
    ...{ dryRun: false, frames, resumedFrames },
    scenes: tally.scenes.map((scene) => ({ ...scene, startS: scene.firstPts * tickS })),
    ...{ embeddings: tally.embeddings, networkFrames: tally.networkFrames },
    ...{ fps: tally.frames / wallS, wallS, stageS: tally.stageS },
    peakRssMiB: Math.round(process.resourceUsage().maxRSS / 1024),
    framesInFlight: { most: tally.mostInFlight, bound: tally.boundInFlight },
    model: { name, version, device: colorizer.device },
    warnings: tally.warnings,
    damage: describeDamage(report),
  };
}

function describeDamage({ damage }: DecodeReport): string | undefined {
  return damage && `${damage.kind} at ${damage.atS.toFixed(2)} s (${countText(damage.count, 'fault')})`;
}

/** What the user reads at the end. */
export function doneLine(wish: FilmWish, result: FilmResult): string {
  const scenes = countText(result.scenes.length, 'scene');
  const damage = result.damage === undefined ? '' : `; the source is damaged: ${result.damage}`;
  return `${wish.input} -> ${wish.output}: ${result.frames} frames, ${scenes}, ${result.fps.toFixed(1)} fps on ${result.model.device}${damage}`;
}

/** @throws {AppError} OUTPUT_UNWRITABLE */
export async function writeReport(path: string, report: object): Promise<void> {
  try {
    await writeFile(path, `${JSON.stringify(report, undefined, 2)}\n`);
  } catch (error) {
    throw unwritable(path, error, anotherFile);
  }
}
