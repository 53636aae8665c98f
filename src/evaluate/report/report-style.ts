/** The style of the HTML report, for narrow and wide screens, light and dark. */
export const reportStyle = `
:root {
  --ground: #fff; --ink: #1b1d22; --faint: #5c6370; --line: #d8dbe2; --stripe: #f4f5f8; --accent: #9a4b00;
}
@media (prefers-color-scheme: dark) {
  :root {
    --ground: #15171c; --ink: #e7e9ee; --faint: #a3aab8; --line: #343944; --stripe: #1d2027; --accent: #ffb266;
  }
}
* { box-sizing: border-box; }
body {
  margin: 0 auto; max-width: 70rem; padding: 1rem clamp(0.75rem, 3vw, 2rem) 4rem;
  background: var(--ground); color: var(--ink); font: 1rem/1.5 system-ui, sans-serif;
}
h1 { font-size: 1.6rem; line-height: 1.2; }
h2 { font-size: 1.3rem; margin-top: 2.5rem; border-bottom: 1px solid var(--line); }
h3 { font-size: 1.1rem; margin: 2rem 0 0.5rem; }
h4 { font-size: 1rem; margin: 1.5rem 0 0.5rem; color: var(--faint); }
h1, figcaption { overflow-wrap: anywhere; }
.facts { color: var(--faint); font-size: 0.875rem; }
.warning { color: var(--accent); font-weight: 600; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; font-size: 0.9rem; font-variant-numeric: tabular-nums; }
th, td { padding: 0.25rem 0.75rem; text-align: right; border-bottom: 1px solid var(--line); white-space: nowrap; }
th:first-child { padding-left: 0.25rem; text-align: left; font-weight: 500; }
.note { color: var(--faint); text-align: left; }
thead th { color: var(--faint); font-weight: 500; }
tbody tr:nth-child(odd) { background: var(--stripe); }
@media (max-width: 36rem) {
  table { font-size: 0.8rem; }
  th, td { padding: 0.25rem 0.4rem; }
  .note { display: none; }
}
figure { margin: 0 0 1.25rem; }
.triple { display: grid; grid-template-columns: repeat(3, 1fr); gap: 0.25rem; max-width: 62rem; }
.triple img { display: block; width: 100%; height: auto; background: var(--stripe); }
.triple span { color: var(--faint); font-size: 0.75rem; }
figcaption { font-size: 0.875rem; }
figcaption b { color: var(--accent); font-weight: 600; }
summary { cursor: pointer; padding: 0.5rem 0; }
code { font-size: 0.875em; }
`;
