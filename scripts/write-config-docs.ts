/** Updates everything that is generated from the config's schema: `npm run docs:config`. */
import { writeFile } from 'node:fs/promises';
import { referenceText, schemaText } from './config-reference.ts';

const root = new URL('../../', import.meta.url);

await writeFile(new URL('config/chromafeed.schema.json', root), await schemaText());
await writeFile(new URL('docs/config.md', root), await referenceText());
