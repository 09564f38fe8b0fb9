/** The table of frames, which turns into cards on narrow screens, and the marks on pictures. */
export const table = `
#frames { margin-top: 26px; }
.tools { position: sticky; top: 0; z-index: 3; padding: 10px 0; background: var(--ground); }
.tools h2 { font-size: 1.2rem; }
.search input { width: min(290px, 60vw); }
.tools select { max-width: 240px; }
label.sort, button.sort { display: none; }
#reset { border-color: var(--accent); color: var(--accent); }
.tools + .panel { margin-top: 0; }
table { width: 100%; border-collapse: collapse; font-size: 0.92rem; }
thead th { position: sticky; top: 56px; z-index: 2; background: var(--panel); padding: 0; text-align: left; border-bottom: 1px solid var(--strong); }
thead th:first-child { border-top-left-radius: 14px; } thead th:last-child { border-top-right-radius: 14px; }
thead button { width: 100%; text-align: inherit; background: none; border: 0; border-radius: 0; padding: 11px 9px; font-weight: 600; font-size: 0.85rem; color: var(--quiet); white-space: nowrap; }
thead button:hover, thead [aria-sort] button { color: var(--text); }
.arrow { display: inline-block; width: 0.8em; margin-right: -0.8em; text-align: right; }
[aria-sort="ascending"] .arrow::after { content: "▴"; } [aria-sort="descending"] .arrow::after { content: "▾"; }
tbody td, tbody th { padding: 9px; border-top: 1px solid var(--edge); vertical-align: middle; text-align: left; }
tbody tr:first-child > * { border-top: 0; }
tbody tr { cursor: pointer; }
tbody tr:hover { background: var(--raised); }
tbody tr:focus-within { background: var(--raised); box-shadow: inset 3px 0 var(--accent); }
tbody .c-file { font-weight: 600; min-width: 150px; max-width: 340px; overflow-wrap: anywhere; line-height: 1.35; }
.c-time, .c-fwhm, .c-hfr, .c-eccentricity, .c-stars, .c-background, .c-transparency, .c-streaks { white-space: nowrap; }
.c-fwhm, .c-hfr, .c-eccentricity, .c-stars, .c-background, .c-transparency, .c-streaks { text-align: right !important; }
.timeless .c-time { display: none; }
.none { color: var(--quiet); }
tbody td.c-causes { display: table-cell; min-width: 130px; }
.tag { display: inline-block; background: var(--raised); border: 1px solid var(--edge); border-radius: 6px; padding: 0 7px; margin: 2px 4px 2px 0; font-size: 0.88em; white-space: nowrap; }
tr:hover .tag { border-color: var(--strong); }
.score { display: inline-flex; align-items: center; gap: 8px; }
.score svg { width: 40px; height: 4px; }
td.c-picture { width: 150px; }
.thumb {
  position: relative; display: block; width: 132px; height: 88px; padding: 0; overflow: hidden; background: #05080e;
  border-radius: 8px; border: 1px solid var(--edge); cursor: zoom-in;
}
.thumb:hover { border-color: var(--accent); }
.thumb img, .thumb .overlay { position: absolute; inset: 0; width: 100%; height: 100%; object-fit: contain; }
.thumb img:not([src]) { visibility: hidden; }
.blank { display: grid; place-items: center; width: 100%; height: 100%; color: #8291ab; font-size: 0.8rem; }
.overlay * { vector-effect: non-scaling-stroke; }
.overlay .trail { fill: none; stroke-width: 1.4; }
.overlay .trail path { fill: none; }
.overlay .ends { stroke-width: 2.4; }
.trail.satellite { stroke: var(--satellite); } .trail.airplane { stroke: var(--airplane); }
.trail.meteor { stroke: var(--meteor); } .trail.unknown { stroke: var(--unknown); }
.overlay .covered { fill: var(--covered); } .overlay .dimmed { fill: var(--dimmed); }
.overlay .cell { stroke: #000; stroke-opacity: 0.25; stroke-width: 0.6; }
.overlay .region { fill: none; stroke: var(--dimmed); stroke-width: 1.2; stroke-dasharray: 5 4; }
@media (max-width: 1240px) { .c-hfr, .c-background { display: none; } }
@media (max-width: 1120px) { .c-eccentricity, .c-time { display: none; } }
@media (max-width: 980px) {
  label.sort, button.sort { display: inline-block; }
  .tools { position: static; }
  table, tbody { display: block; } thead { display: none; }
  tbody tr { display: grid; grid-template-columns: 118px repeat(3, auto) 1fr; gap: 0 14px; padding: 12px; border-top: 1px solid var(--edge); }
  tbody tr:first-child { border-top: 0; }
  tbody tr > * { border: 0; padding: 0; min-width: 0 !important; }
  td.c-picture { grid-row: span 4; width: auto; } .thumb { width: 112px; height: 84px; }
  tbody .c-file { grid-column: 2 / -1; max-width: none; margin-bottom: 2px; }
  td.c-action { grid-column: 2 / -1; display: flex; gap: 10px; align-items: baseline; }
  td.c-score, td.c-hfr, td.c-eccentricity, td.c-background, td.c-time, td.c-streaks { display: none; }
  td.c-fwhm, td.c-stars, td.c-transparency { text-align: left !important; font-size: 0.88rem; }
  td.c-fwhm small, td.c-transparency small { display: none; }
  td.c-fwhm::before, td.c-stars::before, td.c-transparency::before { content: attr(data-label); display: block; color: var(--quiet); font-size: 0.76rem; }
  tbody td.c-causes { display: block; grid-column: 2 / -1; min-height: 1.6em; }
}
@media (min-width: 640px) and (max-width: 980px) {
  tbody { display: grid; grid-template-columns: 1fr 1fr; }
  tbody tr:nth-child(2) { border-top: 0; }
}
@media print { thead th { position: static; } .tools { position: static; } }`
