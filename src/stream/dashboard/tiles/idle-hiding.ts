/** After this time without a pointer or a key the tools leave the picture. */
const idleMs = 3000;

/**
 * Marks a tile with the class `is-idle` while nobody points at its picture or uses the keyboard, so that its tools do
 * not cover the picture.
 * @param stage - the part of the tile that holds the picture and its tools
 */
export function addIdleHiding(tile: HTMLElement, stage: HTMLElement): void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const wake = (): void => {
    tile.classList.remove('is-idle');
    clearTimeout(timer);
    timer = setTimeout(() => tile.classList.add('is-idle'), idleMs);
  };
  for (const type of ['pointermove', 'pointerdown'] as const) stage.addEventListener(type, wake);
  for (const type of ['focusin', 'keydown'] as const) tile.addEventListener(type, wake);
  wake();
}
