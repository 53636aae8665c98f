import { plainText } from '../../log/plain-text.ts';
import { replaceFile } from '../../files/replace-file.ts';
import type { DecodeReport } from '../../ingest/film/decode.ts';
import { countText } from '../../log/count-text.ts';
import type { FilmJob } from './film-job.ts';
import type { FilmPlan } from './plan/film-plan.ts';
import type { ColorOrigin } from '../synthetic-mark.ts';
import { colorOrigin } from './own-color-times.ts';
import type { SceneRecord } from './resume/resume-point.ts';

/** Text for an output that an earlier run has finished. */
export const finishedText = 'already finished with these settings';

/** The result of a film; the JSON report has the same fields. */
export interface FilmResult {
  readonly dryRun: boolean;
  /** Whether an earlier run had finished it with the same settings (`skipFinished`): then nothing was done. */
  readonly alreadyFinished: boolean;
  readonly frames: number;
  readonly resumedFrames: number;
  readonly scenes: readonly (SceneRecord & { readonly startS: number })[];
  /** Whose colour the film has. `isOwn` says so for each scene. */
  readonly color: ColorOrigin;
  readonly embeddings: number;
  readonly networkFrames: number;
  /** Frames per second of this run, including muxing. */
  readonly fps: number;
  readonly wallS: number;
  /** Seconds of this run's work by stage; stages run in parallel. */
  readonly stageS: Readonly<Record<string, number>>;
  readonly peakRssMiB: number;
  readonly framesInFlight: { readonly most: number; readonly bound: number };
  readonly model: { readonly name: string; readonly version: number; readonly device: string };
  readonly warnings: readonly string[];
  readonly damage: string | undefined;
}

/** Collects the result of a film. `frames` includes those of earlier runs. */
export function filmResult(
  { plan, resources, stats }: FilmJob,
  end: {
    readonly frames: number;
    readonly resumedFrames: number;
    readonly report: DecodeReport;
    readonly alreadyFinished?: boolean;
  },
): FilmResult {
  const { timeBase } = plan.source.video;
  const { name, version } = resources.colorizer.credit;
  const wallS = stats.elapsedS;
  return {
    dryRun: plan.options.dryRun === true,
    alreadyFinished: end.alreadyFinished === true,
    frames: end.frames,
    resumedFrames: end.resumedFrames,
    scenes: stats.scenes.map((scene) => ({
      ...scene,
      startS: (scene.firstPts * timeBase.num) / timeBase.den,
    })),
    color: colorOrigin(stats.scenes),
    embeddings: stats.embeddings,
    networkFrames: stats.networkFrames,
    fps: stats.frames / wallS,
    wallS,
    stageS: stats.stageS,
    peakRssMiB: Math.round(process.resourceUsage().maxRSS / 1024),
    framesInFlight: { most: stats.mostInFlight, bound: stats.boundInFlight },
    model: { name, version, device: resources.colorizer.device },
    warnings: stats.warnings,
    damage: describeDamage(end.report),
  };
}

function describeDamage({ damage }: DecodeReport): string | undefined {
  return damage && `${damage.kind} at ${damage.atS.toFixed(2)} s (${countText(damage.count, 'fault')})`;
}

/** The paths of a result as the user sees them. */
export function arrowText(input: string, output: string): string {
  return `${plainText(input)} -> ${plainText(output)}`;
}

/** The summary for the user. */
function doneLine({ input, output }: FilmPlan, result: FilmResult): string {
  const scenes = countText(result.scenes.length, 'scene');
  const own = result.scenes.filter(({ isOwn }) => isOwn).length;
  const kept = own === 0 ? '' : ` (${own} in its own colour)`;
  const damage = result.damage === undefined ? '' : `; the source is damaged: ${result.damage}`;
  return `${arrowText(input, output)}: ${result.frames} frames, ${scenes}${kept}, ${result.fps.toFixed(1)} fps on ${result.model.device}${damage}`;
}

/** Writes the report if one is wanted, and tells the user that the film is done. */
export async function publishResult({ plan, resources }: FilmJob, result: FilmResult): Promise<void> {
  const paths = { input: plan.input, output: plan.output };
  if (plan.options.report !== undefined) await writeReport(plan.options.report, { ...paths, ...result });
  resources.reporter.line(doneLine(plan, result), { event: 'done', ...paths, ...result });
}

/** @throws {AppError} DISK_FULL, OUTPUT_UNWRITABLE */
export async function writeReport(path: string, report: object): Promise<void> {
  await replaceFile(path, `${JSON.stringify(report, undefined, 2)}\n`);
}
