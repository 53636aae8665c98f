import test, { type ExecutionContext } from 'ava';
import { redact, Redactor } from '../../src/log/redact.ts';

const isRedacted = test.macro({
  exec: (t: ExecutionContext, before: string, after: string) => {
    t.is(redact(before), after);
  },
  title: (_: string | undefined, before = '') => `redacted: ${before}`,
});

test(isRedacted, 'rtsp://admin:pw@10.0.0.7:554/cam?x=1', 'rtsp://***@10.0.0.7:554/cam?x=1');
test(isRedacted, 'rtsp://admin:p@ss@host/cam', 'rtsp://***@host/cam');
test(isRedacted, 'rtsp://admin:p/a?s@host/cam', 'rtsp://***@host/cam');
test(isRedacted, 'https://token@host/', 'https://***@host/');
test(isRedacted, "Impossible to open 'rtsp://a:b@h/'", "Impossible to open 'rtsp://***@h/'");
test(isRedacted, 'two: rtsp://a:b@h/1 http://c:d@h/2', 'two: rtsp://***@h/1 http://***@h/2');
test(isRedacted, 'to=rtsp%3A%2F%2Fadmin%3Apw%40host%2Fcam', 'to=rtsp%3A%2F%2F***%40host%2Fcam');
test(isRedacted, 'http://h/v?user=me&password=pw&x=1', 'http://h/v?user=me&password=***&x=1');
test(isRedacted, 'http://h/v?PASSWD=a&Pwd=b&pass=c', 'http://h/v?PASSWD=***&Pwd=***&pass=***');
test(isRedacted, 'http://h/v?token=a&key=b&auth=c', 'http://h/v?token=***&key=***&auth=***');
test(
  isRedacted,
  'http://h/v?secret=a&sig=b&X-Amz-Signature=c',
  'http://h/v?secret=***&sig=***&X-Amz-Signature=***',
);
test(isRedacted, 'http://h/v?access_token=a&api_key=b', 'http://h/v?access_token=***&api_key=***');
test(isRedacted, 'http://h/v?p%61ssword=a', 'http://h/v?p%61ssword=***');
test(isRedacted, 'next=http%3A%2F%2Fh%2F%3Ftoken%3Dabc', 'next=http%3A%2F%2Fh%2F%3Ftoken%3D***');
test(isRedacted, 'url=http://h/?token=abc&x=1', 'url=http://h/?token=***&x=1');
test(isRedacted, 'Authorization: Basic dXNlcjpwdw==', 'Authorization: Basic ***');
test(isRedacted, 'authorization=Bearer abcdef123', 'authorization=*** ***');

const isKept = test.macro({
  exec: (t: ExecutionContext, text: string) => {
    t.is(redact(text), text);
  },
  title: (_: string | undefined, text = '') => `left as it is: ${text}`,
});

test(isKept, 'http://host:8080/img@2x.png');
test(isKept, 'rtsp://10.0.0.7:554/Streaming/Channels/101?transportmode=unicast');
test(isKept, 'WWW-Authenticate: Basic realm="cam"');
test(isKept, 'frame= 12 fps= 25');

test("a redactor hides a camera's secrets wherever they appear", (t) => {
  const redactor = new Redactor(['rtsp://admin:p%40ss%2Fword@host/cam?token=abc%2Bdef&x=plain']);
  const basic = Buffer.from('admin:p@ss/word').toString('base64');
  for (const secret of [
    ...['p%40ss%2Fword', 'p%40ss%2fword', 'p@ss/word', 'admin:p@ss/word', basic],
    ...['abc+def', 'abc%2Bdef', 'admin%3Ap%40ss%2Fword'],
  ]) {
    const said = redactor.redact(`before ${secret} after`);
    t.regex(said, /^before (?:admin:|admin%3A)?\*\*\* after$/, `${secret}: ${said}`);
  }
  t.is(redactor.redact('admin of host says plain'), 'admin of host says plain');
});

test('a short password is hidden as a word, not inside words', (t) => {
  const redactor = new Redactor(['rtsp://u:cam@host/']);
  t.is(redactor.redact('password "cam", %3Acam and camera'), 'password "***", %3A*** and camera');
});

test('a password with a slash, which no URL may have, is learnt anyway', (t) => {
  const redactor = new Redactor(['rtsp://admin:se/cr?et@host/']);
  t.is(redactor.redact('it said se/cr?et'), 'it said ***');
});

test('the secrets of one camera stay hidden when those of another are added', (t) => {
  const redactor = new Redactor(['rtsp://a:firstpw@h/']);
  redactor.learn('rtsp://a:secondpw@h/');
  t.is(redactor.redact('firstpw secondpw'), '*** ***');
});
