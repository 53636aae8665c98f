import test from 'ava';
import { hashToken } from '../../src/config/token-hash.ts';
import { faultsOf } from '../helpers/config-faults.ts';
import { runProgram } from '../helpers/program.ts';

test('the hash is the SHA-256 of the UTF-8 bytes', (t) => {
  // FIPS 180-2, appendix B.1
  t.is(hashToken('abc'), 'sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad');
  t.is(hashToken('é'), hashToken(Buffer.from([0xc3, 0xa9]).toString('utf8')));
});

test('a token has 256 random bits and is shown once, and its lines make a valid config', async (t) => {
  const { code, stdout, stderr } = await runProgram('token', 'anna', '--cameras', 'door, gate', '--admin');
  t.is(code, 0);
  t.is(stderr, '');
  const lines = stdout.split('\n');
  t.is(lines[0], 'token of anna, shown only once and stored nowhere:');
  const token = lines[1]?.trim() ?? '';
  t.is(Buffer.from(token, 'base64url').length, 32);
  t.is(stdout.split(token).length, 2);
  t.is(lines[3], 'for the config, under server: users:');
  const entry = lines.slice(4).join('\n');
  t.true(entry.includes(`tokenHash: ${hashToken(token)}`));
  const cameras = 'cameras: { door: { source: "test:testsrc" }, gate: { source: "test:testsrc" } }';
  t.deepEqual(faultsOf(`server:\n  host: 0.0.0.0\n  users:\n${entry}\n${cameras}\n`), []);
});

test('two tokens differ', async (t) => {
  const [a, b] = await Promise.all([runProgram('token', 'a', '--json'), runProgram('token', 'a', '--json')]);
  t.not(a.stdout, b.stdout);
});

test('for scripts a token is one JSON object', async (t) => {
  const { stdout } = await runProgram('token', 'bert', '--json');
  const { token, user } = JSON.parse(stdout) as { token: string; user: unknown };
  t.deepEqual(user, { name: 'bert', tokenHash: hashToken(token), cameras: ['*'], admin: false });
});

test('a name or an id that the config would refuse is refused', async (t) => {
  const { code, stdout, stderr } = await runProgram('token', 'anna b', '--cameras', 'Door');
  t.is(code, 2);
  t.is(stdout, '');
  t.is(
    stderr.split('\n')[0],
    'chromafeed: token: name: expected 1 to 64 of A-Z, a-z, 0-9, ".", "_" and "-" but got "anna b"; cameras[0]: expected the id of a camera or "*" but got "Door"',
  );
});
