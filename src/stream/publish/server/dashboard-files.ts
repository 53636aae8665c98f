import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const staticDir = fileURLToPath(new URL('../../../../../src/stream/dashboard/static', import.meta.url));

/**
 * The folders with the dashboard's files, served under `/`: first page, style and icon, then the compiled modules.
 * Absolute paths; they work in a checkout and in an installed package.
 */
export const dashboardDirs: readonly string[] = [
  staticDir,
  fileURLToPath(new URL('../../../../dashboard', import.meta.url)),
];

/** The page's icon, which the login page shows, too. */
export const iconPath = join(staticDir, 'icon.svg');
