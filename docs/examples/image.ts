import { readFile, writeFile } from 'node:fs/promises';
import { AppError, colorizeImage } from 'chromafeed';

const [input = 'photo.jpg', output = 'colour.jpg'] = process.argv.slice(2);

try {
  const { bytes, format } = await colorizeImage(await readFile(input), { saturation: 1.1 });
  await writeFile(output, bytes);
  console.log(`${output}: ${format}, ${bytes.length} bytes`);
} catch (error) {
  if (!(error instanceof AppError)) throw error;
  console.error(`${error.code}: ${error.message}\n  what to do: ${error.cure ?? '-'}`);
  process.exitCode = error.exitCode;
}
