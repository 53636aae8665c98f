import test from 'ava';
import { ask } from '../../../../helpers/ask.ts';
import { publishConfig, testPublisher, tokens, users } from '../../../../helpers/publisher.ts';

test('the log has one line for each login, wrong token and change of a camera, with address and user', async (t) => {
  const { url, records } = await testPublisher(t, publishConfig({ users }));
  const root = { Authorization: `Bearer ${tokens.root}` };
  const post = (
    path: string,
    body?: object,
    headers: Record<string, string> = root,
  ): ReturnType<typeof ask> => ask(new URL(path, url), { method: 'POST', headers, ...(body && { body }) });
  await post('login', { user: 'anna', token: 'guess\u001b[31m' }, {});
  const login = await post('login', { user: 'anna', token: tokens.anna }, {});
  const Cookie = login.headers['set-cookie']?.[0]?.split(';')[0] ?? '';
  await post('logout', undefined, { Cookie, Origin: new URL(url).origin });
  await post('api/cameras', { id: 'barn', source: 'rtsp://192.0.2.1/1' });
  await post('api/cameras/barn/pause');
  await post('api/cameras/barn/resume');
  const masks = [{ x: 0, y: 0, width: 1, height: 0.5 }];
  await ask(new URL('api/cameras/barn/masks', url), { method: 'PUT', headers: root, body: { masks } });
  const body = { liveliness: 0.5 };
  await ask(new URL('api/cameras/barn/liveliness', url), { method: 'PUT', headers: root, body });
  await ask(new URL('api/cameras/barn', url), { method: 'DELETE', headers: root });
  const trail = records.filter(({ audit }) => audit !== undefined);
  t.deepEqual(
    trail.map(({ level, audit, user, camera }) => [level, audit, user, camera]),
    [
      ['info', 'wrong token', 'anna', undefined],
      ['info', 'signed in', 'anna', undefined],
      ['info', 'signed out', 'anna', undefined],
      ['info', 'camera added', 'root', 'barn'],
      ['info', 'camera paused', 'root', 'barn'],
      ['info', 'camera resumed', 'root', 'barn'],
      ['info', 'masks set', 'root', 'barn'],
      ['info', 'liveliness set', 'root', 'barn'],
      ['info', 'camera removed', 'root', 'barn'],
    ],
  );
  t.true(trail.every(({ address }) => address === '127.0.0.1'));
});
