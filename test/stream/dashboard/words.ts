import test from 'ava';
import type { CameraState, CameraStatus } from '../../../src/ingest/live/camera-status.ts';
import { describeCard } from '../../../src/stream/dashboard/logic/card-text.ts';
import { createAnnouncements } from '../../../src/stream/dashboard/logic/announcements.ts';
import { replaceByLuma } from '../../../src/stream/dashboard/logic/luma.ts';
import { defaultSettings, parseSettings } from '../../../src/stream/dashboard/logic/settings-format.ts';
import {
  describeAll,
  describeColour,
  describeNight,
  describeNotice,
  describeState,
  formatClockTime,
} from '../../../src/stream/dashboard/logic/state-text.ts';
import { bitrateText, describeStats } from '../../../src/stream/dashboard/logic/stats-text.ts';

const nowMs = Date.UTC(2026, 10, 24, 12, 0, 0);
const lost = { sinceMs: nowMs - 60_000, attempt: 3, reason: 'refused' };
const cases: readonly (readonly [CameraState, string, string])[] = [
  [{ kind: 'connecting', sinceMs: nowMs }, 'connecting', 'waiting'],
  [{ kind: 'live', sinceMs: nowMs }, 'live', 'good'],
  [{ kind: 'stalled', sinceMs: nowMs, lastFrameMs: nowMs - 7100 }, 'stalled, no picture for 7 s', 'waiting'],
  [{ kind: 'reconnecting', ...lost, retryMs: nowMs + 4200 }, 'reconnecting in 4 s', 'waiting'],
  [{ kind: 'reconnecting', ...lost, retryMs: nowMs - 10 }, 'reconnecting now', 'waiting'],
  [{ kind: 'offline', ...lost, retryMs: nowMs + 9000 }, 'offline since 11:59', 'bad'],
  [{ kind: 'disabled', sinceMs: nowMs }, 'disabled', 'off'],
];

for (const [state, text, tone] of cases) {
  test(`a camera that is ${state.kind} is said to be "${text}"`, (t) => {
    const utcTime = (ms: number): string => new Date(ms).toISOString().slice(11, 16);
    t.deepEqual(describeState(state, nowMs, utcTime), { text, tone: tone as 'good' });
  });
}

test('a time on another day is shown with its date', (t) => {
  const today = new Date(2026, 10, 24, 18, 0).getTime();
  t.is(formatClockTime(new Date(2026, 10, 24, 9, 5).getTime(), today), '09:05');
  const yesterday = formatClockTime(new Date(2026, 10, 23, 9, 5).getTime(), today);
  t.regex(yesterday, /23.*09:05|23.*9:05/);
});

test('infrared is shown with what replaces the colour', (t) => {
  t.is(describeNight({ isNight: false, nightShows: 'gray' }), undefined);
  t.is(describeNight({ isNight: true, nightShows: 'gray' }), 'infrared: no colour');
  t.is(describeNight({ isNight: true, nightShows: 'background' }), "infrared: daylight's colour");
});

test('a gray picture is not called synthetic colour', (t) => {
  t.is(describeColour({ isNight: false, nightShows: 'gray' }, false), 'synthetic colour');
  t.is(describeColour({ isNight: false, nightShows: 'gray' }, true), 'original');
  t.is(describeColour({ isNight: true, nightShows: 'gray' }, false), '');
  t.is(describeColour({ isNight: true, nightShows: 'color' }, false), 'synthetic colour');
});

test('the notice calls colour synthetic unless every camera sends its own', (t) => {
  const notice = 'The colour is synthetic.';
  t.is(describeNotice([{ isOwnColor: true }, {}], notice), notice);
  t.is(describeNotice([], notice), notice);
  t.is(describeNotice([{ isOwnColor: true }], notice), 'The colour is the one that the cameras send.');
});

test('the card says what is wrong, why, and when the next attempt starts', (t) => {
  const state = { ...lost, reason: 'host not found', retryMs: nowMs + 4200 };
  t.is(
    describeCard({ kind: 'offline', ...state }, nowMs, true),
    'OFFLINE\nhost not found\nnext attempt in 4 s',
  );
  t.is(
    describeCard({ kind: 'reconnecting', ...state, reason: '' }, nowMs, true),
    'RECONNECTING\nnext attempt in 4 s',
  );
  t.is(describeCard({ kind: 'live', sinceMs: 0 }, nowMs, true), undefined);
  t.is(describeCard({ kind: 'disabled', sinceMs: 0 }, nowMs, false), 'PAUSED');
  t.is(describeCard({ kind: 'disabled', sinceMs: 0 }, nowMs, true), undefined);
});

