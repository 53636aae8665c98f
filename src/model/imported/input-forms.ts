import type { InputForm, OutputForm } from './forms.ts';
import { channelsOf } from './convert.ts';
import type { KnownExport } from './known-exports.ts';
import { unfit, type InputRoles } from './read-roles.ts';

/** What is known before the network runs. */
export interface ContractRequest {
  /** the ONNX file, absolute */
  readonly file: string;
  readonly known?: KnownExport | undefined;
  /** the form that the user names */
  readonly input?: InputForm | undefined;
  readonly output?: OutputForm | undefined;
  /** the short side for a network that takes any size, pixels; absent: 256 */
  readonly shortSidePx?: number | undefined;
}

/**
 * The input forms that a network may have, from its checksum, from what the user names, or from its channels and first
 * operators.
 * @param operators - those that read the picture first
 * @returns one form, or several among which a run decides
 * @throws {AppError} MODEL_MISMATCH when the form has another number of channels than the network
 */
export function chooseInputForms(
  roles: InputRoles,
  operators: readonly string[],
  { file, known, input }: ContractRequest,
): InputForm[] {
  const named = known?.input ?? input;
  if (named === undefined) return roles.picture.channels === 3 ? grayForms(roles) : lightnessForms(operators);
  if (channelsOf(named) === roles.picture.channels) return [named];
  throw unfit(
    file,
    `--input ${named}: expected ${channelsOf(named)} channels but "${roles.picture.name}" has ${roles.picture.channels}`,
    'leave --input out, or name a form with as many channels',
  );
}

/** Networks that return a*, b* take 0..1, as DDColor does; those that return a picture take either range. */
function grayForms({ hasChroma }: InputRoles): InputForm[] {
  return hasChroma ? ['rgb-0..1'] : ['rgb-0..255', 'rgb-0..1'];
}

/**
 * Zhang's networks take L and normalise it themselves: they subtract 50 and divide by 100. Exports without that part
 * expect one of the other two forms.
 */
function lightnessForms(operators: readonly string[]): InputForm[] {
  if (operators.some((name) => name === 'Sub' || name === 'Add' || name === 'BatchNormalization'))
    return ['L'];
  const scales = operators.length > 0 && operators.every((name) => name === 'Div' || name === 'Mul');
  return scales ? ['L-50'] : ['(L-50)/100', 'L-50'];
}
