import test from 'ava';
import { AppError } from '../../../src/errors.ts';
import {
  contextFrames,
  createSceneDetector,
  lookaheadFrames,
  type CutDecision,
  type SceneDetectorOptions,
} from '../../../src/ingest/scenes/scene-detector.ts';
import { runFfmpeg } from '../../helpers/run-ffmpeg.ts';

/** Two shots: a film scene and the moving test picture. Frames are 64 x 36. */
const film = 'movie=samples/his_girl_friday.mp4,fps=24,scale=256:144,setsar=1,format=gray';
const pattern = 'testsrc2=s=256x144:r=24:d=4,format=gray,setsar=1';
const third = 'mandelbrot=s=256x144:r=24:maxiter=60,format=gray,setsar=1';

/** Tiny copies of the frames from an ffmpeg filter graph with the output `[out]`. */
async function tinyFrames(graph: string): Promise<Uint8Array[]> {
  const scaled = `${graph};[out]scale=64:36:flags=area,format=gray[tiny]`;
  const raw = ['-fps_mode', 'passthrough', '-f', 'rawvideo', '-'];
  const { stdout } = await runFfmpeg(['-filter_complex', scaled, '-map', '[tiny]', ...raw]);
  const bytes = 64 * 36;
  return Array.from(
    { length: stdout.length / bytes },
    (_, i) => new Uint8Array(stdout.subarray(i * bytes, (i + 1) * bytes)),
  );
}

const shot = (source: string, frames: number, name: string): string =>
  `${source},trim=end_frame=${frames},setpts=PTS-STARTPTS[${name}]`;

/** A transition from `[a]` to `[b]`. ffmpeg 7 needs an explicit frame rate. */
const dissolve = (frames: number, from: number, name: string): string =>
  `[a]fps=24[a24];[b]fps=24[b24];[a24][b24]xfade=transition=fade:duration=${frames / 24}:offset=${from / 24}[${name}]`;

function decide(frames: readonly Uint8Array[], options: SceneDetectorOptions = {}): CutDecision[] {
  const detector = createSceneDetector(options);
  return [...frames.flatMap((frame) => detector.push(frame)), ...detector.flush()];
}

/** The starts of scenes, written as `cut@40`. */
function starts(frames: readonly Uint8Array[], options: SceneDetectorOptions = {}): string[] {
  return decide(frames, options)
    .filter(({ cut }) => cut !== 'none')
    .map(({ cut, index }) => `${cut}@${index}`);
}

test('every frame is decided once, in order, the first as none', async (t) => {
  const frames = await tinyFrames(shot(pattern, 30, 'out'));
  const decisions = decide(frames);
  t.deepEqual(
    decisions.map(({ index }) => index),
    frames.map((_, i) => i),
  );
  t.is(decisions[0]?.cut, 'none');
  t.deepEqual(starts([]), []);
  t.deepEqual(starts(frames.slice(0, 1)), []);
});

test('hard cuts are found at their frames', async (t) => {
  const graph = `${shot(film, 40, 'a')};${shot(pattern, 30, 'b')};${shot(third, 20, 'c')};[a][b][c]concat=n=3[out]`;
  t.deepEqual(starts(await tinyFrames(graph)), ['cut@40', 'cut@70']);
});

test('shots of eight frames are all found', async (t) => {
  const one = `${shot(film, 8, 'a')};${shot(pattern, 8, 'b')};${shot(third, 8, 'c')}`;
  const frames = await tinyFrames(`${one};[a][b][c]concat=n=3[out]`);
  t.deepEqual(starts([...frames, ...frames]), ['cut@8', 'cut@16', 'cut@24', 'cut@32', 'cut@40']);
});

test('a flash of one to three frames does not count as a cut', async (t) => {
  for (const frames of [1, 2, 3]) {
    const white = `drawbox=t=fill:color=white:enable='between(n,30,${29 + frames})'`;
    const half = `drawbox=w=iw/2:t=fill:color=0xe8e8e8:enable='between(n,30,${29 + frames})'`;
    t.deepEqual(starts(await tinyFrames(`${shot(film, 60, 'a')};[a]${white}[out]`)), []);
    t.deepEqual(starts(await tinyFrames(`${shot(film, 60, 'a')};[a]${half}[out]`)), []);
  }
});

test('a black frame in a shot does not start a scene', async (t) => {
  const black = "drawbox=t=fill:color=black:enable='eq(n,30)'";
  t.deepEqual(starts(await tinyFrames(`${shot(film, 60, 'a')};[a]${black}[out]`)), []);
});

