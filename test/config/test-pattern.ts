import test from 'ava';
import { parseTestPattern, testPatternFilter, testPatterns } from '../../src/config/test-pattern.ts';
import { faultsOf } from '../helpers/config-faults.ts';
import { runFfmpeg } from '../helpers/run-ffmpeg.ts';

test('a name alone is 640x360 at 15 frames a second', (t) => {
  t.deepEqual(parseTestPattern('testsrc2'), { name: 'testsrc2', widthPx: 640, heightPx: 360, rate: 15 });
});

test('size and rate come in either order, in full or short', (t) => {
  const expected = { name: 'smptebars', widthPx: 320, heightPx: 180, rate: 12.5 };
  t.deepEqual(parseTestPattern('smptebars=size=320x180:rate=12.5'), expected);
  t.deepEqual(parseTestPattern('smptebars=r=12.5:s=320x180'), expected);
});

/** Filter graphs that read files or the environment, write files, load code or use up memory. */
const attacks: readonly string[] = [
  'testsrc2,metadata=mode=print:file=/tmp/written',
  'movie=/etc/passwd',
  'movie=filename=/etc/passwd',
  'amovie=/etc/passwd',
  'testsrc2[a];movie=/etc/passwd[b];[a][b]overlay',
  'testsrc2,drawtext=textfile=/proc/self/environ',
  'testsrc2,ladspa=file=/tmp/evil.so',
  'frei0r_src=filter_name=/tmp/evil',
  'color',
  'nullsrc',
  'testsrc2=size=320x180,hue=s=0',
  'testsrc2=size=99999x99999',
  'testsrc2=size=8x8',
  'testsrc2=rate=100000',
  'testsrc2=rate=0',
  'testsrc2=rate=1e9',
  'testsrc2=rate=30000/1001',
  'testsrc2=duration=1',
  'testsrc2=size=vga',
  'testsrc2=size=320x180\n',
  'testsrc2=',
  'TESTSRC2',
  ' testsrc2',
  'constructor',
  '',
];

for (const attack of attacks) {
  test(`test:${JSON.stringify(attack)} is refused as a test picture`, (t) => {
    t.is(parseTestPattern(attack), undefined);
    t.is(faultsOf(`cameras: { door: { source: ${JSON.stringify(`test:${attack}`)} } }`).length, 1);
  });
}

test('the fault of an unknown pattern lists the known ones', (t) => {
  const [fault = ''] = faultsOf('cameras: { door: { source: "test:testsrc3" } }');
  t.regex(fault, /expected test:NAME .* with NAME one of testsrc2, .*; did you mean "testsrc/);
});

test('ffmpeg makes every pattern of the list', async (t) => {
  for (const name of testPatterns) {
    const filter = testPatternFilter({ name, widthPx: 64, heightPx: 48, rate: 12.5 });
    const { stdout } = await runFfmpeg([
      ...['-f', 'lavfi', '-i', filter, '-frames:v', '1', '-pix_fmt', 'gray', '-f', 'rawvideo', '-'],
    ]);
    t.is(stdout.length, 64 * 48, name);
  }
});