test('all cameras are summed up by state', (t) => {
  t.is(describeAll(cases.map(([state]) => state)), '1 of 7 live, 4 reconnecting, 1 offline, 1 disabled');
  t.is(describeAll([{ kind: 'live', sinceMs: 0 }]), '1 of 1 live');
});

test('statistics name every cause of drops that occurred, and no other', (t) => {
  const status: CameraStatus = {
    id: 'a',
    name: 'A',
    state: { kind: 'live', sinceMs: 0 },
    isNight: false,
    nightShows: 'gray',
    size: undefined,
    fpsIn: 25,
    fpsOut: 24.96,
    answersPerS: 5,
    latencyMs: 80.4,
    dropped: { busy: 2, encoder: 0, viewer: 5, rate: 0, damaged: 0 },
    reconnects: 1,
    model: { name: 'starter', version: 1 },
    hasOriginal: false,
    rtspPath: undefined,
  };
  const viewer = {
    mode: 'jpeg',
    size: { widthPx: 640, heightPx: 360 },
    shownFps: 24,
    bitsPerS: 3_500_000,
    latencyMs: 131.2,
    dropped: 1,
  } as const;
  const figures = new Map(describeStats(status, viewer));
  t.is(figures.get('dropped'), 'busy 2, viewer 5, page 1');
  t.is(figures.get('latency'), '131 ms (80 ms in the server)');
  t.is(figures.get('frames/s'), '25.0 in, 25.0 coloured, 24.0 shown');
  t.is(figures.get('model'), 'starter 1');
  t.is(figures.get('bitrate'), '3.5 Mbit/s');
  t.is(bitrateText(640_400), '640 kbit/s');
});

test('stored settings read back unchanged', (t) => {
  const settings = {
    ...defaultSettings,
    order: ['b', 'a'],
    hidden: ['c'],
    mode: 'video',
    hasKeys: false,
  } as const;
  t.deepEqual(parseSettings(JSON.stringify(settings)), settings);
});

test('invalid settings become their defaults', (t) => {
  for (const text of [null, '', '{', '[]', '7', '{"mode":"fax","theme":3,"order":"a","hidden":[1,null]}']) {
    t.deepEqual(parseSettings(text), defaultSettings);
  }
});

test('an id that is stored twice counts once', (t) => {
  t.deepEqual(parseSettings('{"order":["a","b","a"]}').order, ['a', 'b']);
});

test('the luma of every colour is that of BT.601, rounded', (t) => {
  for (let i = 0; i < 4096; i++) {
    const [r, g, b] = [(i * 37) % 256, (i * 101) % 256, (i * 197) % 256] as const;
    const pixel = new Uint8ClampedArray([r, g, b, 200]);
    replaceByLuma(pixel);
    const expected = 0.299 * r + 0.587 * g + 0.114 * b;
    t.true(Math.abs(pixel[0]! - expected) <= 0.51, `${r} ${g} ${b}`);
    t.deepEqual([...pixel], [pixel[0]!, pixel[0]!, pixel[0]!, 200]);
  }
});

test('grays are their own luma', (t) => {
  const pixels = Uint8ClampedArray.from({ length: 1024 }, (_, i) => i >> 2);
  const before = [...pixels];
  replaceByLuma(pixels);
  t.deepEqual([...pixels], before);
});

test('only changes that last are announced, each once', (t) => {
  const announcements = createAnnouncements();
  const observe = (kind: 'live' | 'connecting' | 'disabled', atMs: number): void =>
    announcements.observe({ id: 'g', name: 'Gate', state: { kind, sinceMs: 0 } }, atMs);
  observe('live', 0);
  t.is(announcements.take(60_000), undefined);
  observe('connecting', 61_000);
  t.is(announcements.take(62_000), undefined);
  observe('live', 63_000);
  t.is(announcements.take(70_000), undefined);
  observe('disabled', 71_000);
  observe('disabled', 72_000);
  t.is(announcements.take(74_000), 'Gate is disabled.');
  t.is(announcements.take(90_000), undefined);
});
