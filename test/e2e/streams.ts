/** The other parts of a film: sound, subtitles, covers, tags. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { readXmp, setDisplayMatrix } from '../../src/stream/film/finish/mp4-boxes.ts';
import { packetTimes } from '../helpers/film.ts';
import { useFilmResources } from '../helpers/film-resources.ts';
import { probeCsv, runFfmpeg, tempFolder } from '../helpers/run-ffmpeg.ts';

const color = useFilmResources();
/** Gray pictures, one second long. */
const picture = ['-f', 'lavfi', '-i', 'testsrc2=size=64x48:rate=10:duration=2,hue=s=0'];
const h264 = ['-c:v', 'libx264', '-preset', 'ultrafast', '-g', '10', '-pix_fmt', 'yuv420p'];

/** The start and end of the sound according to ffmpeg's `silencedetect`, seconds. */
async function soundEdges(film: string): Promise<number[]> {
  const { stderr } = await runFfmpeg([
    ...[
      '-loglevel',
      'info',
      '-i',
      film,
      '-map',
      '0:a',
      '-af',
      'silencedetect=n=-30dB:d=0.05',
      '-f',
      'null',
      '-',
    ],
  ]);
  return [...stderr.matchAll(/silence_(?:start|end): (\S+)/g)].map(([, time]) => Number(time));
}

test.serial('sound that an edit list hides is not heard in the output', async (t) => {
  const folder = await tempFolder(t);
  const [whole, input] = [join(folder, 'whole.mp4'), join(folder, 'in.mp4')];
  const beeps =
    'sine=frequency=900:beep_factor=1:duration=2,volume=enable=not(between(mod(t\\,0.5)\\,0.2\\,0.3)):volume=0';
  await runFfmpeg([...picture, '-f', 'lavfi', '-i', beeps, ...h264, '-c:a', 'aac', whole]);
  // A copy from the middle contains frames from the keyframe on and hides those before its start.
  await runFfmpeg(['-ss', '0.85', '-i', whole, '-c', 'copy', input]);
  const expected = await soundEdges(input);
  t.true(expected.length >= 4, expected.join());
  for (const container of ['mp4', 'mkv']) {
    const output = join(folder, `out.${container}`);
    await color(t, { input, output, size: 64, preset: 'ultrafast' });
    const edges = await soundEdges(output);
    t.is(edges.length, expected.length, edges.join());
    edges.forEach((edge, i) =>
      t.true(Math.abs(edge - (expected[i] ?? NaN)) < 0.03, `${edge} ${expected[i]}`),
    );
    t.true((await packetTimes(output, 'a:0')).every((time) => time > -0.1));
  }
});

test.serial('sound that starts late keeps its time', async (t) => {
  const folder = await tempFolder(t);
  const input = join(folder, 'late.ts');
  await runFfmpeg([
    ...['-f', 'lavfi', '-i', 'testsrc2=size=64x48:rate=3:duration=9,hue=s=0'],
    ...['-itsoffset', '8', '-f', 'lavfi', '-i', 'sine=frequency=500:sample_rate=16000:duration=1'],
    ...[...h264, '-bf', '0', '-c:a', 'aac', input],
  ]);
  const deep = ['-analyzeduration', '30M', '-probesize', '64M'];
  const [first] = await probeCsv(input, ...deep, '-select_streams', 'a', '-show_entries', 'packet=pts_time');
  const picture = Math.min(...(await packetTimes(input, 'v:0')));
  for (const container of ['mkv', 'mp4']) {
    const output = join(folder, `out.${container}`);
    await color(t, { input, output, size: 64, preset: 'ultrafast' });
    const [sound = NaN] = await packetTimes(output, 'a:0');
    const lead = sound - Math.min(...(await packetTimes(output, 'v:0')));
    t.true(
      Math.abs(lead - (Number.parseFloat(first ?? '') - picture)) < 0.002,
      `${container}: ${lead} ${first}`,
    );
    t.true(lead > 7, `${lead}`);
  }
});

