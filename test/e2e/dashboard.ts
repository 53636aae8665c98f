import test, { type ExecutionContext } from 'ava';
import type { SizePx } from '../../src/frame.ts';
import {
  closeChromium,
  hasChromium,
  hasFirefox,
  openChromium,
  openFirefox,
  type OpenPage,
} from '../helpers/browser.ts';
import {
  accessFaults,
  contrastFaults,
  lumaDifference,
  pictureChange,
  seePicture,
  stateText,
} from '../helpers/dashboard-page.ts';
import { startHttpCamera } from '../helpers/http-camera.ts';
import { hashToken } from '../../src/config/token-hash.ts';
import { until as untilHolds } from '../helpers/program.ts';
import { startServe, type Served } from '../helpers/serve.ts';
import { smallEmbedding } from '../helpers/small-embedding.ts';

const withChromium = hasChromium ? test.serial : test.serial.skip;
const withFirefox = hasFirefox ? test.serial : test.serial.skip;

const twoCameras = config(0, {
  gate: 'test:testsrc2=size=192x108:rate=5',
  yard: 'test:testsrc=size=160x120:rate=5',
});

/** One server for all tests that change nothing. */
let served: Served;
test.before(async () => {
  served = await startServe(twoCameras);
});
test.after.always(() => Promise.all([served[Symbol.asyncDispose](), closeChromium()]));

withChromium('the page shows moving colour, and nothing in it fails', async (t) => {
  await using page = await openChromium();
  await page.goto(served.url);
  await showsMovingColour(t, page, 'gate');
  await showsMovingColour(t, page, 'yard');
  t.deepEqual(page.errors, []);
});

withFirefox('Firefox shows moving colour too, and nothing in the page fails', async (t) => {
  await using page = await openFirefox();
  await page.goto(served.url);
  await showsMovingColour(t, page, 'gate');
  await page.evaluate(`location.hash = '#camera=gate'`);
  await page.hold('o');
  await showsOwnLuma(t, page, 'gate');
  t.deepEqual(page.errors, []);
});

for (const [mode, kind] of [
  ['jpeg', 'JPEG'],
  ['video', 'H.264'],
] as const) {
  withChromium(`the original is the luma of exactly the picture that is shown, as ${kind}`, async (t) => {
    await using page = await openChromium();
    await openWith(page, served.url, { mode, hasStats: true });
    await showsMovingColour(t, page, 'gate');
    await until(async () => (await figure(page, 'picture')).startsWith(kind), `the pictures are ${kind}`);
    await page.press('c');
    await showsOwnLuma(t, page, 'gate');
  });
}

withChromium('the original is the same without a graphics card', async (t) => {
  await using page = await openChromium();
  await openWith(page, served.url, { mode: 'jpeg' });
  await page.evaluate(`(() => {
    const { getContext } = HTMLCanvasElement.prototype;
    HTMLCanvasElement.prototype.getContext = function (kind, ...rest) {
      return kind === 'webgl' ? null : getContext.call(this, kind, ...rest);
    };
  })()`);
  await showsMovingColour(t, page, 'gate');
  await page.press('c');
  await showsOwnLuma(t, page, 'gate');
});

withChromium('a lost camera says why, without figures, and one that was pulled out comes back', async (t) => {
  await using camera = await startHttpCamera();
  await using own = await startServe(config(0, { door: camera.url, gate: 'http://127.0.0.1:9/none.mjpeg' }));
  await using page = await openChromium();
  await openWith(page, own.url, { mode: 'video', hasStats: true });
  const cards = `[...document.querySelectorAll('.is-single .card:not([hidden])')].map((card) => card.textContent)`;
  await until(async () => ((await page.evaluate(cards)) as string[]).length === 1, 'one card');
  const [card] = (await page.evaluate(cards)) as string[];
  t.regex(card ?? '', /^(RECONNECTING|OFFLINE)\n.+\nnext attempt (now|in \d+ s)$/);
  t.is(await page.evaluate(`getComputedStyle(document.querySelector('.is-single .stats')).display`), 'none');
  await page.evaluate(`location.hash = ''`);
  await showsMovingColour(t, page, 'door');
  await camera.pullOut();
  await until(async () => /reconnecting|offline/.test(await stateText(page, 'door')), 'the loss is said');
  t.not(await seePicture(page, 'door'), undefined, 'the last picture stays');
  await camera.putBack();
  await until(async () => (await stateText(page, 'door')) === 'live', 'the camera is live again');
  await showsMovingColour(t, page, 'door');
});

