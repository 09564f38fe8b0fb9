/** Colours, type, page frame, buttons. */
export const base = `
:root {
  color-scheme: dark;
  --ground: #090d16; --panel: #111827; --raised: #1a2335; --edge: #243048; --strong: #33425f;
  --text: #e8eef8; --quiet: #9aa8c0; --accent: #7cc4ff; --on-accent: #06121f;
  --keep: #46d39a; --mask: #5ba9ff; --review: #f7c856; --reject: #ff7b7b;
  --satellite: #4fd1ff; --airplane: #ff9f5a; --meteor: #c4f55a; --unknown: #d696ff;
  --covered: #ff6f6f; --dimmed: #f7c856; --shadow: 0 12px 32px #0008;
  --s0: #6f86ad; --s1: #b08cc9; --s2: #6fae9c; --s3: #c19a6b; --s4: #8ea55f; --s5: #c27f96;
}
@media (prefers-color-scheme: light) {
  :root {
    color-scheme: light;
    --ground: #f2f4f9; --panel: #ffffff; --raised: #f0f3f9; --edge: #dde3ee; --strong: #b9c4d8;
    --text: #131b2b; --quiet: #56637a; --accent: #0b62c4; --on-accent: #ffffff;
    --keep: #0e7d50; --mask: #1a62c9; --review: #8a5b00; --reject: #c2272d;
    --shadow: 0 12px 32px #20304a2e;
    --s0: #7f93b5; --s1: #a37fbd; --s2: #5d9c8a; --s3: #b58c5b; --s4: #82984f; --s5: #b8708a;
  }
}
* { box-sizing: border-box; }
html { scroll-behavior: smooth; scroll-padding-top: 5rem; }
body {
  margin: 0 auto; max-width: 1680px; padding: 0 clamp(12px, 2.2vw, 36px) 48px;
  background: var(--ground); color: var(--text);
  font: 15px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif;
  font-variant-numeric: tabular-nums;
}
h1, h2, h3, p { margin: 0; }
h1 { font-size: clamp(1.3rem, 2.4vw, 1.8rem); line-height: 1.2; letter-spacing: -0.015em; overflow-wrap: anywhere; }
h2 { font-size: 1.08rem; letter-spacing: -0.005em; }
h3 { font-size: 0.78rem; font-weight: 600; text-transform: uppercase; letter-spacing: 0.07em; color: var(--quiet); }
small { display: block; font-size: 0.8em; color: var(--quiet); font-weight: 400; }
.quiet { color: var(--quiet); font-size: 0.9rem; }
.unseen { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
[hidden] { display: none !important; }
.skip { position: absolute; left: 12px; top: -60px; z-index: 9; padding: 8px 14px; border-radius: 8px; background: var(--accent); color: var(--on-accent); }
.skip:focus { top: 12px; }
.panel { background: var(--panel); border: 1px solid var(--edge); border-radius: 14px; padding: 18px 20px; margin-top: 16px; }
.panel.flush { padding: 0; }
.notice { padding: 22px; text-align: center; color: var(--quiet); }
.empty { text-align: center; padding: 64px 20px; }
.empty h2 { font-size: 1.4rem; margin-bottom: 6px; }
button, select, input {
  font: inherit; color: inherit; background: var(--raised); border: 1px solid var(--edge);
  border-radius: 9px; padding: 6px 12px; min-height: 36px; max-width: 100%;
}
button, select { cursor: pointer; }
button:hover, select:hover { border-color: var(--strong); }
button.link { background: none; border: 0; padding: 0; min-height: 0; color: var(--accent); text-align: left; overflow-wrap: anywhere; }
button.link:hover { text-decoration: underline; }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
main:focus, section:focus { outline: none; }
kbd { font: 600 0.82em ui-monospace, Menlo, Consolas, monospace; background: var(--raised); border: 1px solid var(--strong); border-bottom-width: 2px; border-radius: 6px; padding: 1px 7px; white-space: nowrap; }
code { font: 0.92em ui-monospace, Menlo, Consolas, monospace; overflow-wrap: anywhere; }
.top { display: flex; justify-content: space-between; align-items: flex-start; gap: 16px; padding: 26px 0 8px; }
.brand { display: flex; gap: 16px; align-items: center; min-width: 0; }
.path { overflow-wrap: anywhere; }
.logo { width: 52px; height: 52px; flex: none; }
.logo circle { fill: #10203c; stroke: #33507f; stroke-width: 1.5; }
.logo .ray { stroke: #4fd1ff; stroke-width: 2; stroke-linecap: round; opacity: 0.85; }
.logo .star { fill: #ffe3a1; }
.switches { display: flex; gap: 8px; flex: none; }
.bar { display: flex; flex-wrap: wrap; gap: 10px 14px; align-items: center; }
.bar h2 { margin-right: auto; }
.mark { stroke: none; }
.mark.keep { fill: var(--keep); } .mark.mask { fill: var(--mask); } .mark.review { fill: var(--review); }
.mark.reject { fill: none; stroke: var(--reject); stroke-width: 2.4; stroke-linecap: round; }
.dot { width: 13px; height: 13px; flex: none; }
.pill { display: inline-flex; align-items: center; gap: 6px; font-weight: 600; white-space: nowrap; }
.pill.keep { color: var(--keep); } .pill.mask { color: var(--mask); }
.pill.review { color: var(--review); } .pill.reject { color: var(--reject); }
.swatch { display: inline-block; width: 18px; height: 10px; border: solid 2px; border-width: 2px 0; flex: none; }
.swatch.satellite { border-color: var(--satellite); } .swatch.airplane { border-color: var(--airplane); }
.swatch.meteor { border-color: var(--meteor); } .swatch.unknown { border-color: var(--unknown); }
.swatch.covered, .swatch.dimmed { border-width: 1px; opacity: 0.75; }
.swatch.covered { background: var(--covered); border-color: var(--covered); }
.swatch.dimmed { background: var(--dimmed); border-color: var(--dimmed); }
footer { margin-top: 28px; color: var(--quiet); font-size: 0.85rem; text-align: center; }
.failed ul { list-style: none; margin: 10px 0 0; padding: 0; }
.failed li { display: grid; grid-template-columns: minmax(180px, 2fr) 3fr; gap: 4px 20px; padding: 8px 0; border-top: 1px solid var(--edge); }
.failed li span { color: var(--quiet); overflow-wrap: anywhere; }
.failed h2::before { content: "⚠ "; color: var(--review); }
.legend summary { cursor: pointer; } .legend summary h2 { display: inline; margin-left: 4px; }
.legend .columns { display: grid; grid-template-columns: repeat(auto-fit, minmax(280px, 1fr)); gap: 22px 36px; margin-top: 16px; }
.legend p { margin-top: 8px; color: var(--quiet); font-size: 0.92rem; }
.meanings { margin: 8px 0 20px; display: grid; grid-template-columns: max-content 1fr; gap: 6px 16px; font-size: 0.92rem; }
.meanings dt { display: flex; align-items: center; gap: 7px; font-weight: 600; align-self: start; }
.meanings dd { margin: 0; color: var(--quiet); }
@media (max-width: 620px) {
  .failed li, .meanings { grid-template-columns: 1fr; }
  .meanings dd { margin-bottom: 6px; }
  .logo { display: none; }
}
@media (prefers-reduced-motion: reduce) { html { scroll-behavior: auto; } * { transition: none !important; } }
@media print {
  :root { color-scheme: light; --ground: #fff; --panel: #fff; --raised: #fff; --edge: #bbb; --strong: #888; --text: #000; --quiet: #444; --accent: #0b62c4; --keep: #0e7d50; --mask: #1a62c9; --review: #8a5b00; --reject: #c2272d; }
  body { max-width: none; padding: 0; font-size: 10pt; }
  .switches, .tools label, .tools button, #axis, .hover, dialog, .skip { display: none !important; }
  .panel { break-inside: avoid; } .panel.flush { break-inside: auto; } tr, figure { break-inside: avoid; }
}`
