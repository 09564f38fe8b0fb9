/** The full-size view and the help. */
export const viewer = `
dialog { color: var(--text); background: var(--panel); border: 1px solid var(--strong); border-radius: 16px; padding: 22px 26px; box-shadow: var(--shadow); }
dialog::backdrop { background: #03060ccc; }
#viewer:focus { outline: none; }
#help { max-width: min(760px, 94vw); }
#help .two { display: grid; grid-template-columns: repeat(auto-fit, minmax(250px, 1fr)); gap: 18px 36px; margin: 14px 0 18px; }
#help dl { display: grid; grid-template-columns: max-content 1fr; gap: 8px 14px; margin: 10px 0 0; }
#help dd { margin: 0; color: var(--quiet); }
#viewer { padding: 0; border: 0; border-radius: 0; width: 100vw; height: 100vh; height: 100dvh; max-width: none; max-height: none; background: #05080e; }
.viewer { display: grid; grid-template: minmax(0, 1fr) auto / minmax(0, 1fr) 370px; height: 100%; }
.stage { position: relative; overflow: hidden; touch-action: none; cursor: grab; background: #05080e; }
.stage:active { cursor: grabbing; }
.stage .picture { position: absolute; left: 0; top: 0; transform-origin: 0 0; background: #0b101b; }
.stage img { display: block; width: 100%; height: 100%; user-select: none; }
.stage .close img { image-rendering: pixelated; }
.stage .over { position: absolute; inset: 0; }
.stage .overlay { width: 100%; height: 100%; overflow: visible; }
.bare .over { display: none; }
.details { grid-row: span 2; overflow-y: auto; background: var(--panel); border-left: 1px solid var(--edge); padding: 20px 22px; }
.details:focus-visible { outline-offset: -3px; }
.details h2 { overflow-wrap: anywhere; line-height: 1.3; }
.details h3 { margin: 20px 0 8px; }
.decision { margin: 12px 0 4px; display: flex; gap: 12px; align-items: baseline; }
.decision .pill { font-size: 1.15rem; } .decision span:last-child { color: var(--quiet); }
.corrected { margin-top: 10px; padding-left: 11px; border-left: 3px solid var(--accent); color: var(--quiet); font-size: 0.92rem; }
.reasons, .trails { list-style: none; margin: 0; padding: 0; display: grid; gap: 10px; }
.reasons li { background: var(--raised); border-radius: 10px; padding: 10px 13px; font-size: 0.92rem; }
.reason { display: flex; justify-content: space-between; align-items: center; gap: 12px; }
.reason .score { color: var(--quiet); font-size: 0.86em; } rect.severity { fill: var(--review); }
.evidence { display: flex; flex-wrap: wrap; gap: 4px 6px; margin-top: 6px; }
.evidence span { background: var(--panel); border: 1px solid var(--edge); border-radius: 6px; padding: 0 7px; font-size: 0.86em; color: var(--quiet); }
.trails li { display: flex; gap: 11px; font-size: 0.92rem; } .trails .swatch { margin-top: 7px; }
.facts { display: grid; grid-template-columns: max-content 1fr; gap: 4px 18px; margin: 0; font-size: 0.92rem; }
.facts dt { color: var(--quiet); } .facts dd { margin: 0; overflow-wrap: anywhere; }
.zones { display: block; width: 100%; max-width: 252px; }
.zones rect { fill: var(--raised); } .zones rect.wider { fill: var(--review); } .zones text { fill: var(--text); font-size: 13px; }
.controls { display: flex; align-items: center; justify-content: center; flex-wrap: wrap; gap: 7px; padding: 9px 14px; background: var(--panel); border-top: 1px solid var(--edge); }
.controls button { min-width: 40px; }
#overlay[aria-pressed="true"] { border-color: var(--accent); color: var(--accent); }
.place { min-width: 4.6em; text-align: center; color: var(--quiet); font-size: 0.9rem; }
.space { width: 14px; }
@media (max-width: 860px) {
  .viewer { grid-template: minmax(0, 54fr) auto minmax(0, 46fr) / minmax(0, 1fr); }
  .details { grid-row: 3; border-left: 0; border-top: 1px solid var(--edge); padding: 14px 16px; }
  .zones { display: block; width: 100%; max-width: 252px; }
.zones rect { fill: var(--raised); } .zones rect.wider { fill: var(--review); } .zones text { fill: var(--text); font-size: 13px; }
.controls { grid-row: 2; padding: 7px 8px; } .space, #scale, [data-view="-"], [data-view="+"] { display: none; }
  .place { min-width: 3.6em; }
}`