test.serial(
  'covers, tags and mirrored pictures stay what they are, and the comment follows the own one',
  async (t) => {
    const folder = await tempFolder(t);
    const [film, input, cover] = ['film.mp4', 'in.mp4', 'cover.png'].map((name) => join(folder, name));
    await runFfmpeg([...picture, '-t', '0.5', ...h264, film!]);
    await runFfmpeg(['-f', 'lavfi', '-i', 'testsrc=size=32x32', '-frames:v', '1', cover!]);
    await runFfmpeg([
      ...[
        '-i',
        film!,
        '-i',
        cover!,
        '-map',
        '0',
        '-map',
        '1',
        '-c',
        'copy',
        '-disposition:v:1',
        'attached_pic',
      ],
      ...[
        '-metadata',
        'title=Reel 7',
        '-metadata',
        'comment=From the print',
        '-metadata',
        'artist=A. Camera',
        input!,
      ],
    ]);
    const mirror = [-65536, 0, 0, 0, 65536, 0, 0, 0, 2 ** 30];
    await setDisplayMatrix(input!, mirror);
    for (const container of ['mkv', 'mp4']) {
      const output = join(folder, `out.${container}`);
      await color(t, { input: input!, output, size: 64, preset: 'ultrafast' });
      const streams = await probeCsv(
        output,
        '-show_entries',
        'stream=codec_name:stream_disposition=default,attached_pic',
      );
      t.deepEqual(
        streams.map((line) => line.replace(/,$/, '')),
        ['h264,1,0', 'png,0,1'],
        container,
      );
      const tags = await probeCsv(output, '-show_entries', 'format_tags=title,artist,comment');
      t.regex(tags.join(), /Reel 7/);
      t.regex(tags.join(), /A\. Camera/);
      t.regex(tags.join(), /From the print \| Colour is synthetic: made by/);
    }
    const mp4 = join(folder, 'out.mp4');
    const [matrix] = await probeCsv(
      mp4,
      '-select_streams',
      'v:0',
      '-show_entries',
      'stream_side_data=displaymatrix',
    );
    const [expected] = await probeCsv(
      input!,
      '-select_streams',
      'v:0',
      '-show_entries',
      'stream_side_data=displaymatrix',
    );
    t.is(matrix, expected);
    t.regex(
      (await readXmp(mp4)) ?? '',
      /compositeWithTrainedAlgorithmicMedia.*chromafeed:Fingerprint="\w{64}"/,
    );
  },
);

test.serial(
  'tracks keep titles, languages and flags, and the coloured picture is the default one',
  async (t) => {
    const folder = await tempFolder(t);
    const [input, subtitles] = [join(folder, 'in.mkv'), join(folder, 'a.srt')];
    await writeFile(subtitles, '1\n00:00:00,100 --> 00:00:00,400\nA word.\n');
    const tone = ['-f', 'lavfi', '-i', 'sine=duration=0.5'];
    await runFfmpeg([
      ...[...picture, ...tone, ...tone, '-i', subtitles, '-map', '0', '-map', '1', '-map', '2', '-map', '3'],
      ...[
        ...h264,
        '-t',
        '0.5',
        '-c:a',
        'aac',
        '-metadata:s:v',
        'title=Reel one',
        '-metadata:s:v',
        'language=ger',
      ],
      ...['-metadata:s:a:0', 'title=Deutsch', '-metadata:s:a:0', 'language=ger', '-disposition:a:0', '0'],
      ...[
        '-metadata:s:a:1',
        'title=Commentary',
        '-metadata:s:a:1',
        'language=eng',
        '-disposition:a:1',
        'default+comment',
      ],
      ...['-metadata:s:s:0', 'title=Signs', '-disposition:s:0', 'forced', '-disposition:v', '0', input],
    ]);
    const flags = 'stream_disposition=default,comment,forced';
    for (const [container, title] of [
      ['mkv', 'title'],
      ['mp4', 'handler_name'],
    ] as const) {
      const output = join(folder, `out.${container}`);
      await color(t, { input, output, size: 64, preset: 'ultrafast' });
      t.deepEqual(await probeCsv(output, '-show_entries', `${flags}:stream_tags=language,${title}`), [
        '1,0,0,ger,Reel one',
        '0,0,0,ger,Deutsch',
        '1,1,0,eng,Commentary',
        ...(container === 'mkv'
          ? ['0,0,1,Signs']
          : ['1,0,1,und,Signs']) /* mp4 enables one track of each kind */,
      ]);
    }
  },
);
