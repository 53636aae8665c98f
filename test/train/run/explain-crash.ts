import test from 'ava';
import { AppError } from '../../../src/errors.ts';
import { explainCrash } from '../../../src/train/run/explain-crash.ts';

test('an abort of WebAssembly becomes an error with a cure', (t) => {
  const abort = new Error('Aborted(OOM). Build with -sASSERTIONS for more info.');
  const explained = explainCrash(abort) as AppError;
  t.is(explained.code, 'DEVICE_UNAVAILABLE');
  t.regex(explained.message, /most likely because memory ran out \(Aborted\(OOM\)/);
  t.regex(explained.cure ?? '', /smaller --batch-size/);
});

test('other errors stay as they are', (t) => {
  const other = new TypeError('expected one view or more');
  t.is(explainCrash(other), other);
  const ours = new AppError('USAGE', 'Aborted(no)');
  t.is(explainCrash(ours), ours);
});
