import { colorizePart, joinParts, parsePartsPlan, planParts } from 'chromafeed';

const [input = 'film.mkv', output = 'colour.mkv'] = process.argv.slice(2);

// Once, on any machine. The plan is plain JSON.
const planned = await planParts({ input, output, options: { size: 144 } }, { splitSeconds: 300 });
const plan = parsePartsPlan(JSON.parse(JSON.stringify(planned)));

// Each part in any process, on any machine of the same kind.
const folders = plan.parts.map(({ number }) => `${output}.parts/${number}`);
for (const [number, folder] of folders.entries()) await colorizePart({ input, plan }, number, folder);

// Once, when all parts are done.
const { frames } = await joinParts({ input, plan }, folders, output);
console.log(`${frames} frames in ${plan.parts.length} parts`);
