import test from 'ava';
import type { Picture } from '../../../../src/stream/live/pictures/picture.ts';
import {
  fitHeight,
  Renditions,
  type PreparedRendition,
} from '../../../../src/stream/live/pictures/renditions.ts';

const frame = { widthPx: 1280, heightPx: 720 };

interface Rig {
  readonly renditions: Renditions;
  readonly counts: { drops: number; wanted: number };
  readonly make: (level?: number) => PreparedRendition[];
}

function makeRig(hasVisibleMark = true): Rig {
  const counts = { drops: 0, wanted: 0 };
  const renditions = new Renditions({
    camera: 'gate',
    hasVisibleMark,
    jpegQuality: 5,
    onDrop: () => counts.drops++,
    onWanted: () => counts.wanted++,
  });
  let sequence = 0;
  const make = (level = 100): PreparedRendition[] => {
    const prepared = renditions.prepare(frame, []);
    for (const { memory } of prepared) new Uint8Array(memory.memory).fill(level);
    sequence++;
    renditions.publish(prepared, { sequence, capturedMs: sequence * 10 });
    return prepared;
  };
  return { renditions, counts, make };
}

test('a size with several viewers is made once, and only while somebody watches it', (t) => {
  const { renditions, counts, make } = makeRig();
  t.false(renditions.isWanted);
  t.is(make().length, 0);
  const seen: Picture[] = [];
  const tile$ = renditions.pictures$({ heightPx: 360, isMarked: false });
  const first = tile$.subscribe((picture) => seen.push(picture));
  const second = tile$.subscribe((picture) => seen.push(picture));
  renditions.pictures$({ heightPx: 180, isMarked: false }).subscribe().unsubscribe();
  t.is(make().length, 1);
  t.is(seen.length, 2);
  t.is(seen[0], seen[1]);
  t.deepEqual(seen[0]?.size, { widthPx: 640, heightPx: 360 });
  t.is(counts.wanted, 2);
  first.unsubscribe();
  t.true(renditions.isWanted);
  second.unsubscribe();
  t.false(renditions.isWanted);
});

test('a picture that is kept stays as it is until it is released', (t) => {
  const { renditions, make } = makeRig();
  const kept: Picture[] = [];
  renditions.pictures$({ heightPx: 180, isMarked: false }).subscribe((picture) => {
    if (kept.length > 0) return;
    picture.retain();
    kept.push(picture);
  });
  make(10);
  for (let i = 0; i < 20; i++) make(50 + i);
  t.true(kept[0]?.data.every((value) => value === 10));
  kept[0]?.release();
  t.throws(() => kept[0]?.release(), { message: /too often/ });
});

test('if a subscriber keeps every picture, the size misses frames and memory stays bounded', (t) => {
  const { renditions, counts, make } = makeRig();
  const kept: Picture[] = [];
  renditions.pictures$({ heightPx: 180, isMarked: false }).subscribe((picture) => {
    picture.retain();
    kept.push(picture);
  });
  for (let i = 0; i < 20; i++) make();
  t.is(kept.length, 5);
  t.is(counts.drops, 15);
  for (const picture of kept) picture.release();
  make();
  t.is(kept.length, 6);
});

test('the mark is drawn for those who asked for it, and for nobody else', (t) => {
  const { renditions, make } = makeRig();
  const levels: Record<string, number> = {};
  for (const isMarked of [true, false])
    renditions
      .pictures$({ heightPx: 360, isMarked })
      .subscribe(({ data }) => (levels[String(isMarked)] = new Set(data).size));
  renditions
    .pictures$({ heightPx: 360, isMarked: true }, true)
    .subscribe(({ data }) => (levels['original'] = new Set(data).size));
  make();
  t.true((levels['true'] ?? 0) > 3);
  t.is(levels['false'], 1);
  t.is(levels['original'], 1);
});

test('the mark covers less than a third of a small picture, and no part of a gray one', (t) => {
  const { renditions, make } = makeRig();
  let picture: Picture | undefined;
  renditions.pictures$({ heightPx: 240, isMarked: true }).subscribe((next) => {
    picture = next;
    next.retain();
  });
  make(100);
  const { widthPx, heightPx } = picture!.size;
  const row = picture!.data.subarray((heightPx - 20) * widthPx, (heightPx - 19) * widthPx);
  const covered = row.findLastIndex((value) => value !== 100) - row.findIndex((value) => value !== 100) + 1;
  t.true(covered > 0 && covered < widthPx / 3, `${covered} of ${widthPx} columns`);
  make(128);
  t.true(picture!.data.every((value) => value === 128));
});

test('a mark that the config removed is not drawn', (t) => {
  const { renditions, make } = makeRig(false);
  let levels = 0;
  renditions
    .pictures$({ heightPx: 360, isMarked: true })
    .subscribe(({ data }) => (levels = new Set(data).size));
  make();
  t.is(levels, 1);
});

test('while the camera is lost, marked pictures show the card over the last frame', (t) => {
  const { renditions, make } = makeRig();
  const marked: { level: number; sequence: number }[] = [];
  let plain = 0;
  renditions.pictures$({ heightPx: 360, isMarked: true }).subscribe(({ data, sequence }) => {
    marked.push({ level: data[0] ?? 0, sequence });
  });
  renditions.pictures$({ heightPx: 360, isMarked: false }).subscribe(() => plain++);
  renditions.publishCard(['OFFLINE', 'SINCE 12:00'], { sequence: 7, capturedMs: 1 });
  t.deepEqual(marked, [{ level: 32, sequence: 7 }], 'dark, for there was no frame yet');
  make(90);
  renditions.publishCard(['OFFLINE', 'SINCE 12:00'], { sequence: 8, capturedMs: 2 });
  t.deepEqual(marked.at(-1), { level: 90, sequence: 8 });
  make(91);
  t.deepEqual(marked.at(-1)?.level, 91);
  t.is(plain, 2, 'viewers who draw the card themselves get frames alone');
});

test('a viewer who leaves while a frame is made costs nothing', (t) => {
  const { renditions } = makeRig();
  const viewer = renditions.pictures$({ heightPx: 360, isMarked: false }).subscribe();
  const prepared = renditions.prepare(frame, []);
  viewer.unsubscribe();
  t.notThrows(() => renditions.publish(prepared, { sequence: 1, capturedMs: 1 }));
  renditions.pictures$({ heightPx: 360, isMarked: false }).subscribe();
  t.is(renditions.prepare(frame, []).length, 1);
});

test('sizes keep the aspect, are even, and never enlarge', (t) => {
  t.deepEqual(fitHeight(frame, 360), { widthPx: 640, heightPx: 360 });
  t.deepEqual(fitHeight(frame, 1080), frame);
  t.deepEqual(fitHeight({ widthPx: 768, heightPx: 576 }, 360), { widthPx: 480, heightPx: 360 });
  t.deepEqual(fitHeight({ widthPx: 854, heightPx: 480 }, 180), { widthPx: 320, heightPx: 180 });
});
