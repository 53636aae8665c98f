import { lumaInput, type NodeList } from './nodes.ts';

/** Channels of `sceneModelInput`: see `SceneModelInputOp`. */
export const sceneModelChannels = 7;
/** Channels of its convolutions. */
export const sceneModelWidth = 12;

/** Differences in lightness are learnt in this unit, Lab. */
export const lightnessUnit = 10;
/** Corrections of the blended colour are learnt in this unit, Lab. */
export const correctionUnit = 10;
/** Colours are learnt in this unit, Lab. */
export const colourUnit = 50;

/**
 * Adds the scene model of a fixed camera: the usual lightness and colour of each pixel. A pixel that looks as usual
 * gets its usual colour; a pixel that is covered by something gets the network's colour. Three small convolutions,
 * trained on the camera's own footage, decide between the two and correct the result. Its nodes and tensors are
 * called `place.*`, as in the models on disk.
 * @param ab - the network's own result
 * @param stride - of the network's result, luma pixels
 * @returns the name of a*, b* at the size of the luma
 */
export function addSceneModel(list: NodeList, ab: string, stride: number): string {
  const large = list.add('place.network', { kind: 'enlarge', factor: [stride, 1] }, ab);
  const input = list.add('place.input', { kind: 'sceneModelInput' }, lumaInput, large);
  let x = list.conv('place.0', input, [sceneModelChannels, sceneModelWidth]);
  x = list.conv('place.1', x, [sceneModelWidth, sceneModelWidth]);
  x = list.conv('place.2', x, [sceneModelWidth, 3], { activation: 'none' });
  return list.add('place.ab', { kind: 'sceneModelBlend' }, input, x);
}
