import test from 'ava';
import { AppError } from '../../../../../src/errors.ts';
import { ask, basic, type Ask } from '../../../../helpers/ask.ts';
import { DashboardSocket } from '../../../../helpers/dashboard-socket.ts';
import { FedDirectory } from '../../../../helpers/fed-camera.ts';
import { publishConfig, testPublisher, tokens, users } from '../../../../helpers/publisher.ts';
import { until } from '../../../../helpers/until.ts';

const bearer = (token: string): Ask => ({ headers: { Authorization: `Bearer ${token}` } });

/** The status of every way to a camera, and the contents of the lists. */
async function whatIsSeen(url: string, camera: string, token: string): Promise<object> {
  const headers = { Authorization: `Bearer ${token}` };
  const at = (path: string): Promise<number> =>
    ask(new URL(path, url), { headers }).then(({ status }) => status);
  using socket = new DashboardSocket(url, { headers });
  await socket.isGreeted();
  using original = new DashboardSocket(url, { headers, path: `/original/${camera}` });
  await until(() => original.bytes.length > 0 || original.refused !== undefined, 'an answer');
  const list = await ask(new URL('api/cameras', url), { headers });
  const listed = (list.json() as { cameras: { id: string }[] }).cameras.map(({ id }) => id);
  return {
    status: await at(`api/cameras/${camera}`),
    snapshot: await at(`api/cameras/${camera}/snapshot.jpg?height=no`),
    mjpeg: await at(`api/cameras/${camera}/mjpeg?height=no`),
    original: original.refused ?? 101,
    isListed: listed.includes(camera),
    isTold: socket.cameras?.includes(camera),
  };
}

const seen = { status: 200, snapshot: 400, mjpeg: 400, original: 101, isListed: true, isTold: true };
const hidden = { status: 404, snapshot: 404, mjpeg: 404, original: 404, isListed: false, isTold: false };

test('a camera that a user may not see does not exist for that user in any route', async (t) => {
  const { url } = await testPublisher(t, publishConfig({ users }));
  t.deepEqual(await whatIsSeen(url, 'door', tokens.anna), seen);
  t.deepEqual(await whatIsSeen(url, 'yard', tokens.anna), hidden);
  t.deepEqual(await whatIsSeen(url, 'door', tokens.ben), seen);
  // The yard publishes no original, even for users who may see it.
  t.deepEqual(await whatIsSeen(url, 'yard', tokens.ben), { ...seen, original: 404 });
});

test('an invisible camera and one that does not exist get the same answer', async (t) => {
  const { url } = await testPublisher(t, publishConfig({ users }));
  const invisible = await ask(new URL('api/cameras/yard', url), bearer(tokens.anna));
  const missing = await ask(new URL('api/cameras/barn', url), bearer(tokens.anna));
  t.is(invisible.text.replaceAll('yard', 'X'), missing.text.replaceAll('barn', 'X'));
});

test('without a login the server says nothing about cameras', async (t) => {
  const { url } = await testPublisher(t, publishConfig({ users }));
  for (const path of [
    'api/cameras',
    'api/cameras/door',
    'api/cameras/door/snapshot.jpg',
    'metrics',
    'api/x',
  ]) {
    const { status, json } = await ask(new URL(path, url));
    t.is(status, 401, path);
    t.like(json(), { code: 'UNAUTHORIZED' });
  }
  using socket = new DashboardSocket(url);
  await until(() => socket.refused !== undefined, 'a refusal');
  t.is(socket.refused, 401);
  const page = await ask(url);
  t.is(page.status, 303);
  t.is(page.headers.location, '/login.html');
});

test('tokens are accepted as Bearer and as the password of Basic; wrong ones are refused', async (t) => {
  const { url } = await testPublisher(t, publishConfig({ users }));
  const statusWith = async (authorization: string): Promise<number> =>
    (await ask(new URL('api/cameras', url), { headers: { Authorization: authorization } })).status;
  t.is(await statusWith(`Bearer ${tokens.anna}`), 200);
  t.is(await statusWith(`bearer ${tokens.ben}`), 200);
  t.is(await statusWith(basic('anna', tokens.anna)), 200);
  t.is(await statusWith(basic('ben', tokens.anna)), 401, "another user's token");
  t.is(await statusWith(basic('anna', '')), 401);
  t.is(await statusWith('Bearer wrong'), 401);
  t.is(await statusWith(`Bearer ${users[0]!.tokenHash}`), 401, 'the hash is no token');
  t.is(await statusWith('Digest username="anna"'), 401);
});

test('browsers get no Basic challenge, other programs do', async (t) => {
  const { url } = await testPublisher(t, publishConfig({ users }));
  const api = new URL('api/cameras', url);
  t.regex((await ask(api)).headers['www-authenticate'] ?? '', /^Basic /);
  const browser = await ask(api, { headers: { 'User-Agent': 'Mozilla/5.0' } });
  t.regex(browser.headers['www-authenticate'] ?? '', /^Bearer /);
});