withChromium(
  'while a server is lost no camera is live, and its pictures return without a reload',
  async (t) => {
    await using first = await startServe(twoCameras);
    await using page = await openChromium();
    await page.goto(first.url);
    await showsMovingColour(t, page, 'gate');
    await until(async () => (await stateText(page, 'gate')) === 'live', 'the camera is live');
    await page.evaluate('window.isSamePage = true');
    await first.kill();
    await until(async () => (await connection(page)) === 'lost', 'the loss of the server is said');
    t.is(await stateText(page, 'gate'), 'no connection to the server');
    t.is(await page.evaluate(`document.querySelector('[data-camera="gate"]').dataset.tone`), 'off');
    t.is(await page.evaluate(`document.querySelector('.summary').textContent`), '');
    t.not(await seePicture(page, 'gate'), undefined, 'the last picture stays');
    await using second = await startServe(twoCameras.replace('port: 0', `port: ${first.port}`));
    t.is(second.url, first.url);
    await until(async () => (await connection(page)) === 'open', 'the page is connected again');
    await showsMovingColour(t, page, 'gate');
    t.true(await page.evaluate('window.isSamePage'));
  },
);

withChromium('keys alone reach everything', async (t) => {
  await using page = await openChromium();
  await page.goto(served.url);
  await showsMovingColour(t, page, 'gate');
  const focused = (): Promise<unknown> =>
    page.evaluate(`document.activeElement.closest('.tile')?.dataset.camera`);
  for (let i = 0; i < 8 && (await focused()) !== 'gate'; i++) await page.press('Tab');
  t.is(await focused(), 'gate');
  await page.press('ArrowRight');
  t.is(await focused(), 'yard');
  await page.press('Enter');
  await until(async () => (await page.evaluate('location.hash')) === '#camera=yard', 'the camera is alone');
  await page.press('c');
  t.is(await page.evaluate('document.activeElement.type'), 'range');
  await page.press('ArrowLeft');
  t.is(await page.evaluate('document.activeElement.value'), '48');
  await page.press('Escape');
  await until(async () => (await page.evaluate('location.hash')) === '', 'all cameras are back');
  t.is(await focused(), 'yard');
  await page.hold('Shift');
  await page.press('ArrowLeft');
  await page.letGo('Shift');
  t.is(await page.evaluate(`document.querySelector('.tile').dataset.camera`), 'yard');
  await page.press('?');
  t.is(await page.evaluate(`document.querySelector('dialog[open]').className`), 'help');
  await page.press('Escape');
  t.is(await page.evaluate(`document.querySelector('dialog[open]')`), null);
});

withChromium(
  'the tools of a tile are visible under the mouse and with the keyboard, and hidden otherwise',
  async (t) => {
    await using page = await openChromium();
    await page.goto(served.url);
    await showsMovingColour(t, page, 'gate');
    const opacity = (): Promise<unknown> =>
      page.evaluate(`getComputedStyle(document.querySelector('[data-camera="gate"] .tools')).opacity`);
    await until(async () => (await opacity()) === '0', 'the tools are hidden at first');
    await page.hover('[data-camera="gate"] .picture');
    await until(async () => (await opacity()) === '1', 'the mouse shows the tools');
    await page.hover('.bar');
    await until(async () => (await opacity()) === '0', 'the tools are hidden when the mouse leaves');
    for (let i = 0; i < 8 && (await opacity()) === '0'; i++) await page.press('Tab');
    await until(async () => (await opacity()) === '1', 'the focus shows the tools');
    t.pass();
  },
);

withChromium('a touch screen shows the tools of every tile', async (t) => {
  await using page = await openChromium({ widthPx: 390, heightPx: 844 }, { isTouch: true });
  await page.goto(served.url);
  await showsMovingColour(t, page, 'gate');
  const shown = `[...document.querySelectorAll('[data-camera="gate"] .tools > *')].filter((tool) =>
    tool.checkVisibility({ opacityProperty: true })).length`;
  await until(async () => (await page.evaluate(shown)) === 2, 'two tools are visible');
  await page.click('[data-camera="gate"] [aria-label^="Compare"]');
  t.false(await page.evaluate(`document.querySelector('[data-camera="gate"] .split').hidden`));
});

withChromium('comparing names both halves, and one switch compares the whole grid', async (t) => {
  await using page = await openChromium({ widthPx: 390, heightPx: 844 }, { isTouch: true });
  await page.goto(served.url);
  await showsMovingColour(t, page, 'gate');
  const labels = `[...document.querySelectorAll('.half-labels')].filter((each) => !each.hidden)
    .map((each) => [...each.children].map((half) => half.textContent).join('|'))`;
  t.deepEqual(await page.evaluate(labels), []);
  await page.click('[aria-label^="Compare all"]');
  t.deepEqual(await page.evaluate(labels), ['original|colour', 'original|colour']);
  await page.click('[aria-label^="Compare all"]');
  t.deepEqual(await page.evaluate(labels), []);
});

