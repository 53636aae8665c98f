/** Whether the browser can show a canvas in a picture-in-picture window. */
export function canPictureInPicture(): boolean {
  return document.pictureInPictureEnabled && 'captureStream' in HTMLCanvasElement.prototype;
}

/** Shows one canvas at a time in a picture-in-picture window. */
export class PictureInPicture {
  #canvas: HTMLCanvasElement | undefined;
  readonly #onChange: () => void;

  /** @param onChange - called when the window was opened or closed */
  constructor(onChange: () => void) {
    this.#onChange = onChange;
  }

  shows(canvas: HTMLCanvasElement): boolean {
    return this.#canvas === canvas;
  }

  /** Opens the window for a canvas, or closes it if it shows that canvas. Rejects if the browser refuses. */
  async toggle(canvas: HTMLCanvasElement): Promise<void> {
    const isShown = this.shows(canvas);
    if (document.pictureInPictureElement !== null) await document.exitPictureInPicture();
    if (!isShown) await this.#open(canvas);
  }

  async #open(canvas: HTMLCanvasElement): Promise<void> {
    const video = document.createElement('video');
    const stream = canvas.captureStream();
    video.muted = true;
    video.srcObject = stream;
    video.addEventListener('leavepictureinpicture', () => {
      for (const track of stream.getTracks()) track.stop();
      if (this.#canvas === canvas) this.#canvas = undefined;
      this.#onChange();
    });
    await video.play();
    await video.requestPictureInPicture();
    this.#canvas = canvas;
    this.#onChange();
  }
}
