import test from 'ava';
import type { ScannedPacket } from '../../../src/ingest/film/packet-scan.ts';
import { timelineOf, type Timeline } from '../../../src/ingest/film/timeline.ts';

const tickS = 1 / 1000;
const [picture, sound] = [0, 1];

/** Packets of picture and sound, each 40 ms long, from this time on, seconds. They follow each other in the file. */
function recording(
  fromS: number,
  { frames, sounds = frames, at }: { frames: number; sounds?: number; at: number },
): ScannedPacket[] {
  const packet = (stream: number, i: number): ScannedPacket => {
    const time = fromS * 1000 + i * 40;
    return { stream, pts: time, dts: time, duration: 40, position: at + 2 * i + stream, isHidden: false };
  };
  const streams = [
    ...Array.from({ length: frames }, (_, i) => packet(picture, i)),
    ...Array.from({ length: sounds }, (_, i) => packet(sound, i)),
  ];
  return streams.sort((a, b) => (a.position ?? 0) - (b.position ?? 0));
}

function timeline(packets: readonly ScannedPacket[]): Timeline {
  return timelineOf({ packets, picture, sound: new Set([sound]), tickS });
}

/** What is added to the time of each sound packet, by its number. */
function soundSteps({ others }: Timeline): [number, number][] {
  return (others.get(sound)?.pieces ?? []).map(({ fromPacket, ticks }) => [fromPacket, ticks]);
}

test('if the clock starts again, picture and sound continue together', (t) => {
  const joined = timeline([
    ...recording(1, { frames: 50, at: 0 }),
    ...recording(1, { frames: 25, at: 1000 }),
    ...recording(36_000, { frames: 25, at: 2000 }),
  ]);
  t.deepEqual(joined.picture, [0, 2000, 4000 - 36_000_000]);
  t.deepEqual(soundSteps(joined), [
    [0, 0],
    [50, 2000],
    [75, 4000 - 36_000_000],
  ]);
  t.deepEqual([joined.jumps, joined.end], [[3000, 4000], 5000]);
});

test('a part without sound becomes a pause in the sound', (t) => {
  const joined = timeline([
    ...recording(1, { frames: 50, at: 0 }),
    ...recording(1, { frames: 50, sounds: 0, at: 1000 }),
    ...recording(1, { frames: 50, at: 2000 }),
  ]);
  t.deepEqual(joined.picture, [0, 2000, 4000]);
  t.deepEqual(soundSteps(joined), [
    [0, 0],
    [50, 4000],
  ]);
});

test('sound that is longer than the picture delays the next part until the sound ends', (t) => {
  const packets = [
    ...recording(1, { frames: 50, sounds: 60, at: 0 }),
    ...recording(1, { frames: 50, at: 1000 }),
  ];
  t.deepEqual(timeline(packets).picture, [0, 2400]);
});

test("if only the sound's clock jumps, the sound continues and is in sync again later", (t) => {
  const moved = recording(1, { frames: 100, at: 0 }).map((packet) => {
    const isFar = packet.stream === sound && (packet.pts ?? 0) >= 2000 && (packet.pts ?? 0) < 3000;
    const byMs = isFar ? 60_000 : 0;
    return { ...packet, pts: (packet.pts ?? 0) + byMs, dts: (packet.dts ?? 0) + byMs };
  });
  t.deepEqual(soundSteps(timeline(moved)), [
    [0, 0],
    [25, -60_000],
    [50, 0],
  ]);
});

test('a picture packet without a time counts, as on DVDs', (t) => {
  const dvd = recording(1, { frames: 50, at: 0 }).map((packet, i, { length }) =>
    packet.stream === picture && i >= length - 4 ? { ...packet, pts: undefined } : packet,
  );
  const shifted = dvd.map((packet) => ({ ...packet, dts: (packet.dts ?? 0) - 40 }));
  const joined = timeline([...shifted, ...recording(1, { frames: 25, at: 1000 })]);
  t.deepEqual(joined.picture, [0, 2000]);
});
