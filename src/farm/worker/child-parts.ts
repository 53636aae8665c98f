/** What a worker's child process does for a film in parts. */
import type { FilmResources } from '../../stream/film/film-resources.ts';
import type { FilmResult } from '../../stream/film/film-result.ts';
import { colorizePart } from '../../stream/film/parts/colorize-part.ts';
import { joinParts } from '../../stream/film/parts/join-parts.ts';
import type { PartsJob } from '../../stream/film/parts/parts-job.ts';
import { parsePartsPlan, type PartsPlan } from '../../stream/film/parts/parts-plan.ts';
import { planParts } from '../../stream/film/parts/plan-parts.ts';
import type { ChildResult, ReelRequest, ReelTask } from './child-messages.ts';

type TaskOf<Kind extends ReelTask['kind']> = Extract<ReelTask, { kind: Kind }>;

/** Makes the plan. */
export function planReel(
  { input, options, identity }: ReelRequest,
  { output, splitSeconds }: TaskOf<'plan'>,
  resources: FilmResources,
): Promise<PartsPlan> {
  return planParts({ input, output, options: { ...options, identity } }, { splitSeconds }, { resources });
}

/** Makes one part, or continues it. */
export async function colorPart(
  request: ReelRequest,
  { plan, number, folder }: TaskOf<'part'>,
  resources: FilmResources,
): Promise<ChildResult> {
  const startMs = performance.now();
  const { frames, damage } = await colorizePart(jobOf(request, plan), number, folder, { resources });
  const wallS = (performance.now() - startMs) / 1000;
  return {
    frames,
    resumedFrames: 0,
    fps: frames / wallS,
    wallS,
    device: resources.colorizer.device,
    warnings: [],
    damage: damage?.kind,
  };
}

/** Joins the parts. The output is in the folder of this attempt, so an unfinished one there is of no use. */
export function joinReel(
  request: ReelRequest,
  { plan, folders, output }: TaskOf<'join'>,
  resources: FilmResources,
): Promise<FilmResult> {
  return joinParts(jobOf(request, plan), folders, output, { resources });
}

function jobOf({ input, options, identity }: ReelRequest, plan: PartsPlan): PartsJob {
  const { model, embedding, style, hwaccel } = options;
  return {
    input,
    plan: parsePartsPlan(plan),
    local: { model, embedding, style, hwaccel, identity, overwrite: true },
  };
}
