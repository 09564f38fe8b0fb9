/** The page's style: the colours of the report of a night, light where the reader prefers it. */
export const styleSheet = `
:root {
  color-scheme: dark;
  --ground: #090d16; --panel: #111827; --raised: #1a2335; --edge: #243048; --strong: #33425f;
  --text: #e8eef8; --quiet: #9aa8c0; --accent: #7cc4ff; --bad: #ff7b7b;
  --c0: #5ba9ff; --c1: #ff9f5a; --c2: #46d39a; --c3: #d696ff; --c4: #f7c856; --c5: #ff7b9b;
  --heat: 91 169 255;
}
@media (prefers-color-scheme: light) {
  :root {
    color-scheme: light;
    --ground: #f2f4f9; --panel: #ffffff; --raised: #f0f3f9; --edge: #dde3ee; --strong: #b9c4d8;
    --text: #131b2b; --quiet: #56637a; --accent: #0b62c4; --bad: #c2272d;
    --c0: #1a62c9; --c1: #c25a10; --c2: #0e7d50; --c3: #8a3fc0; --c4: #8a5b00; --c5: #b8245a;
    --heat: 26 98 201;
  }
}
* { box-sizing: border-box; }
body {
  margin: 0 auto; max-width: 1360px; padding: 0 clamp(12px, 2.2vw, 36px) 48px;
  background: var(--ground); color: var(--text);
  font: 15px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif;
  font-variant-numeric: tabular-nums;
}
h1, h2, h3, p, figure { margin: 0; }
h1 { font-size: clamp(1.3rem, 2.4vw, 1.8rem); line-height: 1.2; letter-spacing: -0.015em; overflow-wrap: anywhere; }
h2 { font-size: 1.08rem; margin: 28px 0 0; }
h3 { font-size: 0.95rem; font-weight: 600; }
header { padding: 26px 0 4px; }
.quiet { color: var(--quiet); font-size: 0.9rem; }
.panel { background: var(--panel); border: 1px solid var(--edge); border-radius: 14px; padding: 16px 18px; min-width: 0; }
.cards { display: grid; grid-template-columns: repeat(auto-fit, minmax(150px, 1fr)); gap: 12px; margin-top: 16px; }
.cards p:first-child { font-size: 0.78rem; font-weight: 600; text-transform: uppercase; letter-spacing: 0.06em; color: var(--quiet); }
.cards .value { font-size: 1.4rem; line-height: 1.4; white-space: nowrap; }
.wide { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 480px), 1fr)); gap: 14px; margin-top: 14px; }
.three { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 330px), 1fr)); gap: 14px; margin-top: 14px; align-items: start; }
figcaption { display: flex; flex-wrap: wrap; gap: 2px 16px; align-items: baseline; margin-bottom: 8px; }
.square figcaption { min-height: 5.2em; align-content: start; }
.key { display: flex; flex-wrap: wrap; gap: 0 14px; font-size: 0.85rem; color: var(--quiet); }
.key i { display: inline-block; width: 14px; height: 3px; border-radius: 2px; margin-right: 6px; vertical-align: middle; background: currentColor; }
svg { display: block; width: 100%; height: auto; }
svg text { fill: var(--quiet); font-size: 11px; }
svg .label { font-size: 12px; }
.middle { text-anchor: middle; } .end { text-anchor: end; }
.grid { stroke: var(--edge); } .axis, line.tick { stroke: var(--strong); }
.diagonal { stroke: var(--quiet); stroke-dasharray: 5 5; }
line.mark { stroke: var(--c4); stroke-dasharray: 3 4; }
.curve { fill: none; stroke: currentColor; stroke-width: 2; stroke-linejoin: round; }
.curve.faint { stroke-width: 1; opacity: 0.35; }
circle { fill: currentColor; }
.c0 { color: var(--c0); } .c1 { color: var(--c1); } .c2 { color: var(--c2); }
.c3 { color: var(--c3); } .c4 { color: var(--c4); } .c5 { color: var(--c5); }
.scroll { overflow-x: auto; }
.scroll + p { margin-top: 10px; }
table { border-collapse: collapse; width: 100%; }
th, td { padding: 7px 10px; text-align: right; white-space: nowrap; }
th { font-weight: 600; font-size: 0.85rem; color: var(--quiet); }
th:first-child { text-align: left; }
tbody tr { border-top: 1px solid var(--edge); }
.matrix td { text-align: center; border: 2px solid var(--panel); border-radius: 8px; background: rgb(var(--heat) / calc(0.04 + 0.66 * var(--share))); }
.matrix td small { display: block; font-size: 0.78rem; opacity: 0.85; }
.matrix thead th { text-align: center; }
.problems { border-color: var(--bad); margin-top: 16px; }
.problems ul { margin: 6px 0 0; padding-left: 20px; }
.empty { padding: 40px 0; text-align: center; }
footer { margin-top: 28px; color: var(--quiet); font-size: 0.85rem; }
@media print { body { background: none; } .panel { break-inside: avoid; } }
`
