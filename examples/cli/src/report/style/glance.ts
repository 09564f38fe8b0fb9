/** The night at a glance and the curves. */
export const glance = `
.decisions { padding: 0; overflow: hidden; }
.share-bar { display: block; width: 100%; height: 10px; }
rect.keep { fill: var(--keep); } rect.mask { fill: var(--mask); } rect.review { fill: var(--review); } rect.reject { fill: var(--reject); }
.counts { display: grid; grid-template-columns: repeat(4, 1fr); }
.count {
  display: grid; grid-template-columns: auto 1fr; gap: 0 12px; align-items: center; text-align: left;
  background: none; border: 0; border-radius: 0; border-right: 1px solid var(--edge); padding: 16px 20px;
}
.count:last-child { border-right: 0; }
.count:focus-visible { outline-offset: -4px; }
.count:hover, .count[aria-pressed="true"] { background: var(--raised); }
.count[aria-pressed="true"] { box-shadow: inset 0 -3px var(--accent); }
.count .big { grid-row: span 2; font-size: 2.2rem; font-weight: 650; line-height: 1; letter-spacing: -0.03em; }
.count.keep .big { color: var(--keep); } .count.mask .big { color: var(--mask); }
.count.review .big { color: var(--review); } .count.reject .big { color: var(--reject); }
.count .what { display: flex; gap: 6px; align-items: center; font-weight: 600; line-height: 1.2; }
.count .share { color: var(--quiet); font-size: 0.85rem; line-height: 1.2; }
.cards { display: grid; grid-template-columns: repeat(auto-fit, minmax(170px, 1fr)); gap: 16px; margin-top: 16px; }
.card { background: var(--panel); border: 1px solid var(--edge); border-radius: 14px; padding: 14px 18px; min-width: 0; }
.card .label { color: var(--quiet); font-size: 0.84rem; }
.card .value { font-size: 1.32rem; font-weight: 620; letter-spacing: -0.015em; line-height: 1.4; }
.card .link { font-weight: 600; font-size: 1.02rem; line-height: 1.35; display: -webkit-box; -webkit-line-clamp: 2; -webkit-box-orient: vertical; overflow: hidden; }
.causes { display: grid; grid-template-columns: repeat(auto-fill, minmax(250px, 1fr)); gap: 4px 18px; margin: 10px -8px 0; }
.cause {
  display: grid; grid-template-columns: 8.2em 1fr 2.4em; gap: 10px; align-items: center; text-align: left;
  background: none; border-color: transparent; padding: 4px 8px; min-height: 34px;
}
.cause:hover, .cause[aria-pressed="true"] { background: var(--raised); }
.cause[aria-pressed="true"] { border-color: var(--accent); }
.cause svg { width: 100%; height: 6px; border-radius: 3px; overflow: hidden; }
.track { fill: var(--edge); } .fill { fill: var(--accent); }
.cause .number { text-align: right; font-weight: 600; }
.curves { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 430px), 1fr)); gap: 14px 24px; margin-top: 12px; min-width: 0; }
figure { margin: 0; min-width: 0; }
figcaption { font-weight: 600; font-size: 0.92rem; }
figcaption span { color: var(--quiet); font-weight: 400; font-size: 0.85em; margin-left: 4px; }
.chart { display: block; max-width: 100%; cursor: crosshair; touch-action: pan-y; }
.chart .tick { fill: var(--quiet); font-size: 11px; }
.chart .rule { stroke: var(--edge); stroke-width: 1; }
.chart .break { fill: none; stroke: var(--quiet); stroke-width: 1.2; }
.chart .line { fill: none; stroke-width: 1.4; opacity: 0.75; stroke-linejoin: round; }
.session-0 { stroke: var(--s0); } .session-1 { stroke: var(--s1); } .session-2 { stroke: var(--s2); }
.session-3 { stroke: var(--s3); } .session-4 { stroke: var(--s4); } .session-5 { stroke: var(--s5); }
.chart .mark { cursor: pointer; }
.chart .mark.faint { opacity: 0.16; }
.chart .mark.near { stroke: var(--text); stroke-width: 1.6; paint-order: stroke; }
.chart .mark.near.reject { stroke-width: 3.6; }
.chart .cursor { stroke: var(--strong); stroke-dasharray: 3 3; visibility: hidden; }
.pointed .cursor { visibility: visible; }
.key { display: flex; flex-wrap: wrap; gap: 4px 14px; color: var(--quiet); font-size: 0.88rem; }
.key span { display: inline-flex; gap: 5px; align-items: center; }
.hover {
  position: fixed; z-index: 5; max-width: min(360px, 90vw); pointer-events: none; display: grid; gap: 2px;
  background: var(--raised); border: 1px solid var(--strong); border-radius: 10px; padding: 9px 13px; box-shadow: var(--shadow); font-size: 0.88rem;
}
.hover strong { overflow-wrap: anywhere; }
.hover .thumb { width: 204px; height: 136px; margin-bottom: 4px; }
@media (max-width: 760px) {
  .counts { grid-template-columns: 1fr 1fr; }
  .count { padding: 12px 14px; border-bottom: 1px solid var(--edge); }
  .count:nth-child(2) { border-right: 0; }
  .count:nth-child(n + 3) { border-bottom: 0; }
  .cards { grid-template-columns: 1fr 1fr; gap: 10px; }
  .card { padding: 11px 14px; } .card:last-child:nth-child(odd) { grid-column: 1 / -1; }
}`
