import { basename } from 'node:path';
import type { Example } from './examples.ts';
import { showFigure } from './figure-texts.ts';
import type { FileResult, Versions } from '../figures.ts';
import { html, type Html } from './html.ts';
import type { EvaluationOutcome } from '../evaluation-outcome.ts';

/** From left to right. */
const shownVersions = ['gray', 'output', 'truth'] as const;

/** Files with their pictures side by side and their figures beneath. */
export async function exampleFigures(
  examples: readonly Example[],
  { picture }: Pick<EvaluationOutcome, 'picture'>,
): Promise<Html[]> {
  const shown: Html[] = [];
  for (const { why, result } of examples) {
    const images = await picture(result);
    shown.push(
      html`<figure>
        ${images ? tripleOf(result, images) : html``}
        <figcaption><b>${why}</b> ${caption(result)}</figcaption>
      </figure>`,
    );
  }
  return shown;
}

function tripleOf({ file, widthPx, heightPx }: FileResult, images: Versions<string>): Html {
  const pictures = shownVersions.map(
    (version) =>
      html`<div>
        <img
          src="${images[version]}"
          alt="${basename(file)}: ${version}"
          width="${widthPx}"
          height="${heightPx}"
        /><span>${version}</span>
      </div>`,
  );
  return html`<div class="triple">${pictures}</div>`;
}

function caption({ file, figures: { output, gray, truth } }: FileResult): Html {
  return html`${basename(file)}: PSNR ${showFigure('psnrDb', output.psnrDb)} dB (gray
  ${showFigure('psnrDb', gray.psnrDb)}), ΔE00 ${showFigure('ciede2000', output.ciede2000)} (gray
  ${showFigure('ciede2000', gray.ciede2000)}), colourfulness
  ${showFigure('colourfulness', output.colourfulness)} (truth
  ${showFigure('colourfulness', truth.colourfulness)})`;
}
