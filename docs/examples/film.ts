import { colorizeFilm } from 'chromafeed';

const [input = 'film.mkv', output = 'colour.mkv'] = process.argv.slice(2);

const { frames, fps } = await colorizeFilm(input, output, { overwrite: true });
console.log(`${frames} frames, ${fps.toFixed(1)} a second`);
