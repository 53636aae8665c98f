import type { OpenPage } from './browser.ts';

/** A tile's coloured picture, reduced to 64 x 36. */
export interface SeenPicture {
  /** The mean of the three channels of each pixel. */
  readonly gray: readonly number[];
  /** The largest channel minus the smallest, as the mean over all pixels, 0..255. */
  readonly chroma: number;
}

/** The coloured picture in a camera's tile; undefined before the first picture. */
export async function seePicture(page: OpenPage, camera: string): Promise<SeenPicture | undefined> {
  const seen = await page.evaluate(`(() => {
    const colour = document.querySelector('.tile[data-camera="${camera}"] canvas.colour');
    if (!colour || colour.width === 0) return null;
    const small = document.createElement('canvas');
    small.width = 64;
    small.height = 36;
    const context = small.getContext('2d');
    context.drawImage(colour, 0, 0, 64, 36);
    const { data } = context.getImageData(0, 0, 64, 36);
    const gray = [];
    let chroma = 0;
    for (let i = 0; i < data.length; i += 4) {
      const [r, g, b] = [data[i], data[i + 1], data[i + 2]];
      gray.push((r + g + b) / 3);
      chroma += (Math.max(r, g, b) - Math.min(r, g, b)) / (64 * 36);
    }
    return { gray, chroma };
  })()`);
  return (seen ?? undefined) as SeenPicture | undefined;
}

/** The mean difference of two pictures, levels. */
export function pictureChange(a: SeenPicture, b: SeenPicture): number {
  const sum = a.gray.reduce((total, gray, i) => total + Math.abs(gray - (b.gray[i] ?? 0)), 0);
  return sum / a.gray.length;
}

/**
 * The mean difference between the shown original and the luma (BT.601) of the shown colour, over all pixels, levels.
 * Undefined if no original is shown.
 */
export async function lumaDifference(
  page: OpenPage,
  camera: string,
): Promise<{ readonly worst: number; readonly pixels: number; readonly beforeChroma: number } | undefined> {
  const difference = await page.evaluate(`(() => {
    const tile = document.querySelector('.tile[data-camera="${camera}"]');
    const frame = tile.querySelector('.before-frame');
    const colour = tile.querySelector('canvas.colour');
    const before = tile.querySelector('canvas.before');
    if (frame.hidden || colour.width === 0 || before.width !== colour.width) return null;
    const read = (canvas) => {
      const copy = document.createElement('canvas');
      copy.width = canvas.width;
      copy.height = canvas.height;
      const context = copy.getContext('2d');
      context.drawImage(canvas, 0, 0);
      return context.getImageData(0, 0, copy.width, copy.height).data;
    };
    const [a, b] = [read(colour), read(before)];
    let worst = 0;
    let beforeChroma = 0;
    for (let i = 0; i < a.length; i += 4) {
      const luma = 0.299 * a[i] + 0.587 * a[i + 1] + 0.114 * a[i + 2];
      worst = Math.max(worst, Math.abs(luma - b[i]));
      beforeChroma = Math.max(beforeChroma, Math.abs(b[i] - b[i + 1]), Math.abs(b[i] - b[i + 2]));
    }
    return { worst, pixels: a.length / 4, beforeChroma };
  })()`);
  return (difference ?? undefined) as Awaited<ReturnType<typeof lumaDifference>>;
}

/** A tile's state in words. */
export async function stateText(page: OpenPage, camera: string): Promise<string> {
  const expression = `document.querySelector('.tile[data-camera="${camera}"] .state')?.textContent ?? ''`;
  return String(await page.evaluate(expression));
}

/** Controls without a name, ids that occur twice, and labels that point to nothing, as short texts. */
export async function accessFaults(page: OpenPage): Promise<string[]> {
  return (await page.evaluate(`(() => {
    const faults = [];
    const isShown = (element) => element.checkVisibility();
    const nameOf = (element) =>
      element.getAttribute('aria-label') ||
      [...(element.labels || [])].map((label) => label.textContent).join(' ').trim() ||
      element.textContent.trim();
    for (const control of document.querySelectorAll('button, a[href], input, select, [tabindex="0"], canvas[role]')) {
      if (isShown(control) && nameOf(control) === '') faults.push('no name: ' + control.outerHTML.slice(0, 120));
    }
    const ids = [...document.querySelectorAll('[id]')].map((element) => element.id);
    for (const id of ids) if (ids.indexOf(id) !== ids.lastIndexOf(id)) faults.push('id used twice: ' + id);
    for (const attribute of ['aria-describedby', 'aria-labelledby']) {
      for (const element of document.querySelectorAll('[' + attribute + ']')) {
        if (!ids.includes(element.getAttribute(attribute))) faults.push(attribute + ' points nowhere');
      }
    }
    if (document.documentElement.lang === '') faults.push('the page names no language');
    if (document.querySelectorAll('h1').length !== 1) faults.push('not one h1');
    return faults;
  })()`)) as string[];
}

/** Texts whose contrast with their background is below 4.5 (WCAG 2.2, 1.4.3). */
export async function contrastFaults(page: OpenPage): Promise<string[]> {
  return (await page.evaluate(`(() => {
    const light = (value) => (value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4);
    const parse = (text) => text.match(/[0-9.]+/g).map(Number);
    const luminance = ([r, g, b]) => 0.2126 * light(r / 255) + 0.7152 * light(g / 255) + 0.0722 * light(b / 255);
    const behind = (element) => {
      for (let at = element; at; at = at.parentElement) {
        const colour = parse(getComputedStyle(at).backgroundColor);
        if (colour.length === 3 || colour[3] === 1) return colour;
      }
      return [255, 255, 255];
    };
    const faults = [];
    const texts = '.title, .summary, .notice, .name, .state, .night, .synthetic, dialog p, dialog dd, dialog h3, label';
    for (const element of document.querySelectorAll(texts)) {
      if (!element.checkVisibility() || element.textContent.trim() === '') continue;
      const [a, b] = [luminance(parse(getComputedStyle(element).color)), luminance(behind(element))];
      const contrast = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
      if (contrast < 4.5) faults.push(element.textContent.trim() + ': ' + contrast.toFixed(2));
    }
    return faults;
  })()`)) as string[];
}
