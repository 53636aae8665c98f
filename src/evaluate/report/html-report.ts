import { pickExamples } from './examples.ts';
import { exampleFigures } from './html-examples.ts';
import { html, type Html } from './html.ts';
import type { EvaluationReport } from './json-report.ts';
import type { EvaluationOutcome, ModelOutcome } from '../evaluation-outcome.ts';
import { reportStyle } from './report-style.ts';
import {
  comparisonTable,
  filesTable,
  kinds,
  lumaSentence,
  meansTable,
  filesText,
  type Kind,
  type TextTable,
} from './report-tables.ts';

/**
 * Writes an evaluation as one HTML page that needs nothing else: no script and no network. The pictures are inside.
 * @param outcome - has the pictures; it must not be disposed of yet
 * @param report - the same evaluation as plain data
 * @returns the file's text
 */
export async function htmlReport(outcome: EvaluationOutcome, report: EvaluationReport): Promise<string> {
  const models: Html[] = [];
  for (const model of outcome.models) models.push(await modelSection(model, outcome));
  const names = outcome.models.map(({ label }) => label).join(', ');
  const page = html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <meta
          http-equiv="Content-Security-Policy"
          content="default-src 'none'; img-src data:; style-src 'unsafe-inline'"
        />
        <title>Evaluation of ${names}</title>
        <style>
          ${{ markup: reportStyle }}
        </style>
      </head>
      <body>
        <h1>Evaluation of ${names}</h1>
        ${introduction(report)}${comparison(outcome)}${models}${failures(outcome)}
      </body>
    </html>`;
  return `${page.markup}\n`;
}

function introduction({ program, date, engine, device, settings, cpu, isComplete }: EvaluationReport): Html {
  const asked = Object.entries(settings)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `${name} ${String(value)}`)
    .join(', ');
  return html`<p>
      Colour photos and clips were made gray, coloured again, and compared with their true colours. The gray
      input is shown with every figure: it is often close to the truth, and never colourful.
    </p>
    <p class="facts">${program}, ${date}, engine ${engine}, device ${device}, ${cpu}. Settings: ${asked}.</p>
    ${isComplete ? html`` : html`<p class="warning">Not every file was evaluated.</p>`}`;
}

function comparison({ models }: EvaluationOutcome): Html {
  if (models.length < 2) return html``;
  const tables = kinds.flatMap((kind) => {
    const table = comparisonTable(models, kind);
    return table
      ? [html`<h3>${filesText(models[0]?.common[kind]?.files ?? 0, kind)}</h3>`, tableOf(table)]
      : [];
  });
  return html`<section>
    <h2>The models side by side</h2>
    ${tables}
  </section>`;
}

async function modelSection(model: ModelOutcome, outcome: EvaluationOutcome): Promise<Html> {
  const parts: Html[] = [];
  for (const kind of kinds) parts.push(await kindSection(model, kind, outcome));
  return html`<section>
    <h2>${model.label}</h2>
    <p class="facts">
      Model ${model.name}, version ${model.version}, weights ${model.weightsSha256.slice(0, 12)}.
    </p>
    ${parts}
  </section>`;
}

async function kindSection(model: ModelOutcome, kind: Kind, outcome: EvaluationOutcome): Promise<Html> {
  const summary = model.summary[kind];
  if (summary === null) return html``;
  const results = model.results.filter((result) => result.kind === (kind === 'photos' ? 'photo' : 'clip'));
  const byPsnr = await exampleFigures(pickExamples(results, 'psnrDb', 'higher'), outcome);
  const byDifference = await exampleFigures(pickExamples(results, 'ciede2000', 'lower'), outcome);
  return html`<h3>${filesText(summary.files, kind)}</h3>
    ${tableOf(meansTable(summary, kind))}
    <p class="facts">${lumaSentence(summary.lumaDifference, kind)}.</p>
    <h4>By PSNR</h4>
    ${byPsnr}
    <h4>By colour difference ΔE00</h4>
    ${byDifference}
    <details>
      <summary>Every file</summary>
      ${tableOf(filesTable(results, kind))}
    </details>`;
}

function failures({ failures: failed }: EvaluationOutcome): Html {
  if (failed.length === 0) return html``;
  const items = failed.map(({ code, message }) => html`<li><code>${code}</code> ${message}</li>`);
  return html`<section>
    <h2>Not evaluated</h2>
    <ul>
      ${items}
    </ul>
  </section>`;
}

function tableOf({ head, rows, notes }: TextTable): Html {
  const headCells = head.map((cell) => html`<th scope="col">${cell}</th>`);
  const lines = rows.map(([first = '', ...others], i) => {
    const cells = others.map((cell) => html`<td>${cell}</td>`);
    const note = notes?.[i];
    if (note !== undefined) cells.push(html`<td class="note">${note}</td>`);
    return html`<tr>
      <th scope="row">${first}</th>
      ${cells}
    </tr>`;
  });
  return html`<div class="scroll">
    <table>
      <thead>
        <tr>
          ${headCells}${notes ? html`<td class="note"></td>` : html``}
        </tr>
      </thead>
      <tbody>
        ${lines}
      </tbody>
    </table>
  </div>`;
}