test('flicker and grain of old film do not count as cuts, and do not hide cuts', async (t) => {
  const old =
    "geq=lum='clip(lum(X,Y)*(1+0.08*sin(N*2.3))+10*sin(N*1.7),0,255)',noise=alls=40:allf=t:all_seed=4";
  const graph = `${shot(film, 50, 'a')};${shot(third, 40, 'b')};[a][b]concat=n=2,${old}[out]`;
  t.deepEqual(starts(await tinyFrames(graph)), ['cut@50']);
});

test('a pan does not count as a cut', async (t) => {
  const pan = 'scale=768:432,crop=256:144:x=4*n:y=n';
  t.deepEqual(starts(await tinyFrames(`${shot(film, 100, 'a')};[a]${pan}[out]`)), []);
});

test('a slow zoom does not count as a dissolve', async (t) => {
  t.deepEqual(starts(await tinyFrames(shot(third, 90, 'out'))), []);
});

test('a fade through black or white starts a scene where the flat frames end', async (t) => {
  for (const color of ['black', 'white']) {
    const out = `fade=out:30:20:color=${color}`;
    const into = `fade=in:0:20:color=${color}`;
    const graph = `${shot(film, 50, 'a')};${shot(pattern, 50, 'b')};[a]${out}[c];[b]${into}[d];[c][d]concat=n=2[out]`;
    const [start, ...more] = decide(await tinyFrames(graph)).filter(({ cut }) => cut !== 'none');
    t.is(start?.cut, 'fade');
    t.true(
      start !== undefined && start.index >= 50 && start.index <= 55,
      `${color}: ${start?.index ?? 'none'}`,
    );
    t.deepEqual(more, []);
  }
});

test('a dissolve starts one scene, within it or up to six frames after it', async (t) => {
  for (const frames of [4, 12, 24, 48]) {
    const mixed = dissolve(frames, 40, 'out');
    const graph = `${shot(film, 40 + frames, 'a')};${shot(third, 60 + frames, 'b')};${mixed}`;
    const found = decide(await tinyFrames(graph)).filter(({ cut }) => cut !== 'none');
    t.is(found.length, 1, `${frames} frames`);
    const index = found[0]?.index ?? -1;
    t.true(index > 40 && index <= 40 + frames + 6, `${frames} frames: ${index}`);
  }
});

test('a larger threshold finds fewer cuts', async (t) => {
  const graph = `${shot(film, 40, 'a')};${shot(pattern, 30, 'b')};[a][b]concat=n=2[out]`;
  t.deepEqual(starts(await tinyFrames(graph), { threshold: 100 }), []);
});

test('a detector that resumes from a snapshot decides like one that was not interrupted', async (t) => {
  const faded = '[c]fade=out:10:8[cc];[d]fade=in:0:8[dd]';
  const parts = `${shot(film, 48, 'a')};${shot(third, 44, 'b')};${shot(pattern, 24, 'c')};${shot(film, 24, 'd')}`;
  const graph = `${parts};${dissolve(24, 24, 'ab')};${faded};[ab][cc][dd]concat=n=3[out]`;
  const frames = await tinyFrames(graph);
  const whole = createSceneDetector();
  const undisturbed: CutDecision[] = [];
  const snapshots = new Map<number, unknown>();
  for (const frame of frames) {
    const decided = whole.push(frame);
    t.true(decided.length <= 1);
    undisturbed.push(...decided);
    const last = decided.at(-1);
    if (last) snapshots.set(last.index, JSON.parse(JSON.stringify(whole.snapshot())));
  }
  undisturbed.push(...whole.flush());
  t.deepEqual(
    new Set(undisturbed.map(({ cut }) => cut)),
    new Set(['none', 'gradual', 'cut', 'fade']),
    'the film has every kind of start',
  );
  t.is(snapshots.size, frames.length - lookaheadFrames);
  for (const [index, snapshot] of snapshots) {
    const next = index + 1;
    const from = Math.max(0, next - contextFrames);
    const resumed = decide(frames.slice(from), { snapshot, snapshotAt: next - from });
    const counted = resumed
      .map((decision) => ({ ...decision, index: decision.index + from }))
      .slice(next - from);
    t.deepEqual(counted, undisturbed.slice(next), `from frame ${next}`);
  }
});

test('a damaged snapshot, a threshold out of range and a picture of another size are refused', (t) => {
  const error = t.throws(() => createSceneDetector({ snapshot: { sceneFrames: -1 } }), {
    instanceOf: AppError,
  });
  t.is(error.code, 'INPUT_DAMAGED');
  t.regex(error.message, /saved state is damaged/);
  t.throws(() => createSceneDetector({ threshold: 0 }), {
    message: 'scene threshold: expected 1..100 but got 0',
  });
  t.throws(() => createSceneDetector().push(new Uint8Array(3)), {
    message: 'scene detector: expected 2304 samples but got 3',
  });
});
