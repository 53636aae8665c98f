/** Decides from a network's results which forms it has. */
import type { InputForm, OutputForm } from './forms.ts';
import { channelsOf } from './convert.ts';
import type { LumaPicture, RawTensor } from './imported-session.ts';
import { describe, unfit } from './read-roles.ts';

/** The results of a network for one form of its input. */
export interface TrialRun {
  readonly form: InputForm;
  readonly results: readonly RawTensor[];
}

/** The forms of a network. */
export interface MatchedForms {
  readonly input: InputForm;
  readonly output: OutputForm;
  /** of the output */
  readonly name: string;
  /** whether other forms would fit as well */
  readonly isGuess: boolean;
}

interface Asked {
  /** the ONNX file */
  readonly who: string;
  /** width of the picture that the network takes, if it takes only one */
  readonly fixedWidthPx?: number | undefined;
  /** the form that is known or that the user names */
  readonly output: OutputForm | undefined;
}

/** Normalised a*, b* do not exceed this; in their own units a picture with any colour does. */
const mostNormalized = 1.5;
/** A picture that came back in colour differs from the gray one by less than this, as a share of white. */
const mostDifference = 0.2;
/** A smaller output is no picture, pixels. */
const leastSidePx = 4;
/** Two forms that differ by less than this are the same to a network that only multiplies. */
const sameDifference = 1e-3;

/**
 * Chooses the forms that go with what came back.
 * @param runs - one for each form of the input that is possible; at least one
 * @param picture - that the network saw
 * @throws {AppError} MODEL_MISMATCH when no form fits
 */
export function matchForms(runs: readonly TrialRun[], picture: LumaPicture, asked: Asked): MatchedForms {
  const [first] = runs;
  const output = chooseOutput(first?.results ?? [], asked.who);
  const channels = output.dims[1] === 3 ? 3 : 2;
  if (asked.output !== undefined && channelsOf(asked.output) !== channels)
    throw unfit(
      asked.who,
      `--output ${asked.output}: expected ${channelsOf(asked.output)} channels but "${output.name}" has ${channels}`,
      'leave --output out, or name a form with as many channels',
    );
  return channels === 3 ? matchPicture(runs, picture, asked) : matchChroma(runs, asked);
}

/**
 * Finds the output with the colour: two channels (a*, b*) or three (R'G'B').
 * @throws {AppError} MODEL_MISMATCH when there is none
 */
export function chooseOutput(results: readonly RawTensor[], who: string): RawTensor {
  const colors = results.filter(
    ({ dims }) => dims.length === 4 && dims[0] === 1 && (dims[1] === 2 || dims[1] === 3) && isPicture(dims),
  );
  const [found] = colors.filter(({ values }) => values !== undefined);
  if (found !== undefined) return found;
  const got = describe(
    results.map(({ name, dims, values }) => ({
      name,
      type: values ? 'float' : 'other numbers',
      shape: dims,
    })),
  );
  const isScores = results.some(({ dims }) => (dims[1] ?? 0) > 100);
  throw unfit(
    who,
    `expected an output of 2 channels (a*, b*) or 3 (R'G'B') but got ${got}`,
    isScores
      ? 'these are scores of colour classes: export the network with its last layer, which turns them into a*, b*'
      : undefined,
  );
}

/** A picture, even a small one, has some width and height. */
function isPicture([, , heightPx = 0, widthPx = 0]: readonly number[]): boolean {
  return heightPx >= leastSidePx && widthPx >= leastSidePx;
}

