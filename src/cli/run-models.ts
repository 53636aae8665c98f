import { AppError, exitCodes } from '../errors.ts';
import { defaultEmbedding, loadEmbedding } from '../model/embedding/embedding-file.ts';
import { bundledModelDir } from '../model/bundled-models.ts';
import type { ImportedManifest } from '../model/imported/imported-manifest.ts';
import type { ModelFolder } from '../model/model-folders.ts';
import { listModels, verifyModel, type ModelListing } from '../model/model.ts';
import { verifyFile } from '../model/weights/weights.ts';
import { sizeText } from '../log/amount-text.ts';
import type { CommandStreams } from './command-context.ts';
import { formatTable } from './reporting/table.ts';

/** What is known of one installed network; the fields of a faulty manifest are absent. */
export interface ModelReport {
  readonly name: string;
  readonly dir: string;
  /** `user`: in the data folder. `bundled`: installed with the program. */
  readonly origin: ModelFolder['origin'];
  /** `colorizer`: gives colour. `embedding`: gives the vector that a colorizer is conditioned on. */
  readonly role: 'colorizer' | 'embedding';
  readonly version?: number;
  readonly architecture?: string;
  /** `classification` or `regression`; of an imported network the form of its colour, such as `ab` */
  readonly head?: string;
  /** Of an imported network, as the user named it. */
  readonly licence?: string;
  /** Network and length of the vector: `inception-v3 (2048)`. */
  readonly embedding?: string;
  /** Size of the weights' file. */
  readonly bytes?: number;
  readonly ok: boolean;
  readonly fault?: string;
  readonly cure?: string;
}

/**
 * Lists the installed models and verifies their files, weights included.
 * @returns exit code: 0, or 4 when one is broken
 */
export async function runModels(options: { json?: boolean }, { stdout }: CommandStreams): Promise<number> {
  const reports = await inspectModels();
  const ok = reports.every((report) => report.ok);
  stdout.write(options.json === true ? `${JSON.stringify({ ok, models: reports })}\n` : describe(reports));
  return ok ? exitCodes.ok : exitCodes.model;
}

/** Checks every file of every installed model, to its last number. */
export async function inspectModels(): Promise<ModelReport[]> {
  const reports: ModelReport[] = [];
  // One after the other: each is read whole.
  for (const listing of await listModels()) reports.push(await inspectColorizer(listing));
  reports.push(await inspectEmbedding());
  return reports;
}

async function inspectColorizer(listing: ModelListing): Promise<ModelReport> {
  const { name, dir, origin, manifest, imported, fault } = listing;
  if (imported) return inspectImported({ name, dir, origin }, imported);
  if (!manifest) return { name, dir, origin, role: 'colorizer', ...faultOf(fault) };
  const facts = {
    name,
    dir,
    origin,
    role: 'colorizer' as const,
    version: manifest.version,
    architecture: manifest.architecture,
    head: manifest.head.kind,
    bytes: manifest.weights.bytes,
    embedding: `${manifest.embedding.network} (${manifest.embedding.size})`,
  };
  try {
    await verifyModel(dir);
    return { ...facts, ok: true };
  } catch (error) {
    return { ...facts, ...faultOf(error) };
  }
}

/** An imported network: its head is the form of its colour. */
async function inspectImported(
  place: Pick<ModelReport, 'name' | 'dir' | 'origin'>,
  { version, architecture, contract, weights, provenance }: ImportedManifest,
): Promise<ModelReport> {
  const facts = {
    ...place,
    role: 'colorizer' as const,
    version,
    architecture,
    head: contract.output.form,
    bytes: weights.bytes,
    licence: provenance.licence,
  };
  try {
    await verifyModel(place.dir);
    return { ...facts, ok: true };
  } catch (error) {
    return { ...facts, ...faultOf(error) };
  }
}

/** The embedding network, checked by the checksum stored with it. */
async function inspectEmbedding(): Promise<ModelReport> {
  const facts = {
    name: defaultEmbedding,
    dir: bundledModelDir(defaultEmbedding) ?? '',
    origin: 'bundled' as const,
    role: 'embedding' as const,
  };
  try {
    const { bundled } = await loadEmbedding();
    if (bundled === undefined)
      throw new AppError('MODEL_INVALID', `${facts.dir}: expected a network but got none`);
    await verifyFile(bundled);
    return {
      ...facts,
      name: bundled.name,
      embedding: `${bundled.name} (${bundled.size})`,
      bytes: bundled.bytes,
      ok: true,
    };
  } catch (error) {
    return { ...facts, ...faultOf(error) };
  }
}

const reinstall = 'install chromafeed again';

function faultOf(error: unknown): Pick<ModelReport, 'ok' | 'fault' | 'cure'> {
  const fault = error instanceof Error ? error.message : String(error);
  return { ok: false, fault, cure: (error instanceof AppError ? error.cure : undefined) ?? reinstall };
}

function describe(reports: readonly ModelReport[]): string {
  const head = ['name', 'version', 'role', 'architecture', 'head', 'embedding', 'size', 'state', 'folder'];
  const rows = reports.map((report) => [
    ...[report.name, show(report.version), report.role, show(report.architecture), show(report.head)],
    ...[
      show(report.embedding),
      report.bytes === undefined ? '-' : sizeText(report.bytes),
      report.ok ? 'ok' : 'broken',
      report.dir,
    ],
  ]);
  const faults = reports.flatMap(({ name, fault, cure }) =>
    fault === undefined ? [] : [`${name}: ${fault}`, `  what to do: ${cure ?? reinstall}`],
  );
  return [...formatTable([head, ...rows]), ...faults, ''].join('\n');
}

function show(value: string | number | undefined): string {
  return value === undefined ? '-' : String(value);
}
