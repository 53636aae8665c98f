import test from 'ava';
import { buildArgs } from '../../../src/ingest/ffmpeg/command.ts';

test('arguments stand in the order global, inputs, outputs', (t) => {
  t.deepEqual(
    buildArgs({
      global: ['-copyts'],
      inputs: [
        { url: 'pipe:0', options: ['-f', 'nut'] },
        { url: 'file:a reel.mkv', options: [] },
      ],
      outputs: [
        { url: 'pipe:1', options: ['-map', '0:v', '-f', 'nut'] },
        { url: 'pipe:2', options: ['-vn'] },
      ],
    }),
    '-copyts -f nut -i pipe:0 -i|file:a reel.mkv|-map 0:v -f nut pipe:1 -vn pipe:2'
      .split('|')
      .flatMap((part, i) => (i === 1 ? [part] : part.trim().split(' '))),
  );
});

test('values with spaces, commas and quotes stay one argument', (t) => {
  const value = "title=It's a film, isn't it";
  const spec = {
    global: [],
    inputs: [{ url: 'a', options: [] }],
    outputs: [{ url: 'pipe:1', options: ['-metadata', value] }],
  };
  t.deepEqual(buildArgs(spec), ['-i', 'a', '-metadata', value, 'pipe:1']);
});

test('a single option that would be split at its space is refused', (t) => {
  const spec = { global: [], inputs: [], outputs: [{ url: 'pipe:1', options: ['-an -sn'] }] };
  t.throws(() => buildArgs(spec), { instanceOf: TypeError });
});
