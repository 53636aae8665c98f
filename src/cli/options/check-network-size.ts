import { AppError } from '../../errors.ts';
import { sideMultiple } from '../../model/tables/network.ts';

/**
 * Checks `--size`, the short side of the network's picture, pixels.
 * @throws {AppError} USAGE when the network cannot take it
 */
export function checkNetworkSize(size: number): void {
  if (size % sideMultiple === 0 && size >= 64 && size <= 1024) return;
  throw new AppError(
    'USAGE',
    `--size: expected a multiple of ${sideMultiple} from 64 to 1024 but got ${size}`,
  );
}