withChromium('the tools of a single camera disappear after three seconds', async (t) => {
  await using page = await openChromium();
  await openWith(page, served.url, {});
  await showsMovingColour(t, page, 'gate');
  const opacity = (): Promise<unknown> =>
    page.evaluate(`getComputedStyle(document.querySelector('.is-single .tools')).opacity`);
  await page.hover('.is-single .picture');
  await until(async () => (await opacity()) === '1', 'the tools are visible');
  await until(async () => (await opacity()) === '0', 'the tools have left');
  await page.hover('.bar');
  await page.hover('.is-single .picture');
  await until(async () => (await opacity()) === '1', 'the tools are back');
  t.pass();
});

withChromium('the name of a camera comes first in the tab order of its tile', async (t) => {
  await using page = await openChromium();
  await page.goto(served.url);
  await showsMovingColour(t, page, 'gate');
  const first = `document.querySelector('[data-camera="gate"]').querySelector('button, a, input').className`;
  t.is(await page.evaluate(first), 'name');
  t.true(
    await page.evaluate(`document.querySelector('[data-camera="gate"] .caption').getBoundingClientRect().top >=
      document.querySelector('[data-camera="gate"] .stage').getBoundingClientRect().bottom - 1`),
    'it stands below the picture',
  );
});

withChromium('a phone on its side gives most of its height to the picture', async (t) => {
  await using page = await openChromium({ widthPx: 844, heightPx: 390 }, { isTouch: true });
  await openWith(page, served.url, {});
  await showsMovingColour(t, page, 'gate');
  const share = await page.evaluate(
    `document.querySelector('.is-single .stage').getBoundingClientRect().height / innerHeight`,
  );
  t.true(Number(share) > 0.75, String(share));
});