test('only administrators change cameras and read metrics', async (t) => {
  const { url, cameras } = await testPublisher(t, publishConfig({ users }));
  const act = async (method: string, path: string, token: string, body?: object): Promise<number> =>
    (await ask(new URL(path, url), { method, ...bearer(token), ...(body && { body }) })).status;
  t.is(await act('POST', 'api/cameras/door/pause', tokens.ben), 403);
  t.is(await act('POST', 'api/cameras', tokens.ben, { id: 'barn', source: 'test:testsrc2' }), 403);
  t.is(await act('DELETE', 'api/cameras/door', tokens.ben), 403);
  t.is(await act('GET', 'metrics', tokens.ben), 403);
  t.deepEqual(cameras.deeds, []);

  t.is(await act('GET', 'metrics', tokens.root), 200);
  t.is(await act('POST', 'api/cameras', tokens.root, { id: 'barn', source: 'test:testsrc2' }), 201);
  t.is(await act('POST', 'api/cameras/barn/pause', tokens.root), 200);
  t.is(await act('POST', 'api/cameras/barn/resume', tokens.root), 200);
  t.is(await act('DELETE', 'api/cameras/barn', tokens.root), 204);
  t.is(await act('DELETE', 'api/cameras/barn', tokens.root), 404);
  t.deepEqual(cameras.deeds, ['add barn test:testsrc2', 'pause barn', 'resume barn', 'remove barn']);
});

test('administrators read and set the masks of a camera; faults are named', async (t) => {
  const { url, cameras } = await testPublisher(t, publishConfig({ users }));
  const path = new URL('api/cameras/door/masks', url);
  const put = (token: string, body: object): ReturnType<typeof ask> =>
    ask(path, { method: 'PUT', ...bearer(token), body });
  const masks = [{ x: 0.1, y: 0.2, width: 0.3, height: 0.4 }];
  t.is((await put(tokens.ben, { masks })).status, 403);
  t.is((await ask(path, bearer(tokens.ben))).status, 403);
  t.deepEqual((await ask(path, bearer(tokens.root))).json(), { masks: [] });
  t.is((await put(tokens.root, { masks })).status, 200);
  t.deepEqual((await ask(path, bearer(tokens.root))).json(), { masks });
  const { status, text } = await put(tokens.root, { masks: [{ x: 2, y: 0, width: 1, height: 1 }] });
  t.is(status, 400);
  t.regex(text, /masks/);
  t.deepEqual(cameras.deeds, ['mask door 1']);
});

test('administrators read and set how colourful a camera is; faults are named', async (t) => {
  const { url, cameras } = await testPublisher(t, publishConfig({ users }));
  const path = new URL('api/cameras/door/liveliness', url);
  const put = (token: string, liveliness: number): ReturnType<typeof ask> =>
    ask(path, { method: 'PUT', ...bearer(token), body: { liveliness } });
  t.is((await put(tokens.ben, 0.5)).status, 403);
  t.deepEqual((await ask(path, bearer(tokens.root))).json(), { liveliness: 1 });
  t.is((await put(tokens.root, 0.5)).status, 200);
  t.deepEqual((await ask(path, bearer(tokens.root))).json(), { liveliness: 0.5 });
  const { status, text } = await put(tokens.root, 3);
  t.is(status, 400);
  t.regex(text, /liveliness/);
  t.deepEqual(cameras.deeds, ['liveliness door 0.5']);
});

test('a camera with faults is refused with a list of all of them, and so is a second camera with the same id', async (t) => {
  const { url } = await testPublisher(t, publishConfig({ users }));
  const add = (body: string | object): ReturnType<typeof ask> =>
    ask(new URL('api/cameras', url), { method: 'POST', ...bearer(tokens.root), body });
  const faulty = await add({ id: 'barn' });
  t.is(faulty.status, 400);
  t.deepEqual(faulty.json(), {
    code: 'USAGE',
    message: 'cameras.barn.source: expected a text but got nothing',
  });
  t.is((await add({ id: 'Barn!', source: 'x' })).status, 400);
  t.is((await add('{')).status, 400);
  t.is((await add({ id: 'door', source: 'x' })).status, 409);
});

test('a camera whose model does not exist is refused with 400', async (t) => {
  const cameras = new FedDirectory();
  cameras.add = () => Promise.reject(new AppError('MODEL_INVALID', 'there is no model "trnuk"'));
  const { url } = await testPublisher(t, publishConfig({ users }), { cameras });
  const body = { id: 'barn', source: 'test:testsrc2', model: 'trnuk' };
  const { status, json } = await ask(new URL('api/cameras', url), {
    method: 'POST',
    ...bearer(tokens.root),
    body,
  });
  t.is(status, 400);
  t.deepEqual(json(), { code: 'MODEL_INVALID', message: 'there is no model "trnuk"' });
});

test('without users everybody on this machine sees all and may read metrics, but changes nothing', async (t) => {
  const { url, cameras } = await testPublisher(t);
  const body = { id: 'barn', source: 'rtsp://192.0.2.1/1' };
  for (const [method, path] of [
    ['POST', 'api/cameras'],
    ['POST', 'api/cameras/door/pause'],
    ['POST', 'api/cameras/door/resume'],
    ['DELETE', 'api/cameras/door'],
    ['PUT', 'api/cameras/door/masks'],
    ['PUT', 'api/cameras/door/liveliness'],
  ] as const) {
    const { status, text } = await ask(new URL(path, url), { method, ...(method === 'POST' && { body }) });
    t.is(status, 403, path);
    t.regex(text, /without users in the config the API changes nothing/);
  }
  t.deepEqual(cameras.deeds, []);
  t.is((await ask(new URL('metrics', url))).status, 200);
  using socket = new DashboardSocket(url);
  await socket.isGreeted();
  t.deepEqual(socket.cameras, ['door', 'yard']);
  t.like(socket.texts[0], { type: 'hello', isAdmin: false });
});
