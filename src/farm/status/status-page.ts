import { durationText } from '../../log/amount-text.ts';
import { countText } from '../../log/count-text.ts';
import { plainText } from '../../log/plain-text.ts';
import { escapeXml } from '../../stream/escape-xml.ts';
import type { FilmStatus, QueueStatus } from './queue-status.ts';

/** Seconds after which a browser loads the page again. */
const refreshS = 5;
/** Finished films on the page. */
export const shownFinished = 50;
/** Films that the page shows in each state. */
const shownFilms = 200;
const states = { active: 'being made', failed: 'parked', waiting: 'waiting', finished: 'finished' } as const;

/** The queue as a page. It needs no script; the colours are those of the dashboard's style sheet. */
export function statusPage({ films, counts, workers, fps, leftS, isPaused }: QueueStatus): string {
  const speed = counts.active === 0 ? '' : `, ${fps.toFixed(1)} fps, ${durationText(leftS)} left`;
  const summary = `${isPaused ? 'paused: ' : ''}${counts.active} being made, ${counts.waiting} waiting, ${counts.failed} parked, ${counts.finished} finished, ${countText(workers.length, 'worker')}${speed}`;
  const rows = (Object.keys(states) as (keyof typeof states)[]).flatMap((state) =>
    films.filter((film) => film.state === state).slice(0, shownFilms),
  );
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<meta http-equiv="refresh" content="${refreshS}">
<title>Chromafeed: films</title>
<link rel="stylesheet" href="style.css">
<link rel="stylesheet" href="films.css">
</head>
<body>
<h1>Films</h1>
<p>${escapeXml(summary)}</p>
<table>
<thead><tr><th>Film</th><th>State</th><th>Done</th><th>fps</th><th>Worker</th><th>Error</th></tr></thead>
<tbody>
${rows.map(rowOf).join('\n')}
</tbody>
</table>
</body>
</html>
`;
}

function rowOf(film: FilmStatus): string {
  const { state, output, frames, totalFrames, fps, worker, failure, shortId, parts } = film;
  const done =
    totalFrames === undefined ? `${frames} frames` : `${Math.floor((100 * frames) / totalFrames)} %`;
  const inParts = parts === undefined ? '' : ` (${parts.finished} of ${parts.total} parts)`;
  const cells = [
    `${output} (${shortId})`,
    states[state],
    state === 'waiting' && parts === undefined ? '' : `${done}${inParts}`,
    state === 'active' ? fps.toFixed(1) : '',
    state === 'active' ? (worker ?? '') : '',
    failure ?? '',
  ];
  return `<tr class="${state}">${cells.map((cell) => `<td>${escapeXml(plainText(cell))}</td>`).join('')}</tr>`;
}
