import { serve } from 'chromafeed/live';

const [path = 'cameras.yaml'] = process.argv.slice(2);
const stop = new AbortController();
process.once('SIGTERM', () => stop.abort());

// The same as `chromafeed serve cameras.yaml`, until the signal aborts.
await serve({ path, signal: stop.signal, print: (text) => console.log(text) });
