import { evaluatePhoto, evaluationDefaults, openFilmResources } from 'chromafeed/evaluate';

const [photo = 'photo.jpg'] = process.argv.slice(2);

const resources = await openFilmResources();
try {
  // The photo is made gray and coloured again; the result stands beside the gray picture and the truth.
  const { figures } = await evaluatePhoto(photo, evaluationDefaults, { resources });
  console.log(`PSNR ${figures.output.psnrDb} dB, of the gray picture ${figures.gray.psnrDb} dB`);
} finally {
  await resources[Symbol.asyncDispose]();
}
