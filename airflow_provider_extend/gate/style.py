"""The style sheet of the report's page: light and dark, screen and paper, wide and narrow."""

STYLE = """
:root {
  color-scheme: light dark;
  --page: #ffffff; --text: #1b1f24; --muted: #59636e; --rule: #d8dee4; --soft: #f4f6f8;
  --PASS: #0a7a5a; --WARN: #9a5b00; --INCONCLUSIVE: #2a63c4; --FAIL: #c0311a; --ERROR: #8a1f76;
  --PASS-bar: #74c7ab; --WARN-bar: #eebb62; --INCONCLUSIVE-bar: #94b8f0; --FAIL-bar: #f09c84; --ERROR-bar: #d9a0cf;
}
@media (prefers-color-scheme: dark) {
  :root {
    --page: #12161b; --text: #e8ecf1; --muted: #9da7b3; --rule: #333c46; --soft: #1b2128;
    --PASS: #58c9a3; --WARN: #efb354; --INCONCLUSIVE: #86b2ff; --FAIL: #ff8d75; --ERROR: #e59ad6;
    --PASS-bar: #1f7a5e; --WARN-bar: #8f5f10; --INCONCLUSIVE-bar: #2f5ba6; --FAIL-bar: #a03c28; --ERROR-bar: #7d3470;
  }
}
@page { margin: 14mm; }
@media print {
  :root {
    color-scheme: light;
    --page: #fff; --text: #000; --muted: #444; --rule: #bbb; --soft: #fff;
    --PASS: #04543d; --WARN: #6e4100; --INCONCLUSIVE: #173f86; --FAIL: #8f1d0b; --ERROR: #640f54;
    --PASS-bar: #9fd9c5; --WARN-bar: #f2d09a; --INCONCLUSIVE-bar: #bcd3f5; --FAIL-bar: #f5bfb0; --ERROR-bar: #e5c3de;
  }
  tr, .verdict, li { break-inside: avoid; }
  thead { display: table-header-group; }
  a { text-decoration: none; }
}
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 74rem; padding: 1.5rem 1.25rem 3rem; background: var(--page); color: var(--text);
  font: 15px/1.45 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif; }
h1, h2, p, dl, ul { margin: 0; }
h2 { font-size: 1.05rem; margin: 2rem 0 .5rem; }
code, .name { font-family: ui-monospace, SFMono-Regular, Menlo, Consolas, "DejaVu Sans Mono", monospace;
  font-size: .92em; }
.muted { color: var(--muted); }
.small { font-size: .87rem; }
.defs { position: absolute; }
.verdict { display: flex; gap: 1rem; align-items: center; padding: 1rem 1.25rem; border: 2px solid; border-radius: 8px;
  background: var(--soft); }
.verdict .sign { width: 48px; height: 48px; flex: none; }
.verdict h1 { font-size: 1.7rem; line-height: 1.15; letter-spacing: .01em; }
.verdict p { color: var(--text); }
.PASS { --ink: var(--PASS); --bar: var(--PASS-bar); } .WARN { --ink: var(--WARN); --bar: var(--WARN-bar); }
.INCONCLUSIVE { --ink: var(--INCONCLUSIVE); --bar: var(--INCONCLUSIVE-bar); }
.FAIL { --ink: var(--FAIL); --bar: var(--FAIL-bar); } .ERROR { --ink: var(--ERROR); --bar: var(--ERROR-bar); }
.verdict, .chip { color: var(--ink); border-color: var(--ink); }
.sign { fill: var(--ink); stroke: var(--page); stroke-width: 2; stroke-linecap: round; stroke-linejoin: round; }
symbol path { fill: none; } symbol .body { fill: inherit; stroke: none; }
.tally { display: flex; flex-wrap: wrap; gap: .4rem 1.2rem; list-style: none; padding: 0; margin: .8rem 0 0; }
.tally li, .chip { display: flex; gap: .4rem; align-items: center; }
.chip { font-weight: 700; font-size: .82rem; white-space: nowrap; }
.chip .sign { width: 17px; height: 17px; flex: none; }
.key { display: flex; flex-wrap: wrap; gap: .3rem 1.4rem; padding: 0; list-style: none; }
.key li { display: flex; align-items: center; gap: .45rem; } .key svg { overflow: visible; flex: none; }
dl { display: grid; grid-template-columns: repeat(auto-fill, minmax(14rem, 1fr)); gap: .55rem 1.5rem;
  margin-top: 1.1rem; }
dt { color: var(--muted); font-size: .8rem; } dd { margin: 0; overflow-wrap: anywhere; }
table { border-collapse: collapse; width: 100%; table-layout: fixed; }
th { text-align: left; color: var(--muted); font-size: .8rem; font-weight: 600; padding: .3rem .6rem; }
td { border-top: 1px solid var(--rule); padding: .5rem .6rem .35rem; vertical-align: top; overflow-wrap: anywhere; }
.lines th:nth-child(1) { width: 10rem; } .lines th:nth-child(3) { width: 34%; } .lines th:nth-child(4) { width: 11rem; }
.lines td:nth-child(3) { padding-left: 1rem; padding-right: 1rem; }
.name b { font-weight: 700; } .measured { font-weight: 600; font-size: 1.02rem; }
.why { margin-top: .2rem; }
.bar { display: block; width: 100%; overflow: visible; }
.bar text { fill: var(--muted); font-size: 10px; }
.track { stroke: var(--rule); stroke-width: 2; } .hatch { stroke: var(--muted); stroke-width: 1.5; opacity: .55; }
.interval { fill: var(--bar); stroke: var(--ink); stroke-width: 1; } .cap { stroke: var(--ink); stroke-width: 2; }
.target { stroke: var(--text); stroke-width: 2; } .flag { fill: var(--text); }
.floor { stroke: var(--text); stroke-width: 1.5; stroke-dasharray: 3 2; }
.baseline { fill: var(--page); stroke: var(--text); stroke-width: 1.8; }
.value { fill: var(--text); stroke: var(--page); stroke-width: 1.5; }
summary { cursor: pointer; padding: .5rem .6rem; border-top: 1px solid var(--rule); }
@media (max-width: 46rem) {
  dl { grid-template-columns: 1fr 1fr; }
  body { padding: .8rem .7rem 2rem; }
  .lines thead { display: none; } .lines, .lines tbody, .lines tr, .lines td { display: block; width: 100%; }
  .lines tr { border-top: 1px solid var(--rule); padding: .5rem 0; }
  .lines td { border: 0; padding: .12rem .3rem; } .lines td:nth-child(3) { padding: .5rem .6rem 0; }
}
@media print {
  html { font-size: 11px; }
  body { font-size: 8.5pt; max-width: none; padding: 0; }
}
"""
