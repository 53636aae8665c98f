import { fileURLToPath } from 'node:url';

/**
 * The folders whose files make up the dashboard, to be served under `/`: page, style and icon; the compiled modules.
 * Absolute paths, the same in a checkout and in an installed package.
 */
export const dashboardDirs: readonly string[] = [
  fileURLToPath(new URL('../../../src/stream/dashboard/static', import.meta.url)),
  fileURLToPath(new URL('../../dashboard', import.meta.url)),
];
