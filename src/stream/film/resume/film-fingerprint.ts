/** Says whether unfinished work belongs to the same film with the same settings. */
import { stat } from 'node:fs/promises';
import { basename, resolve } from 'node:path';
import { fingerprintOf, sha256File } from '../../../files/fingerprint.ts';
import type { SourceInput } from '../../../ingest/film/source-input.ts';
import { filmDefaults } from '../film-options.ts';
import type { FilmPlan } from '../film-plan.ts';
import { networkFacts, type NetworkIdentity } from '../network-facts.ts';

/** What a result depends on, apart from the plan. */
export interface Fingerprinted {
  readonly plan: FilmPlan;
  readonly opened: SourceInput;
  readonly colorizer: NetworkIdentity;
  readonly ffmpegVersion: string;
}

/** Everything that the result depends on, as a checksum and as written into the journal. */
export async function filmFingerprint({
  plan,
  opened,
  colorizer,
  ffmpegVersion,
}: Fingerprinted): Promise<{ fingerprint: string; settings: Record<string, unknown> }> {
  const { size, temperature, liveliness, saturation, networkEvery, sceneThreshold, deinterlace } =
    plan.options;
  const { start, duration, compare, frameRate, identity } = plan.options;
  const settings: Record<string, unknown> = {
    input: identity !== undefined || plan.input === '-' ? '-' : resolve(plan.input),
    source: identity?.source ?? (await stateOf(opened)),
    size,
    temperature,
    liveliness: liveliness === filmDefaults.liveliness ? undefined : liveliness,
    saturation,
    networkEvery,
    sceneThreshold,
    deinterlace,
    start,
    duration,
    compare,
    frameRate,
    keepsOwnColor: plan.keepsOwnColor === true ? true : undefined,
    output: basename(plan.output),
    encoder: plan.encoder.args.join(' '),
    segmentFrames: plan.segmentFrames,
    model: `${colorizer.model.manifest.name} ${colorizer.model.manifest.version}`,
    ...(await networkFacts(colorizer)),
    ffmpeg: ffmpegVersion,
  };
  const known = JSON.parse(JSON.stringify(settings)) as Record<string, unknown>;
  return { fingerprint: fingerprintOf(known), settings: known };
}

/** Describes the current state of a source. Another file or a changed file has another description. */
async function stateOf({ files, isSpooled }: SourceInput): Promise<string> {
  const [first] = files;
  if (isSpooled && first !== undefined) return `SHA-256 ${await sha256File(first)}`;
  const facts = await Promise.all(
    files.map(async (path) => {
      const { size, mtime } = await stat(path);
      return `${size} bytes of ${mtime.toISOString()}`;
    }),
  );
  return files.length === 1 ? facts.join('') : `${files.length} files, ${fingerprintOf([files, facts])}`;
}
