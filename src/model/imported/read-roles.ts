/** Reads from the names, types and sizes of a graph's tensors which of them takes the picture. */
import { AppError } from '../../errors.ts';
import { plainText } from '../../log/plain-text.ts';
import { numberTypes, type Contract, type NumberType } from './contract.ts';
import type { Signature } from './imported-process.ts';
import type { TensorFacts } from './imported-session.ts';

/** What the declaration of a graph says about its inputs. */
export interface InputRoles {
  readonly picture: { readonly name: string; readonly type: NumberType; readonly channels: 1 | 3 };
  readonly zeros: Contract['zeros'];
  /** the one size that it takes; undefined: any */
  readonly fixedSize: { readonly widthPx: number; readonly heightPx: number } | undefined;
  /** whether an output has two channels (a*, b*) */
  readonly hasChroma: boolean;
}

/** An input that holds pictures. */
interface PictureInput {
  readonly name: string;
  readonly type: NumberType;
  readonly channels: number;
  readonly heightPx: number | string | undefined;
  readonly widthPx: number | string | undefined;
}

/** Names of further inputs: what a user may mark in SIGGRAPH17. */
const hintNames = /mask|map|hint|user|point|_ab\b|^ab$/i;

/**
 * Finds the input for the picture, and the further inputs that stay empty.
 * @param who - the ONNX file, for messages
 * @throws {AppError} MODEL_MISMATCH when the graph takes no gray picture, with the reason and a cure
 */
export function readInputRoles({ inputs, outputs }: Signature, who: string): InputRoles {
  if (inputs.length === 0 || outputs.length === 0)
    throw unfit(who, 'expected an input and an output but got none');
  const pictures = inputs.map((input) => pictureInput(input, who));
  const picture = choosePicture(pictures, who);
  const { heightPx, widthPx } = picture;
  for (const other of pictures)
    if (other.heightPx !== heightPx || other.widthPx !== widthPx)
      if (typeof other.heightPx === 'number' && typeof other.widthPx === 'number')
        throw unfit(
          who,
          `expected input "${other.name}" to be as large as "${picture.name}" but got ${describe(inputs)}`,
        );
  if (typeof heightPx !== typeof widthPx)
    throw unfit(
      who,
      `expected both sides of "${picture.name}" to be fixed, or both to be free, but got ${describe(inputs)}`,
    );
  return {
    picture: { name: picture.name, type: picture.type, channels: picture.channels === 3 ? 3 : 1 },
    zeros: pictures
      .filter((one) => one !== picture)
      .map(({ name, type, channels }) => ({ name, type, channels })),
    fixedSize:
      typeof heightPx === 'number' && typeof widthPx === 'number' ? { widthPx, heightPx } : undefined,
    hasChroma: outputs.some(({ shape }) => shape[1] === 2),
  };
}

function pictureInput(input: TensorFacts, who: string): PictureInput {
  const { name, type, shape } = input;
  const [count, channels, heightPx, widthPx] = shape;
  const known = numberTypes.find((one) => one === type);
  const got = `got ${describe([input])}`;
  if (known === undefined)
    throw unfit(
      who,
      `expected float32 or float16 numbers but ${got}`,
      'export the network with float inputs and outputs',
    );
  if (shape.length === 4 && (widthPx === 1 || widthPx === 3) && channels !== 1 && channels !== 3)
    throw unfit(
      who,
      `expected the channels before height and width but ${got}`,
      'export the network with channels first (NCHW)',
    );
  if (shape.length !== 4 || typeof channels !== 'number' || (typeof count === 'number' && count !== 1))
    throw unfit(
      who,
      `expected pictures as [1, channels, height, width] but ${got}`,
      'export the network for one picture at a time',
    );
  return { name, type: known, channels, heightPx, widthPx };
}

function choosePicture(pictures: readonly PictureInput[], who: string): PictureInput {
  const own = pictures.filter(({ name }) => !hintNames.test(name));
  const among = own.length > 0 ? own : pictures;
  const found = among.find(({ channels }) => channels === 3) ?? among.find(({ channels }) => channels === 1);
  if (found !== undefined) return found;
  throw unfit(
    who,
    `expected an input of 1 channel (lightness) or 3 (gray as R'G'B') but got ${describe(pictures.map(shown))}`,
  );
}

function shown({ name, type, channels, heightPx, widthPx }: PictureInput): TensorFacts {
  return { name, type, shape: [1, channels, heightPx ?? '?', widthPx ?? '?'] };
}

/** Names, types and sizes for a message. */
export function describe(tensors: readonly TensorFacts[]): string {
  return tensors
    .map(({ name, type, shape }) => plainText(`"${name}" ${type} [${shape.join(', ')}]`))
    .join(', ');
}

/**
 * The error for a graph that colours no pictures as Chromafeed gives them.
 * @param cure - absent: where the forms are listed
 */
export function unfit(
  who: string,
  message: string,
  cure = 'docs/models.md lists the forms of networks that can be imported',
): AppError {
  return new AppError('MODEL_MISMATCH', `${who}: ${message}`, { cure });
}
