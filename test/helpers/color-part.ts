/** Makes one part of a film in a process of its own: `node color-part.js PLAN INPUT NUMBER FOLDER EMBEDDING`. */
import { readFile } from 'node:fs/promises';
import { colorizePart } from '../../src/stream/film/parts/colorize-part.ts';
import { openFilmResources } from '../../src/stream/film/film-resources.ts';
import { parsePartsPlan } from '../../src/stream/film/parts/parts-plan.ts';

const [planPath = '', input = '', number = '', folder = '', embedding] = process.argv.slice(2);
const plan = parsePartsPlan(JSON.parse(await readFile(planPath, 'utf8')));
await using resources = await openFilmResources({ embedding, device: 'cpu' });
await colorizePart({ input, plan }, Number(number), folder, { resources });
