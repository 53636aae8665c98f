import type { SizePx } from '../../../frame.ts';
import { mostCodedBytes, type YuvPlanes } from '../jpeg/code-planes.ts';
import type { CodingTables } from '../jpeg/tables.ts';
import type { Workspace } from './workspace.ts';

/** A block's coefficients and its samples, bytes. */
const blockBytes = 128 + 64;

/** As `codePlanes`. @returns a view that is valid until the workspace's next call */
export function codePlanesSimd(
  work: Workspace,
  { y, cb, cr }: YuvPlanes,
  { widthPx, heightPx }: SizePx,
  tables: CodingTables,
): Uint8Array {
  work.begin();
  const [luma, blue, red] = [work.input(y), work.input(cb), work.input(cr)];
  const packed = work.input(tables.packed);
  const block = work.scratch(blockBytes);
  const start = work.scratch(mostCodedBytes({ widthPx, heightPx }));
  const end = work.kernels.codeBlocks(luma, blue, red, widthPx, heightPx, packed, block, start);
  return work.view(start, end - start);
}
