import { fileURLToPath } from 'node:url';

/**
 * The folders with the dashboard's files, served under `/`: first page, style and icon, then the compiled modules.
 * Absolute paths; they work in a checkout and in an installed package.
 */
export const dashboardDirs: readonly string[] = [
  fileURLToPath(new URL('../../../../../src/stream/dashboard/static', import.meta.url)),
  fileURLToPath(new URL('../../../../dashboard', import.meta.url)),
];
