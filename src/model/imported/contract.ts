import { z } from 'zod';
import type { SizePx } from '../../frame.ts';
import { inputForms, outputForms } from './forms.ts';

/** The types of numbers that an imported network may take. */
export const numberTypes = ['float32', 'float16'] as const;

export type NumberType = (typeof numberTypes)[number];

/** The longest side of a picture for an imported network, pixels. */
export const mostSidePx = 4096;

const sidePx = z.int().min(8).max(mostSidePx);
const tensorType = z.enum(numberTypes);
const tensorName = z
  .string()
  .regex(/^[^\p{Cc}]{1,256}$/u, 'expected a name of 1 to 256 characters without control characters');

/** The content of `contract` in an imported model's `model.json`. */
export const contractSchema = z.strictObject({
  input: z.strictObject({
    name: tensorName.describe('the tensor that takes the picture, [1, channels, height, width]'),
    type: tensorType,
    form: z.enum(inputForms),
  }),
  zeros: z
    .array(z.strictObject({ name: tensorName, type: tensorType, channels: z.int().min(1).max(64) }))
    .max(8)
    .describe('further inputs, such as hints and their mask: they are filled with zeros'),
  output: z.strictObject({
    name: tensorName.describe('the tensor with the colour, [1, 2 or 3, height, width]'),
    form: z.enum(outputForms),
  }),
  size: z
    .union([
      z.strictObject({ widthPx: sidePx, heightPx: sidePx }).describe('the one size that the network takes'),
      z
        .strictObject({ shortSide: sidePx, multipleOf: z.int().min(1).max(256) })
        .describe('any size: the short side of its pictures; both sides are multiples of multipleOf'),
    ])
    .describe('of its pictures, pixels'),
});

/** What an imported network takes and returns. */
export type Contract = z.infer<typeof contractSchema>;

/** The sizes that a network takes. */
export type ContractSize = Contract['size'];

/**
 * The size at which an imported network sees a picture: its own fixed size, to which the picture is squashed, or a size
 * with the picture's aspect.
 * @param size - of the contract
 * @param shape - a picture whose aspect counts, pixels
 */
export function pictureSize(size: ContractSize, shape: SizePx): SizePx {
  if ('widthPx' in size) return size;
  const { shortSide, multipleOf } = size;
  const whole = (side: number): number =>
    Math.max(
      multipleOf,
      Math.min(Math.round(side / multipleOf), Math.floor(mostSidePx / multipleOf)) * multipleOf,
    );
  const ratio = shape.widthPx / shape.heightPx;
  const short = whole(shortSide);
  return ratio >= 1
    ? { widthPx: whole(shortSide * ratio), heightPx: short }
    : { widthPx: short, heightPx: whole(shortSide / ratio) };
}