withChromium(
  'an administrator makes a camera paler, and draws a mask: its picture is black there',
  async (t) => {
    const token = 'a-token-of-an-administrator';
    const users = `users: [{ name: root, admin: true, tokenHash: "${hashToken(token)}" }]`;
    const yard = config(0, { yard: 'test:testsrc=size=160x120:rate=5' }) + '    day: colorize\n';
    await using own = await startServe(yard.replace('server:\n', `server:\n  ${users}\n`));
    await using page = await openChromium();
    await page.goto(own.url);
    const login = `new URLSearchParams({ user: 'root', token: '${token}' })`;
    await page.evaluate(`fetch('login', { method: 'POST', body: ${login} }).then(() => true)`);
    await page.goto(own.url);
    await showsMovingColour(t, page, 'yard');
    const lively = (await seePicture(page, 'yard'))?.chroma ?? 0;
    await page.press(',');
    await page.evaluate(`document.querySelector('[aria-label="Colour of yard"]').click()`);
    const slider = `document.querySelector('[aria-label="Liveliness"]')`;
    await until(async () => (await page.evaluate(`${slider}.disabled`)) === false, 'the slider is ready');
    t.is(await page.evaluate(`${slider}.value`), '1');
    t.deepEqual(await accessFaults(page), []);
    await page.evaluate(`${slider}.value = 0; ${slider}.dispatchEvent(new Event('change'))`);
    await until(
      async () => ((await seePicture(page, 'yard'))?.chroma ?? lively) < lively * 0.7,
      'paler colour',
    );
    await page.press('Escape');
    await page.evaluate(`document.querySelector('[aria-label="Masks of yard"]').click()`);
    const stage = `document.querySelector('.mask-stage')`;
    await until(
      async () => Boolean(await page.evaluate(`${stage}.querySelector('img').naturalWidth > 0`)),
      'a picture',
    );
    t.deepEqual(await accessFaults(page), []);
    const [left, top, right, bottom] = (await page.evaluate(
      `(({ left, top, right, bottom }) => [left, top, right, bottom])(${stage}.getBoundingClientRect())`,
    )) as [number, number, number, number];
    await page.drag({ x: left + 1, y: top + 1 }, { x: right + 5, y: bottom + 5 });
    await page.evaluate(`document.querySelectorAll('dialog.masks .dialog-body > p > button')[1].click()`);
    await until(async () => median((await seePicture(page, 'yard'))?.gray ?? [255]) < 3, 'a black picture');
    const masks = await page.evaluate(`fetch('api/cameras/yard/masks').then((answer) => answer.json())`);
    t.regex(JSON.stringify(masks), /^\{"masks":\[\{"x":0[^,]*,"y":0[^,]*,"width":(1|0\.99)/);
    t.deepEqual(page.errors, []);
  },
);

withChromium('every control has a name and every text enough contrast, in both themes', async (t) => {
  await using page = await openChromium();
  await page.goto(served.url);
  await showsMovingColour(t, page, 'gate');
  for (const theme of ['light', 'dark']) {
    for (const key of ['Escape', ',', '?'] as const) {
      await page.evaluate(`document.documentElement.dataset.theme = '${theme}'`);
      await page.press(key);
      t.deepEqual(await accessFaults(page), [], `${theme} ${key}`);
      t.deepEqual(await contrastFaults(page), [], `${theme} ${key}`);
      if (key !== 'Escape') await page.press('Escape');
    }
  }
});

const screens: readonly SizePx[] = [
  { widthPx: 390, heightPx: 844 },
  { widthPx: 820, heightPx: 1180 },
  { widthPx: 1440, heightPx: 900 },
];

withChromium('no screen scrolls sideways, and the notice is always visible', async (t) => {
  await using page = await openChromium();
  await page.goto(served.url);
  await showsMovingColour(t, page, 'gate');
  for (const size of screens) {
    await page.resize(size);
    for (const hash of ['', '#camera=gate']) {
      await page.evaluate(`location.hash = '${hash}'`);
      t.true(
        await page.evaluate('document.documentElement.scrollWidth <= innerWidth'),
        `${size.widthPx} ${hash}`,
      );
      const box = `document.getElementById('notice').getBoundingClientRect()`;
      t.true(
        await page.evaluate(`${box}.height > 0 && ${box}.bottom <= innerHeight + 0.5`),
        `${size.widthPx} ${hash}`,
      );
    }
  }
});

/** Waits for something in a page or at a server. It checks ten times per second: each check costs the browser time. */
function until(holds: () => Promise<boolean>, what: string): Promise<void> {
  return untilHolds(holds, what, 100);
}

async function showsMovingColour(t: ExecutionContext, page: OpenPage, camera: string): Promise<void> {
  await hasPicture(page, camera);
  const first = await seePicture(page, camera);
  await until(async () => {
    const next = await seePicture(page, camera);
    return first !== undefined && next !== undefined && pictureChange(first, next) > 0.5;
  }, `the picture of ${camera} moves`);
  await until(async () => ((await seePicture(page, camera))?.chroma ?? 0) > 3, `${camera} has colour`);
  t.pass();
}

/** If no picture comes, the fault says what the page shows instead. */
async function hasPicture(page: OpenPage, camera: string): Promise<void> {
  try {
    await until(async () => (await seePicture(page, camera)) !== undefined, `${camera} has a picture`);
  } catch (cause) {
    const seen = await page.evaluate(
      `JSON.stringify({ isHidden: document.hidden, text: document.body.innerText.slice(0, 500) })`,
    );
    throw new Error(`${camera} has no picture: ${String(seen)} ${page.errors.join('; ')}`, { cause });
  }
}

// Two levels: half a level from rounding, the rest from the graphics card's arithmetic.
async function showsOwnLuma(t: ExecutionContext, page: OpenPage, camera: string): Promise<void> {
  await until(async () => (await lumaDifference(page, camera)) !== undefined, `${camera} shows its original`);
  const difference = await lumaDifference(page, camera);
  t.true(
    difference !== undefined && difference.pixels > 1000 && difference.worst <= 2,
    JSON.stringify(difference),
  );
  t.is(difference?.beforeChroma, 0);
}

// Opens the camera alone, with settings from an earlier visit.
async function openWith(
  page: OpenPage,
  url: string,
  settings: Readonly<Record<string, unknown>>,
): Promise<void> {
  await page.goto(url);
  await page.evaluate(`localStorage.setItem('chromafeed.dashboard', '${JSON.stringify(settings)}')`);
  await page.goto(`${url}?again#camera=gate`);
}

async function figure(page: OpenPage, name: string): Promise<string> {
  const expression = `[...document.querySelectorAll('.is-single .stats dt')]
    .find((term) => term.textContent === '${name}')?.nextElementSibling.textContent ?? ''`;
  return String(await page.evaluate(expression));
}

function connection(page: OpenPage): Promise<unknown> {
  return page.evaluate('document.documentElement.dataset.connection');
}

/** The network sees a small picture, because these tests do not check its colour. */
function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[values.length >> 1] ?? 0;
}

function config(port: number, cameras: Readonly<Record<string, string>>): string {
  const entries = Object.entries(cameras).map(([id, source]) => `  ${id}:\n    source: '${source}'\n`);
  return `server:\n  port: ${port}\nengine:\n  shortSidePx: 64\n  embedding: ${smallEmbedding}\ncameras:\n${entries.join('')}`;
}