/** A colour picture looks like the gray one, in one of four combinations of ranges. */
function matchPicture(runs: readonly TrialRun[], picture: LumaPicture, { who, output }: Asked): MatchedForms {
  const ranges: readonly OutputForm[] = output === undefined ? ['rgb-0..255', 'rgb-0..1'] : [output];
  const found = runs.flatMap(({ form, results }) => {
    const raw = chooseOutput(results, who);
    return ranges.map((range) => ({
      input: form,
      output: range,
      name: raw.name,
      difference: brightnessDifference(raw, picture, range === 'rgb-0..255' ? 255 : 1),
      isSameRange: channelsOf(form) === 3 && form.slice(4) === range.slice(4),
    }));
  });
  const least = Math.min(...found.map(({ difference }) => difference));
  if (!(least < mostDifference))
    throw unfit(
      who,
      `expected a colour picture that is as bright as the gray one but they differ by ${(100 * least).toFixed(0)} %`,
      'if it is a colorizer, name its ranges with --input and --output',
    );
  const good = found.filter(({ difference }) => difference < least + sameDifference);
  const { input, output: form, name } = good.find(({ isSameRange }) => isSameRange) ?? good[0]!;
  return { input, output: form, name, isGuess: false };
}

/** Mean difference in brightness, as a share of white; Infinity if something is no number. */
function brightnessDifference(
  { values, dims }: RawTensor,
  { luma, size }: LumaPicture,
  white: number,
): number {
  const [, , heightPx = 0, widthPx = 0] = dims;
  const count = widthPx * heightPx;
  let sum = 0;
  for (let y = 0; y < heightPx; y++)
    for (let x = 0; x < widthPx; x++) {
      const at = y * widthPx + x;
      const [red, green, blue] = [values![at]!, values![count + at]!, values![2 * count + at]!];
      const seen =
        luma[
          Math.floor((y * size.heightPx) / heightPx) * size.widthPx + Math.floor((x * size.widthPx) / widthPx)
        ]!;
      sum += Math.abs((0.299 * red + 0.587 * green + 0.114 * blue) / white - seen / 255);
    }
  const mean = sum / count;
  return Number.isFinite(mean) ? mean : Infinity;
}

/** Zhang's first network, in Caffe, takes pictures of this width as L-50; the later ones take 256. */
const caffeWidthPx = 224;

/** How large a*, b* are shows their unit; and normalised colour goes with normalised lightness. */
function matchChroma(runs: readonly TrialRun[], { who, output: named, fixedWidthPx }: Asked): MatchedForms {
  const tried = runs.map(({ form, results }) => {
    const raw = chooseOutput(results, who);
    return { form, name: raw.name, most: largest(raw) };
  });
  const fits = tried.flatMap(({ form, name, most }) => {
    const output = named ?? (most <= mostNormalized ? 'ab/110' : 'ab');
    return canGoTogether(form, output) || runs.length === 1 ? [{ form, output, name, most }] : [];
  });
  const usual = fixedWidthPx === caffeWidthPx ? 'L-50' : '(L-50)/100';
  const found = fits.find(({ form }) => form === usual) ?? fits[0];
  if (found === undefined) throw undecided(who);
  if (!Number.isFinite(found.most) || found.most > 256)
    throw unfit(
      who,
      `expected a*, b* of at most 128 for a gray picture but got ${found.most.toFixed(0)}`,
      advice,
    );
  if (found.most < 1e-4)
    throw unfit(who, 'expected colour for a gray picture but got none: every a* and b* is 0', advice);
  return { input: found.form, output: found.output, name: found.name, isGuess: fits.length > 1 };
}

const advice = 'if it is a colorizer, name its forms with --input and --output';

/** Which normalised forms go together. Of gray R'G'B', DDColor's is 0..1; 0..255 only by name. */
function canGoTogether(input: InputForm, output: OutputForm): boolean {
  if (channelsOf(input) === 3) return input === 'rgb-0..1';
  return (input === '(L-50)/100') === (output !== 'ab');
}

function undecided(who: string): Error {
  return unfit(
    who,
    'neither its tensors nor its results say whether it takes L, L-50 or (L-50)/100',
    'name the form as its author describes it: --input L, --input L-50 or --input "(L-50)/100"',
  );
}

function largest({ values }: RawTensor): number {
  let most = 0;
  for (const value of values ?? []) {
    if (!Number.isFinite(value)) return Infinity;
    most = Math.max(most, Math.abs(value));
  }
  return most;
}
