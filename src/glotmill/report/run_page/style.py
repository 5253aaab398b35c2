"""The style sheet of the report: light and dark, either direction of writing, readable without color."""

from typing import Final

STYLE: Final = """
:root { color-scheme: light dark; --ink: #1b1f24; --paper: #fff; --line: #8a919a; --soft: #eef1f4; --link: #0b57a4;
  --s0: #2f6db3; --s1: #c4622d; --s2: #7b5aa6; --s3: #4c8a3f; --bound: #b3123a;
  font-family: system-ui, "Noto Sans", sans-serif; line-height: 1.5 }
@media (prefers-color-scheme: dark) { :root { --ink: #e6e9ed; --paper: #14171b; --line: #7d858f; --soft: #22272e; --link: #8cc0ff;
  --s0: #6aa7ea; --s1: #eb9562; --s2: #b79be0; --s3: #86c377; --bound: #ff7d9a } }
body { color: var(--ink); background: var(--paper); max-width: 62rem; margin: 0 auto; padding: 0 1rem 4rem }
a { color: var(--link) } :focus-visible { outline: 3px solid var(--link); outline-offset: 2px }
.skip { position: absolute; inset-inline-start: -99rem } .skip:focus { position: static }
h1 { font-size: 1.7rem } h2 { border-top: 1px solid var(--line); padding-top: 1rem; margin-top: 2rem }
nav ul { display: flex; flex-wrap: wrap; gap: .2rem 1rem; list-style: none; padding: 0 }
.tiles { display: flex; flex-wrap: wrap; gap: .6rem } .tiles div { background: var(--soft); border-radius: 6px; padding: .5rem 1rem }
.tiles dt { font-size: .85rem } .tiles dd { margin: 0; font-size: 1.4rem; font-variant-numeric: tabular-nums }
figure { margin: 1rem 0 } figcaption { font-weight: 600 } svg { width: 100%; height: auto; max-width: 720px; font-size: 12px }
svg text { fill: var(--ink) } svg .l { text-anchor: end } svg .t { text-anchor: start } svg .b { fill: var(--bound); font-weight: 600 }
svg .axis { stroke: var(--line) } svg .bound { stroke: var(--bound); stroke-width: 2; stroke-dasharray: 5 3 }
svg rect { stroke: var(--paper); stroke-width: .5 } svg .s0 { fill: var(--s0) } svg .s1 { fill: var(--s1); stroke: var(--ink); stroke-dasharray: 3 2 }
svg .s2 { fill: var(--s2); stroke: var(--ink) } svg .s3 { fill: var(--s3); stroke: var(--ink); stroke-dasharray: 1 2 }
.scroll { overflow-x: auto; margin: .5rem 0 } table { border-collapse: collapse; font-size: .92rem }
caption { text-align: start; font-weight: 600; padding: .2rem 0 }
th, td { border: 1px solid var(--line); padding: .2rem .5rem; text-align: start; vertical-align: top; overflow-wrap: break-word }
thead th { background: var(--soft); overflow-wrap: normal } tbody th { font-weight: 400 } tbody th { min-width: 9rem } caption { white-space: nowrap } .n { text-align: end; font-variant-numeric: tabular-nums; white-space: nowrap }
details { margin: .4rem 0; border: 1px solid var(--line); border-radius: 6px; padding: .3rem .7rem } summary { cursor: pointer }
.example { border-inline-start: 4px solid var(--line); padding-inline-start: .8rem; margin: .8rem 0 } .example p { margin: .2rem 0; overflow-wrap: anywhere }
.text { white-space: pre-wrap; overflow-wrap: anywhere; font-size: 1.1rem; line-height: 1.7; text-align: start; unicode-bidi: isolate; background: var(--soft); padding: .4rem .7rem; border-radius: 4px; max-height: 20rem; overflow-y: auto }
.warnings li { margin: .3rem 0 }
@media print { details { border: 0 } nav { display: none } }
"""
