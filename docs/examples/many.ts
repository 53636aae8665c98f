import { colorizeFilm, openFilmResources } from 'chromafeed';

// Ctrl+C stops the film; the same call resumes it later.
const stop = new AbortController();
process.once('SIGINT', () => stop.abort());

// The network is loaded once for all films.
const resources = await openFilmResources({ model: 'efficientnet-lite', device: 'cpu', signal: stop.signal });
try {
  for (const film of process.argv.slice(2)) {
    const { frames } = await colorizeFilm(film, `${film}.colour.mkv`, { resources, duration: 1 });
    console.log(`${film}: ${frames} frames`);
  }
} finally {
  await resources[Symbol.asyncDispose]();
}
