import test from 'ava';
import { isTitleCard } from '../../../src/ingest/scenes/title-cards.ts';
import { runFfmpeg } from '../../helpers/run-ffmpeg.ts';

const size = { widthPx: 256, heightPx: 144 };

/** The first luma plane that ffmpeg makes from an input, full range, 256 x 144. */
async function picture(input: readonly string[], filters: string): Promise<Uint8Array> {
  const scaled = `${filters},scale=256:144:flags=area,format=gray`;
  const { stdout } = await runFfmpeg([...input, '-vf', scaled, '-frames:v', '1', '-f', 'rawvideo', '-']);
  return new Uint8Array(stdout);
}

const lavfi = (source: string): string[] => ['-f', 'lavfi', '-i', source];

/** Lines of boxes in the shapes of the letters E, H and I, because a machine may have no fonts. */
function letters(lines: number): string {
  const boxes: string[] = [];
  for (let line = 0; line < lines; line++)
    for (let i = 0; i < 14; i++) {
      const x = 80 + i * 35;
      const y = 130 + line * 60;
      boxes.push(`drawbox=${x}:${y}:7:34:0xd8d8d8:fill`);
      if (i % 3 === 0)
        for (const bar of [0, 14, 28]) boxes.push(`drawbox=${x}:${y + bar}:22:6:0xd8d8d8:fill`);
      if (i % 3 === 1) {
        boxes.push(`drawbox=${x + 16}:${y}:7:34:0xd8d8d8:fill`);
        boxes.push(`drawbox=${x}:${y + 14}:22:6:0xd8d8d8:fill`);
      }
    }
  return boxes.join(',');
}

test('bright letters on a dark background are a title card', async (t) => {
  for (const lines of [1, 2, 4])
    t.true(isTitleCard(await picture(lavfi('color=0x1c1c1c:s=640x480'), letters(lines)), size));
});

test('a title card with grain and a vignette is found', async (t) => {
  const old = `${letters(3)},noise=alls=25:allf=t:all_seed=5,vignette=PI/6`;
  t.true(isTitleCard(await picture(lavfi('color=0x282828:s=640x480'), old), size));
});

test('dark letters on a bright sign do not count as a title card', async (t) => {
  t.false(isTitleCard(await picture(lavfi('color=0x1c1c1c:s=640x480'), `${letters(3)},negate`), size));
});

test('letters over a scene do not count as a title card', async (t) => {
  t.false(isTitleCard(await picture(lavfi('testsrc2=s=640x480'), letters(3)), size));
});

test('black does not count as a title card, with or without noise', async (t) => {
  t.false(isTitleCard(new Uint8Array(256 * 144), size));
  t.false(
    isTitleCard(await picture(lavfi('color=black:s=640x480'), 'noise=alls=30:allf=t:all_seed=1'), size),
  );
});

test('a lamp in a dark room does not count as a title card', async (t) => {
  const lamp = 'drawbox=280:160:60:80:white:fill,drawbox=305:240:10:120:0x909090:fill,gblur=4';
  t.false(isTitleCard(await picture(lavfi('color=0x141414:s=640x480'), lamp), size));
});

test('street lights at night do not count as a title card', async (t) => {
  const lights = Array.from(
    { length: 60 },
    (_, i) => `drawbox=${(i * 197) % 620}:${60 + ((i * 83) % 300)}:${4 + (i % 5)}:${4 + (i % 4)}:white:fill`,
  );
  t.false(isTitleCard(await picture(lavfi('color=0x101010:s=640x480'), `${lights.join(',')},gblur=2`), size));
});

test('a film scene does not count as a title card, also if it is darkened to night', async (t) => {
  const film = ['-i', 'samples/his_girl_friday.mp4'];
  t.false(isTitleCard(await picture(film, 'null'), size));
  t.false(isTitleCard(await picture(film, 'eq=brightness=-0.35:contrast=0.7'), size));
  t.false(isTitleCard(await picture(film, 'eq=brightness=-0.4:contrast=1.8'), size));
});

test('a picture of another size is refused', (t) => {
  t.throws(() => isTitleCard(new Uint8Array(7), size), {
    instanceOf: RangeError,
    message: 'title card: expected 36864 samples but got 7',
  });
});
