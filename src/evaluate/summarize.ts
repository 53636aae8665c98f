import {
  clipFigures,
  absoluteDifference,
  eachVersion,
  photoFigures,
  type ClipFigure,
  type ClipResult,
  type Figures,
  type FileResult,
  type PhotoFigure,
  type PhotoResult,
  type Versions,
} from './figures.ts';

/** Means over files of one kind. */
export interface KindSummary<Name extends string> {
  readonly files: number;
  /** Mean of the files' values. Each file counts once; null if no file has a value. */
  readonly means: Versions<Figures<Name>>;
  /** How far a version's mean colourfulness is from the truth's mean. */
  readonly distanceOfMeans: Versions<number | null>;
  /** Greatest value of all files. */
  readonly lumaDifference: number;
  readonly colorizeS: number;
}

/** Photos and clips have different figures, so they are summed up separately. */
export interface Summary {
  readonly photos: KindSummary<PhotoFigure> | null;
  readonly clips: (KindSummary<ClipFigure> & { readonly frames: number }) | null;
}

/**
 * Means of evaluated files.
 * @param results - of one model, any order; not modified
 * @returns null for a kind without files
 */
export function summarize(results: readonly FileResult[]): Summary {
  const photos = results.filter((result): result is PhotoResult => result.kind === 'photo');
  const clips = results.filter((result): result is ClipResult => result.kind === 'clip');
  return {
    photos: photos.length === 0 ? null : summarizeKind(photos, photoFigures),
    clips:
      clips.length === 0
        ? null
        : { ...summarizeKind(clips, clipFigures), frames: sum(clips.map(({ frames }) => frames)) },
  };
}

function summarizeKind<Name extends string>(
  files: readonly {
    readonly figures: Versions<Figures<Name>>;
    readonly lumaDifference: number;
    readonly colorizeS: number;
  }[],
  names: readonly Name[],
): KindSummary<Name> {
  const means = eachVersion((version) =>
    meanFigures(
      files.map(({ figures }) => figures[version]),
      names,
    ),
  );
  const colourfulness = eachVersion((version) =>
    mean(files.map(({ figures }) => colourOf(figures[version]))),
  );
  return {
    files: files.length,
    means,
    distanceOfMeans: eachVersion((version) =>
      absoluteDifference(colourfulness[version], colourfulness.truth),
    ),
    lumaDifference: Math.max(...files.map((file) => file.lumaDifference)),
    colorizeS: sum(files.map((file) => file.colorizeS)),
  };
}

/** Both kinds have it. */
function colourOf(figures: Figures<string>): number | null {
  return figures['colourfulness'] ?? null;
}

function meanFigures<Name extends string>(
  files: readonly Figures<Name>[],
  names: readonly Name[],
): Figures<Name> {
  const entries = names.map((name) => [name, mean(files.map((figures) => figures[name]))]);
  return Object.fromEntries(entries) as Record<Name, number | null>;
}

function mean(values: readonly (number | null)[]): number | null {
  const known = values.filter((value) => value !== null);
  return known.length === 0 ? null : sum(known) / known.length;
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
