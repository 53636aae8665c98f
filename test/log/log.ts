import test from 'ava';
import { AppError } from '../../src/errors.ts';
import { createLogger, type Logger } from '../../src/log/log.ts';
import { Redactor } from '../../src/log/redact.ts';

test('every line is JSON with level, time and message', (t) => {
  const { log, lines } = collect();
  log.child({ camera: 'gate' }).warn({ attempt: 3 }, 'lost');
  const line = JSON.parse(lines[0] ?? '') as Record<string, unknown>;
  t.like(line, { level: 40, camera: 'gate', attempt: 3, msg: 'lost' });
  t.false(Number.isNaN(Date.parse(String(line['time']))));
});

test('messages, objects, keys, errors and their causes carry no credential', (t) => {
  const { log, lines } = collect('rtsp://admin:s3cr3t"pw@host/cam');
  const url = 'http://u:hunter22@h/?token=tok3n';
  log.info(url);
  log.info({ deep: [{ url }], [url]: 1, password: 'hunter22', token: 12_345_678 });
  log.error(
    new AppError('FFMPEG_FAILED', `could not open ${url}`, { cause: new Error(url), details: { url } }),
  );
  log.info('ffmpeg said s3cr3t"pw');
  const all = lines.join('');
  t.is(lines.length, 4);
  t.notRegex(all, /hunter22|tok3n|12345678|s3cr3t/);
  t.true(all.includes('http://***@h/?token=***'));
  for (const line of lines) t.notThrows(() => void JSON.parse(line));
});

test('a password of digits leaves times and numbers alone', (t) => {
  const { log, lines } = collect('rtsp://admin:1234@host/');
  log.info({ durationMs: 1234 }, 'password 1234');
  t.like(JSON.parse(lines[0] ?? ''), { durationMs: 1234, msg: 'password ***' });
});

test('readable lines are redacted too', (t) => {
  const { log, lines } = collect(undefined, true);
  log.info({ url: 'rtsp://a:hunter22@h/' }, 'lost');
  t.regex(lines.join(''), /INFO.*lost[^]*rtsp:\/\/\*\*\*@h\//);
});

test('lines below the level are not written', (t) => {
  const { log, lines } = collect();
  log.debug('nobody asked');
  t.deepEqual(lines, []);
});

function collect(source?: string, pretty = false): { log: Logger; lines: string[] } {
  const lines: string[] = [];
  const log = createLogger(
    { level: 'info', pretty },
    {
      redactor: new Redactor(source === undefined ? [] : [source]),
      destination: { write: (line: string) => lines.push(line) },
    },
  );
  return { log, lines };
}
