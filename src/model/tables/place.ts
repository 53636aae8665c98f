import { lumaInput, type NodeList } from './nodes.ts';

/** Channels of `placeInput`: see `PlaceInputOp`. */
export const placeChannels = 7;
/** Channels of its convolutions. */
export const placeWidth = 12;

/** Lightness differences are learnt in units of this, Lab. */
export const placeLightnessUnit = 10;
/** Corrections of the blended colour are learnt in units of this, Lab. */
export const placeCorrectionUnit = 10;
/** Colours are learnt in units of this, Lab. */
export const placeColourUnit = 50;

/**
 * Adds what a fixed camera knows of its place: how light and of what colour each point of the picture usually is.
 * Where the picture looks as usual, it has its usual colour; where something stands before it, the network's.
 * Three small convolutions, learnt on the camera's own footage, say which, and by how much both are off.
 * @param ab - the network's own answer
 * @param stride - of that answer, luma pixels
 * @returns the name of a*, b* at luma's own size
 */
export function addPlace(list: NodeList, ab: string, stride: number): string {
  const large = list.add('place.network', { kind: 'enlarge', factor: [stride, 1] }, ab);
  const input = list.add('place.input', { kind: 'placeInput' }, lumaInput, large);
  let x = list.conv('place.0', input, [placeChannels, placeWidth]);
  x = list.conv('place.1', x, [placeWidth, placeWidth]);
  x = list.conv('place.2', x, [placeWidth, 3], { activation: 'none' });
  return list.add('place.ab', { kind: 'placeBlend' }, input, x);
}
