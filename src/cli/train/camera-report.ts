import { cameraRows, rowNames, type CameraTable } from '../../train/camera/camera-table.ts';
import { formatTable } from '../reporting/table.ts';

type Comparison = CameraTable['after']['all'];

/**
 * A camera's table as lines: each way of colouring over all pixels of the held-out pictures, and over those where
 * something moves.
 */
export function describeCamera(table: CameraTable): string[] {
  const header = [
    'held-out footage',
    'PSNR dB',
    'ΔE00',
    'colourfulness',
    'moving: PSNR dB',
    'ΔE00',
    'colourfulness',
  ];
  const rows = cameraRows.map((row) => [
    rowNames[row],
    ...[table[row].all, table[row].masked].flatMap((figures) => texts(figures)),
  ]);
  return formatTable([header, ...rows]);
}

function texts({ psnrDb, ciede2000, colourfulness }: Comparison): string[] {
  return [number(psnrDb, 2), number(ciede2000, 2), number(colourfulness, 1)];
}

function number(value: number | null, digits: number): string {
  return value === null ? '-' : value.toFixed(digits);
}
