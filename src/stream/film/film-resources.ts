import type { Reporter } from '../../log/reporter.ts';
import type { Colorizer } from '../../model/colorizer.ts';
import type { StylePicture } from '../../model/style-picture.ts';
import { PixelPool } from '../pixels/pixel-pool.ts';
import { openModelsInStyle } from '../style/open-in-style.ts';
import { readStyle } from '../style/read-style.ts';
import { withDefaults, type ColorOptions, type NetworkOptions } from './film-options.ts';

/** The resources for colouring films, pictures and frames. The owner may use them for many, one after the other. */
export interface FilmResources {
  readonly colorizer: Colorizer;
  readonly pixels: PixelPool;
  readonly reporter: Reporter;
  readonly signal: AbortSignal;
}

/** The resources of a call; the call itself opens and frees what is missing. */
export interface CallOptions {
  /**
   * Resources that were opened earlier for many calls and stay open. Network options, `reporter` and `signal` then come
   * from them.
   */
  readonly resources?: FilmResources | undefined;
  /** Takes warnings and progress. Default: silent. */
  readonly reporter?: Reporter | undefined;
  /** Stops the call, which then throws `INTERRUPTED`. Default: nothing stops it. */
  readonly signal?: AbortSignal | undefined;
}

/** Prints nothing. */
export const silentReporter: Reporter = {
  line: () => undefined,
  warn: () => undefined,
  progress: () => undefined,
  endProgress: () => undefined,
  table: () => undefined,
};

/**
 * Opens the network and the threads for pixels. The network is still being built when this resolves; work that needs it
 * waits. Only a style waits for it here.
 * @param options.size - and `maxMegapixels`: the style's photo is read as pictures with these options are
 * @returns resources that the caller owns and disposes of
 * @throws {AppError} MODEL_INVALID, MODEL_MISMATCH, DEVICE_UNAVAILABLE; INPUT_MISSING and INPUT_UNSUPPORTED of the
 *   style's photo; faults that show while the network is built are thrown by the calls that use it
 */
export async function openFilmResources(
  options: NetworkOptions &
    Pick<ColorOptions, 'size' | 'maxMegapixels'> &
    Pick<CallOptions, 'reporter' | 'signal'> = {},
): Promise<FilmResources & AsyncDisposable> {
  const { reporter = silentReporter, signal = new AbortController().signal } = options;
  const { model, blend, engine, device, precision, embedding } = withDefaults(networkOptions(options));
  const colorizer = await openModelsInStyle({
    model,
    blend,
    engine,
    device,
    precision,
    inBackground: true,
    style: await styleOf(options),
    ...(embedding === undefined ? {} : { embeddingFile: embedding }),
  });
  const pixels = new PixelPool();
  return {
    colorizer,
    pixels,
    reporter,
    signal,
    async [Symbol.asyncDispose]() {
      await Promise.all([colorizer[Symbol.asyncDispose](), pixels[Symbol.asyncDispose]()]);
    },
  };
}

/** The resources that the caller has opened, which stay open; otherwise new ones, which are freed with the result. */
export async function resourcesFor(
  options: NetworkOptions & Pick<ColorOptions, 'size' | 'maxMegapixels'> & CallOptions,
): Promise<FilmResources & AsyncDisposable> {
  const { resources } = options;
  if (resources === undefined) return openFilmResources(options);
  return { ...resources, [Symbol.asyncDispose]: () => Promise.resolve() };
}

async function styleOf(options: Parameters<typeof openFilmResources>[0]): Promise<StylePicture | undefined> {
  const { style, size, maxMegapixels } = withDefaults(options ?? {});
  return style === undefined ? undefined : readStyle(style, { shortSidePx: size, maxMegapixels });
}

function networkOptions({
  model,
  blend,
  engine,
  device,
  precision,
  embedding,
}: NetworkOptions): NetworkOptions {
  return { model, blend, engine, device, precision, embedding };
}
