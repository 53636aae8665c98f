/** Says whether unfinished work or a finished film belongs to the same source with the same settings. */
import { stat } from 'node:fs/promises';
import { basename, resolve } from 'node:path';
import { fingerprintOf, sha256File } from '../../../files/fingerprint.ts';
import type { SourceInput } from '../../../ingest/film/source-input.ts';
import { filmDefaults } from '../film-options.ts';
import type { FilmPlan } from '../plan/film-plan.ts';
import { networkFacts, type NetworkIdentity } from '../plan/network-facts.ts';
import { sourceContents } from './source-contents.ts';

/** What a result depends on, apart from the plan. */
export interface Fingerprinted {
  readonly plan: FilmPlan;
  readonly opened: SourceInput;
  readonly colorizer: NetworkIdentity;
  readonly ffmpegVersion: string;
}

/** What a result depends on, without the contents of the source, which take time to read. */
export interface FilmSettings {
  /** In words; `bytes` is the length of the source. */
  readonly settings: Readonly<Record<string, unknown>>;
  /** Their checksum: the first half of the film's fingerprint. */
  readonly half: string;
  /** Identifies the source's content if the caller knows it; it is then not read. */
  readonly source: string | undefined;
  /** The fingerprint that earlier versions gave the film: by path, length and time of the source. */
  readonly older: string;
}

/** Everything that a result depends on, as a checksum and as written into the journal. */
export interface ResultIdentity {
  /** The checksums of the settings and of the contents; no path and no time of a file. */
  readonly fingerprint: string;
  readonly settings: Readonly<Record<string, unknown>>;
  readonly older: string;
}

/** Collects what a film's result depends on, without reading the source. */
export async function filmSettings(asked: Fingerprinted): Promise<FilmSettings> {
  const { plan, opened } = asked;
  const shared = await sharedSettings(asked);
  const known = plainJson({ bytes: await bytesOf(opened), ...shared });
  const source = plan.options.identity?.source;
  const input = source !== undefined || plan.input === '-' ? '-' : resolve(plan.input);
  const before = plainJson({ input, source: source ?? (await stateOf(opened)), ...shared });
  return { settings: known, half: halfOf(fingerprintOf(known)), source, older: fingerprintOf(before) };
}

/** Completes the settings with a checksum of the source, which is read once. */
export async function filmIdentity(
  { settings, half, source, older }: FilmSettings,
  opened: SourceInput,
  signal?: AbortSignal,
): Promise<ResultIdentity> {
  const contents = source ?? `SHA-256 ${await sourceContents(opened, signal)}`;
  return {
    fingerprint: half + halfOf(fingerprintOf(contents)),
    settings: { source: contents, ...settings },
    older,
  };
}

/**
 * Whether a fingerprint is that of a film. The source is read only if it may have changed since then.
 * @param sinceMs - when the fingerprint was written
 */
export async function isFingerprintOf(
  fingerprint: string | undefined,
  { half, older }: FilmSettings,
  opened: SourceInput,
  { sinceMs, signal }: { readonly sinceMs: number; readonly signal: AbortSignal },
): Promise<boolean> {
  if (fingerprint === older) return true;
  if (fingerprint === undefined || halfOf(fingerprint) !== half) return false;
  if (!opened.isSpooled && (await isUnchanged(opened, sinceMs))) return true;
  return fingerprint === half + halfOf(fingerprintOf(`SHA-256 ${await sourceContents(opened, signal)}`));
}

/** Whether none of a source's files was written, replaced or moved since a time. */
async function isUnchanged({ files }: SourceInput, sinceMs: number): Promise<boolean> {
  const states = await Promise.all(files.map((path) => stat(path)));
  return states.every(({ ctimeMs, mtimeMs }) => Math.max(ctimeMs, mtimeMs) < sinceMs);
}

function halfOf(checksum: string): string {
  return checksum.slice(0, 32);
}

async function sharedSettings({
  plan,
  colorizer,
  ffmpegVersion,
}: Fingerprinted): Promise<Record<string, unknown>> {
  const { size, temperature, liveliness, saturation, networkEvery, sceneThreshold, deinterlace } =
    plan.options;
  const { start, duration, compare, frameRate } = plan.options;
  return {
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
    segmentFrames: plan.segments.longest,
    model: `${colorizer.model.manifest.name} ${colorizer.model.manifest.version}`,
    ...(await networkFacts(colorizer)),
    ffmpeg: ffmpegVersion,
  };
}

/** As it is read from JSON again: without undefined values. */
function plainJson(settings: Record<string, unknown>): Record<string, unknown> {
  return JSON.parse(JSON.stringify(settings)) as Record<string, unknown>;
}

async function bytesOf({ files }: SourceInput): Promise<number> {
  const sizes = await Promise.all(files.map(async (path) => (await stat(path)).size));
  return sizes.reduce((sum, size) => sum + size, 0);
}

/** Describes the current state of a source, as older versions did. */
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
