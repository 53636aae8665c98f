import { wholeRect } from '../../../frame.ts';
import { answerSize, networkSize } from '../../network-size.ts';
import { paletteOf } from '../../palette.ts';
import { composeStill } from '../../pixels/compose-still.ts';
import { shrinkLuma } from '../../pixels/shrink.ts';
import { colorizeFrames } from '../colorize-frames.ts';
import { withDefaults, type ColorOptions } from '../film-options.ts';
import type { FilmResources } from '../film-resources.ts';
import type { OpenedStill, StillFrame } from './read-image.ts';

/** Fills the chroma planes of every page. An animation is coloured like a film, so its colour does not flicker. */
export async function colorPages(
  pages: readonly StillFrame[],
  { animation }: Pick<OpenedStill, 'animation'>,
  options: ColorOptions,
  resources: FilmResources,
): Promise<void> {
  if (animation !== undefined && pages.length > 1) await colorAnimation(pages, options, resources);
  else for (const page of pages) await colorPage(page, options, resources);
}

async function colorAnimation(
  pages: readonly StillFrame[],
  options: ColorOptions,
  resources: FilmResources,
): Promise<void> {
  const { size: networkShortSide, saturation, temperature, liveliness } = withDefaults(options);
  const [first] = pages;
  if (first === undefined) return;
  const frames = colorizeFrames(
    pages.map(({ planes }) => planes.y),
    {
      size: first.layout,
      bitDepth: first.layout.bitDepth,
      range: 'full',
      matrix: 'bt601',
      chroma: '444',
      networkSize: networkShortSide,
      saturation,
      temperature,
      liveliness,
      resources,
    },
  );
  for await (const { index, cb, cr } of frames) {
    pages[index]?.planes.cb.set(cb);
    pages[index]?.planes.cr.set(cr);
  }
}

async function colorPage(
  { layout, planes }: StillFrame,
  options: ColorOptions,
  { colorizer }: Pick<FilmResources, 'colorizer'>,
): Promise<void> {
  const { size: shortSidePx, saturation, temperature, liveliness } = withDefaults(options);
  const size = networkSize(layout, shortSidePx);
  const small = shrinkLuma(planes.y, layout, wholeRect(layout), size);
  const [answer] = await colorizer.colorize({
    pictures: [small],
    size,
    conditions: [await paletteOf([small], size, colorizer)],
    temperature,
    liveliness,
    lumaAt: (_, to) => Promise.resolve(shrinkLuma(planes.y, layout, wholeRect(layout), to)),
  });
  if (!answer) throw new RangeError('the network gave no answer');
  composeStill(planes, layout, {
    small,
    size,
    answer,
    saturation,
    answerSize: answerSize(size, colorizer.stride),
  });
}
