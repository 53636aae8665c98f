import { sceneModelChannels, sceneModelWidth } from '../../model/tables/scene-model.ts';
import { randomFrom, type Random } from '../random.ts';

/** of a 3 x 3 kernel */
const taps = 9;
const centre = 4;
/** The channel of `sceneModelInput` that says how strange a point's lightness is, 0..1. */
const strangeness = 1;
/**
 * The share of the usual colour is sigmoid(8 - 12 strangeness): 0.99 where lightness deviates as usual (a quarter),
 * 0.02 where it deviates four times as much.
 */
const usualScore = 8;
const strangeScore = -12;

/**
 * The first weights of a scene model's layers. The first channel says how strange the picture is, averaged over 5 x 5
 * points, and decides between the usual colour and the network's. The others are random (He et al. 2015) and have no
 * effect yet.
 * @returns weights by name, in the tables' layout; new arrays the caller owns
 */
export function sceneModelStart(seed: number): Map<string, Float32Array> {
  const random = randomFrom(seed, 0x91ace);
  const first = randomLayer(sceneModelChannels, random);
  averageInto(first, sceneModelChannels, strangeness);
  const second = randomLayer(sceneModelWidth, random);
  averageInto(second, sceneModelWidth, 0);
  const last = new Float32Array(3 * sceneModelWidth * taps);
  last[centre] = strangeScore;
  return new Map([
    ['place.0.weight', first],
    ['place.1.weight', second],
    ['place.2.weight', last],
    ['place.2.bias', Float32Array.of(usualScore, 0, 0)],
  ]);
}

function randomLayer(inChannels: number, random: Random): Float32Array {
  const deviation = Math.sqrt(2 / (inChannels * taps));
  return Float32Array.from(
    { length: sceneModelWidth * inChannels * taps },
    () => random.normal() * deviation,
  );
}

/** Makes the first result the 3 x 3 mean of one input. */
function averageInto(weights: Float32Array, inChannels: number, input: number): void {
  weights.fill(0, 0, inChannels * taps);
  weights.fill(1 / taps, input * taps, (input + 1) * taps);
}
