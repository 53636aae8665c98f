import { sameSize, type SizePx } from '../../../frame.ts';
import { maskSpans, type Mask, type MaskSpans } from '../../pixels/mask.ts';

/** The spans of a camera's masks in planes of one size. It computes them again when the masks or the size change. */
export class SpanCache {
  private masks: readonly Mask[] = [];
  private size: SizePx = { widthPx: 0, heightPx: 0 };
  private spans: MaskSpans = new Int32Array();

  /** @param masks - compared by identity; not modified */
  spansOf(masks: readonly Mask[], size: SizePx): MaskSpans {
    if (masks !== this.masks || !sameSize(size, this.size)) {
      this.masks = masks;
      this.size = size;
      this.spans = maskSpans(masks, size);
    }
    return this.spans;
  }
}
