import { element } from '../elements.ts';

/** The line between original (left) and colour (right): a range input drawn as a line that the user can drag. */
export class SplitSlider {
  readonly root: HTMLInputElement;

  /** @param onMove - receives the position of the line, a share of the picture's width, 0..1 */
  constructor(cameraName: string, onMove: (share: number) => void) {
    this.root = element('input', {
      type: 'range',
      class: 'split',
      min: '0',
      max: '100',
      step: 'any',
      'aria-label': `Original left of the line, colour right of it: ${cameraName}`,
      hidden: '',
    });
    this.root.value = '50';
    this.root.addEventListener('input', () => {
      this.#describe();
      onMove(this.share);
    });
    this.root.addEventListener('keydown', (event) => this.#step(event, onMove));
    // The click at the end of a drag must not open the tile.
    this.root.addEventListener('click', (event) => event.stopPropagation());
    this.#describe();
  }

  get share(): number {
    return this.root.valueAsNumber / 100;
  }

  // `step="any"` makes dragging smooth, but then each browser moves the line by its own step on arrow keys.
  #step(event: KeyboardEvent, onMove: (share: number) => void): void {
    const steps: Readonly<Record<string, number>> = {
      ArrowLeft: -2,
      ArrowDown: -2,
      ArrowRight: 2,
      ArrowUp: 2,
      PageDown: -10,
      PageUp: 10,
      Home: -100,
      End: 100,
    };
    const step = steps[event.key];
    if (step === undefined) return;
    event.preventDefault();
    event.stopPropagation();
    this.root.value = `${this.root.valueAsNumber + step}`;
    this.#describe();
    onMove(this.share);
  }

  #describe(): void {
    this.root.setAttribute('aria-valuetext', `${Math.round(this.share * 100)} percent original`);
  }
}
