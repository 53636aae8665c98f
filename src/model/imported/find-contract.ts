/** Finds out how a colorizer in an ONNX file is used: from its checksum, its tensors, and by running it. */
import type { SizePx } from '../../frame.ts';
import type { Contract } from './contract.ts';
import { pictureSize } from './contract.ts';
import type { InputForm } from './forms.ts';
import type { ImportedChild } from './imported-child.ts';
import type { RawTensor } from './imported-session.ts';
import { chooseInputForms, type ContractRequest } from './input-forms.ts';
import { chooseOutput, matchForms, type TrialRun } from './output-forms.ts';
import { probePicture } from './probe-pictures.ts';
import { readInputRoles, unfit, type InputRoles } from './read-roles.ts';

/** How a network is used. */
export interface FoundContract {
  readonly contract: Contract;
  /** the time for one picture after the first, milliseconds */
  readonly msPerPicture: number;
  /** whether another form of the input would fit as well */
  readonly isGuess: boolean;
}

/** Most of these networks were trained with pictures of this side, pixels. */
const usualSidePx = 256;
/** Both sides of a picture are multiples of one of these. */
const multiples = [8, 16, 32, 64];

/**
 * Finds the contract of an open network by running it on a gray picture.
 * @throws {AppError} MODEL_MISMATCH when it colours no pictures, or when its forms cannot be told apart; MODEL_INVALID
 *   when it fails
 */
export async function findContract(child: ImportedChild, request: ContractRequest): Promise<FoundContract> {
  const roles = readInputRoles(child.signature, request.file);
  const operators = await child.ask('operators', { file: request.file, input: roles.picture.name });
  const inputs = chooseInputForms(roles, operators, request);
  const size = await sizeOf(child, roles, inputs[0] ?? 'L', request);
  const picture = probePicture(pictureSize(size, { widthPx: 4, heightPx: 3 }));
  const runs: TrialRun[] = [];
  for (const form of inputs)
    runs.push({ form, results: await child.ask('run', { inputs: inputsOf(roles, form), picture }) });
  const found = matchForms(runs, picture, {
    who: request.file,
    output: request.known?.output ?? request.output,
    fixedWidthPx: roles.fixedSize?.widthPx,
  });
  const contract: Contract = {
    ...inputsOf(roles, found.input),
    output: { name: found.name, form: found.output },
    size,
  };
  const startMs = performance.now();
  await child.ask('colorize', { contract, picture, size: picture.size });
  return { contract, msPerPicture: performance.now() - startMs, isGuess: found.isGuess };
}

function inputsOf(
  { picture: { name, type }, zeros }: InputRoles,
  form: InputForm,
): Pick<Contract, 'input' | 'zeros'> {
  return { input: { name, type, form }, zeros };
}

/** A network that takes any size may still need multiples of 16 or 32: it is tried. */
async function sizeOf(
  child: ImportedChild,
  roles: InputRoles,
  form: InputForm,
  { file, shortSidePx = usualSidePx }: ContractRequest,
): Promise<Contract['size']> {
  if (roles.fixedSize !== undefined) return roles.fixedSize;
  let fault: unknown;
  for (const multipleOf of multiples) {
    const { luma, size } = probePicture(trialSize(multipleOf));
    try {
      const results = await child.ask('run', { inputs: inputsOf(roles, form), picture: { luma, size } });
      if (isInProportion(chooseOutput(results, file), size))
        return { shortSide: Math.max(1, Math.round(shortSidePx / multipleOf)) * multipleOf, multipleOf };
    } catch (error) {
      if (child.isOver) throw error;
      fault = error;
    }
  }
  const reason = fault instanceof Error ? `: ${fault.message}` : '';
  throw unfit(
    file,
    `expected a network that colours pictures of any size but it fails with multiples of ${multiples.join(', ')}${reason}`,
    'export the network with one fixed size',
  );
}

/** Odd multiples, so that a network that needs twice as much fails. */
function trialSize(multipleOf: number): SizePx {
  const least = Math.max(3, Math.ceil(64 / multipleOf));
  const odd = least + ((least + 1) % 2);
  return { widthPx: (odd + 2) * multipleOf, heightPx: odd * multipleOf };
}

/** Whether an output has the picture's size, or a whole fraction of it. */
function isInProportion({ dims }: RawTensor, { widthPx, heightPx }: SizePx): boolean {
  const [, , height, width] = dims;
  if (height === undefined || width === undefined || height === 0) return false;
  return widthPx * height === heightPx * width && heightPx % height === 0;
}
