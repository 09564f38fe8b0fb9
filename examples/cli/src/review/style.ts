/** The review's own style, after the report's: one window, nothing scrolls but the panel and the strip. */
export const reviewStyle = `
body.review { display: grid; grid-template: auto minmax(0, 1fr) / minmax(0, 1fr); height: 100vh; height: 100dvh; max-width: none; padding: 0; overflow: hidden; }
.head { display: flex; align-items: center; gap: 8px 16px; padding: 8px 14px; background: var(--panel); border-bottom: 1px solid var(--edge); }
.head h1 { font-size: 1.08rem; }
.progress { font-weight: 600; white-space: nowrap; }
progress { appearance: none; width: clamp(60px, 12vw, 180px); height: 6px; border: 0; border-radius: 3px; overflow: hidden; background: var(--edge); }
progress::-webkit-progress-bar { background: var(--edge); } progress::-webkit-progress-value { background: var(--accent); } progress::-moz-progress-bar { background: var(--accent); }
.status { flex: 1; min-width: 0; max-height: 2.9em; text-align: right; font-size: 0.9rem; line-height: 1.4; color: var(--quiet); overflow: hidden; text-overflow: ellipsis; }
.status.good { color: var(--keep); } .status.bad { color: var(--reject); font-weight: 600; }
.desk { display: grid; grid-template: minmax(0, 1fr) auto auto / minmax(0, 1fr) 380px; min-height: 0; }
.look { position: relative; min-height: 0; background: #05080e; }
.look .stage { height: 100%; cursor: zoom-in; }
.look .notice { position: absolute; inset: 40% 0 auto; color: #9aa8c0; }
.waiting .picture { opacity: 0.45; }
.blinking { position: absolute; left: 12px; top: 12px; padding: 4px 12px; border-radius: 8px; background: #f7c856; color: #1b1300; font-weight: 600; font-size: 0.9rem; pointer-events: none; }
.vacant .stage, .vacant .side, .vacant .controls { visibility: hidden; }
.side { grid-row: span 2; display: flex; flex-direction: column; min-height: 0; background: var(--panel); border-left: 1px solid var(--edge); }
.side .details { flex: 1; min-height: 0; border: 0; padding: 14px 18px 20px; }
.verdicts { display: grid; grid-template-columns: 1fr 1fr; gap: 7px; padding: 12px 14px 8px; }
.verdict { display: flex; align-items: center; gap: 9px; min-height: 42px; font-weight: 600; text-align: left; }
.verdict span { flex: 1; } .verdict .dot { width: 15px; height: 15px; }
.verdict[aria-pressed="true"] { border-style: dashed; border-color: currentColor; }
.verdict[aria-pressed="true"].said { border-style: solid; box-shadow: inset 0 0 0 1px currentColor; }
.verdict[aria-pressed="true"].keep { color: var(--keep); } .verdict[aria-pressed="true"].mask { color: var(--mask); }
.verdict[aria-pressed="true"].review { color: var(--review); } .verdict[aria-pressed="true"].reject { color: var(--reject); }
.chips { display: flex; flex-wrap: wrap; gap: 5px; padding: 0 14px 12px; border-bottom: 1px solid var(--edge); }
.chip { min-height: 28px; padding: 1px 9px; border-radius: 14px; font-size: 0.84rem; color: var(--quiet); }
.chip kbd { border: 0; background: none; padding: 0 5px 0 0; color: inherit; opacity: 0.7; }
.chip[aria-pressed="true"] { background: var(--accent); border-color: var(--accent); color: var(--on-accent); font-weight: 600; }
.desk .controls { grid-column: 1; }
#blink[aria-pressed="true"] { border-color: var(--review); color: var(--review); }
.strip { grid-column: 1 / -1; position: relative; display: flex; gap: 6px; overflow-x: auto; padding: 8px 10px; min-height: 106px; background: var(--ground); border-top: 1px solid var(--edge); scrollbar-width: thin; }
.shot { flex: none; width: 104px; min-height: 0; padding: 3px; border: 2px solid transparent; border-radius: 9px; background: none; }
.shot .thumb { width: 94px; height: 62px; cursor: pointer; border-radius: 6px; }
.shot[aria-current] { border-color: var(--accent); background: var(--raised); }
.shot .under { display: flex; align-items: center; gap: 4px; margin-top: 2px; font-size: 0.72rem; line-height: 1.3; }
.shot .dot { width: 10px; height: 10px; } .shot b { color: var(--accent); }
.shot i { flex: 1; min-width: 0; font-style: normal; color: var(--quiet); overflow: hidden; text-overflow: ellipsis; white-space: nowrap; direction: rtl; text-align: left; }
@media (max-width: 860px) {
  .desk { grid-template: minmax(0, 48fr) auto minmax(0, 52fr) auto / minmax(0, 1fr); }
  .side { grid-row: 3; border-left: 0; border-top: 1px solid var(--edge); overflow-y: auto; display: block; }
  .side .details { overflow: visible; }
  .verdicts { grid-template-columns: repeat(4, 1fr); } .verdict kbd { display: none; }
  .strip { min-height: 0; padding: 4px 6px; } .shot .under i { display: none; } .shot { width: 72px; } .shot .thumb { width: 62px; height: 42px; }
  .head { flex-wrap: wrap; } .head h1, progress { display: none; }
  .status { order: 1; flex: 1 0 100%; text-align: left; white-space: nowrap; } .status:empty { display: none; }
}
@media (max-width: 560px) { .verdict { padding: 4px; justify-content: center; } .verdict .dot { display: none; } .verdict span { flex: none; } .desk .controls button { min-width: 36px; padding: 4px 8px; } }`
