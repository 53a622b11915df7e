// SPDX-License-Identifier: Apache-2.0
#include "apical/report/html/style.h"

#include <string>

namespace apical {

std::string_view palette_css() {
  return R"css(:root{color-scheme:light dark;--paper:#fff;--ink:#1b1d20;--soft:#5b6168;--faint:#e3e5e8;--wash:#f6f7f8;--rule:#1b1d20;
--p0:#0072B2;--p1:#D55E00;--p2:#009E73;--p3:#CC79A7;--p4:#E69F00;--p5:#56B4E9;--p6:#7A5195;
--v0:#440154;--v1:#472d7b;--v2:#3b528b;--v3:#2c728e;--v4:#21918c;--v5:#28ae80;--v6:#5ec962;--v7:#a2c93a;--v8:#c8b020;
--d0:none;--d1:8 3;--d2:2.5 2.5;--d3:9 3 2 3;--d4:5 2 1.5 2 1.5 2;--warn:#fff4e5;--warn-rule:#D55E00;
--link:#00568a;--serif:Charter,"Bitstream Charter","Source Serif 4","Iowan Old Style",Cambria,Georgia,"DejaVu Serif",serif;
--sans:"Helvetica Neue",Helvetica,Arial,"Liberation Sans","DejaVu Sans",sans-serif;
--mono:ui-monospace,Menlo,Consolas,"DejaVu Sans Mono",monospace}
)css";
}

std::string_view figure_css() {
  return R"css(svg text{font:12px var(--sans);fill:var(--ink)}
svg .axes text{fill:var(--soft);font-variant-numeric:tabular-nums}
svg .axes text.title{fill:var(--ink)}
svg .strong{font-weight:600}
.axis,.tick{fill:none;stroke:var(--soft);stroke-width:1}
svg path.grid{display:inline;fill:none;stroke:var(--faint);stroke-width:1}
.p0{--c:var(--p0)}.p1{--c:var(--p1)}.p2{--c:var(--p2)}.p3{--c:var(--p3)}.p4{--c:var(--p4)}.p5{--c:var(--p5)}.p6{--c:var(--p6)}
.v0{--c:var(--v0)}.v1{--c:var(--v1)}.v2{--c:var(--v2)}.v3{--c:var(--v3)}.v4{--c:var(--v4)}.v5{--c:var(--v5)}.v6{--c:var(--v6)}.v7{--c:var(--v7)}.v8{--c:var(--v8)}
.d0{--d:var(--d0)}.d1{--d:var(--d1)}.d2{--d:var(--d2)}.d3{--d:var(--d3)}.d4{--d:var(--d4)}
.principal{--c:var(--ink);--d:none;--w:2.4}
.series .seed path{fill:none;stroke:var(--c);stroke-width:.8;opacity:.38;stroke-linejoin:round;stroke-linecap:round}
.series.crowded .seed path{opacity:.2}
.series .seed .lost{opacity:1;stroke-width:1.8}
.series .band{fill:var(--c);opacity:.17}
.series .cut{fill:none;stroke:var(--c);stroke-width:1.3}
.series.crowded .band{opacity:.09}
.series .mean{fill:none;stroke:var(--c);stroke-width:var(--w,1.9);stroke-dasharray:var(--d);stroke-linejoin:round;stroke-linecap:butt}
.mk{fill:var(--c);stroke:var(--paper);stroke-width:.7}
.mk.open{fill:var(--paper);stroke:var(--c);stroke-width:1.6}
.leader{fill:none;stroke:var(--c);stroke-width:.7;opacity:.55}
.reference path{stroke:var(--soft);stroke-width:1;stroke-dasharray:1 3;fill:none}
.reference text{fill:var(--soft);font-style:italic;font-size:11px}
.dot{fill:var(--c);opacity:.55}
.raster .ground{fill:var(--wash)}
.raster .first{fill:none;stroke:var(--ink);stroke-width:1.3}
.raster .later{fill:none;stroke:var(--p1);stroke-width:1.6}
.zero{fill:none;stroke:var(--ink);stroke-width:1.2}
.on{fill:var(--ink);stroke:var(--paper);stroke-width:3;stroke-linejoin:round;paint-order:stroke}
.drive{fill:none;stroke:var(--p0);stroke-width:1.4}
.bar{fill:none;stroke:var(--c);stroke-width:1.8}
.centre{fill:var(--c)}
.figures{font-variant-numeric:tabular-nums}
[data-s]{transition:opacity .12s}
.dim{opacity:.13}
.area{fill:var(--wash);stroke:var(--faint)}
svg .area-name{font-weight:600;font-size:13px;paint-order:stroke;stroke:var(--wash);stroke-width:3px}
.forward{--c:var(--p0);--d:none}.feedback{--c:var(--p1);--d:8 3.5}.lateral{--c:var(--p2);--d:2.5 2.5}.teaching{--c:var(--p3);--d:9 3 2 3}
.neutral{--c:var(--soft);--d:none}
.edge path{fill:none;stroke:var(--c);stroke-width:1.3;stroke-dasharray:var(--d)}
.edge.plastic path{stroke-width:2.7}
.edge path.grip{stroke:transparent;stroke-width:9;stroke-dasharray:none}
.edge path.head{fill:var(--c);stroke:none}
.edge .times{fill:var(--paper);stroke:var(--c);stroke-width:1.5}
.edge path.cross{stroke-width:1.5;stroke-dasharray:none}
.soma{fill:var(--soft);stroke:var(--paper);stroke-width:1}
.soma.round{fill:var(--paper);stroke:var(--soft);stroke-width:2.6}
.dendrite{fill:none;stroke:var(--soft);stroke-width:1.8;stroke-linecap:round}
.dendrite.trunk{stroke-width:3.2}
.compartment{fill:var(--paper);stroke:var(--soft);stroke-width:1}
.outside{fill:var(--paper);stroke:var(--ink);stroke-width:1.2}
svg .part{font-size:10.5px}
svg .name{font-size:12px;font-weight:600;paint-order:stroke;stroke:var(--wash);stroke-width:3px;stroke-linejoin:round}
svg .size{font-size:11px;font-weight:400;fill:var(--soft);paint-order:stroke;stroke:var(--wash);stroke-width:3px}
svg .tag{font-size:10.5px;paint-order:stroke;stroke:var(--paper);stroke-width:3.5px;stroke-linejoin:round}
svg .legend text{font-size:11.5px}
)css";
}

namespace {

constexpr std::string_view kPage =
    R"css(@media screen and (prefers-color-scheme:dark){:root:not(.paper){--paper:#15171a;--ink:#e8e8e6;--soft:#a3a9b0;--faint:#33373c;--wash:#1d2024;
--rule:#c9cbcd;--p0:#5AB0E8;--p1:#F28A43;--p2:#35C79D;--p3:#E3A3C6;--p4:#F3B73B;--p5:#A8DBFA;--p6:#B99AD1;--v0:#b08ad6;--v1:#9a90e0;--v2:#7f9fe6;--v3:#5fb2dc;--v4:#46c3c2;--v5:#4fd0a0;--v6:#82db74;--v7:#bbe04f;--v8:#fde725;--warn:#33261a;--link:#7cc4f0}}
*{box-sizing:border-box}
html{background:var(--paper);color:var(--ink);font:16px/1.55 var(--serif);-webkit-text-size-adjust:100%}
body{max-width:1120px;margin:0 auto;padding:2.2rem 1.5rem 4rem}
h1{font-size:1.9rem;line-height:1.2;margin:.2rem 0 .9rem;font-weight:600;text-wrap:balance}
h2{font-size:1.2rem;margin:2.6rem 0 .7rem;padding-top:.55rem;border-top:1px solid var(--faint);font-weight:600}
h3{font:600 .95rem/1.4 var(--sans);margin:1.4rem 0 .3rem}
p,li,dd{max-width:46rem;overflow-wrap:anywhere}
.kicker{font:.78rem/1.4 var(--sans);letter-spacing:.06em;text-transform:uppercase;color:var(--soft);margin:0}
.lead{font-size:1.06rem}
a{color:var(--link)}
.warnings{border-left:4px solid var(--warn-rule);background:var(--warn);padding:.7rem 1.1rem;margin:1.2rem 0}
.warnings h2{border:0;margin:0 0 .3rem;padding:0;font-size:1.05rem}
.warnings ul{margin:.2rem 0;padding-left:1.2rem}
.clear{font:.85rem/1.5 var(--sans);color:var(--soft)}
.scroll{overflow-x:auto;margin:0 -.2rem;padding:0 .2rem}
img.pixels{image-rendering:pixelated;height:56px;background:#000;vertical-align:middle}
table{border-collapse:collapse;font:.85rem/1.45 var(--sans);font-variant-numeric:tabular-nums;border-top:1.5px solid var(--rule);
border-bottom:1.5px solid var(--rule);margin:.6rem 0 .4rem;width:100%}
th,td{padding:.45rem .9rem .45rem 0;text-align:left;vertical-align:top}
th:last-child,td:last-child{padding-right:0;min-width:9.5rem}
thead th{border-bottom:1px solid var(--rule);font-weight:600;vertical-align:bottom}
tbody tr+tr td,tbody tr+tr th{border-top:1px solid var(--faint)}
tbody th{font-weight:600;min-width:9rem}
td.n{white-space:nowrap}
td .b,thead .b{color:var(--soft);font-weight:400}
td .b{display:block}
td.answer{min-width:6.5rem}
td.key{white-space:nowrap;color:var(--soft)}
td.value{overflow-wrap:anywhere}
tr.ref th::after{content:" (reference)";font-weight:400;color:var(--soft)}
.tick-no{color:var(--soft)}
.note,figcaption,.notes{font:.82rem/1.5 var(--sans);color:var(--soft)}
figcaption{max-width:none;margin-top:.35rem}
figcaption b{color:var(--ink)}
figure{margin:1.1rem 0 1.6rem;break-inside:avoid}
.grid{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,430px),1fr));gap:.4rem 2rem;align-items:start}
.grid figure{max-width:640px}
details{margin:.5rem 0}
details.section{border-top:1px solid var(--faint);margin:1.4rem 0 0}
details.section>summary{display:flex;align-items:baseline;gap:.5rem;list-style:none}
details.section>summary::before{content:"\25B8";color:var(--soft)}
details.section[open]>summary::before{content:"\25BE"}
details.section>summary h2{border:0;margin:0;padding:.6rem 0;font-family:var(--serif)}
summary:focus-visible,button:focus-visible,.chart:focus-visible,.scroll:focus-visible{outline:2px solid var(--link);outline-offset:2px}
.chart,.tools,.keys,.said{display:none}
.live .tools,.live .keys{display:flex;flex-wrap:wrap;gap:.25rem .35rem;align-items:center}
.live .tools{justify-content:flex-end;margin-bottom:.35rem}.live .chart{display:block;touch-action:pan-y}
.tools button,.keys button,button.sort{font:.78rem/1.3 var(--sans);color:var(--ink);background:none;cursor:pointer;border:1px solid transparent;border-radius:3px}
.tools button{min-width:1.9rem;min-height:1.6rem;padding:.15rem .45rem;border-color:var(--faint)}
.tools button[aria-pressed=true]{background:var(--wash);border-color:var(--soft)}
.tools button:hover,.keys button:hover{border-color:var(--soft)}
.tools button:disabled{color:var(--soft);cursor:default}
.files{display:inline-flex;gap:.35rem;margin-left:.6rem}
.keys{max-height:11rem;overflow-y:auto;background:linear-gradient(var(--paper) 40%,transparent) 0 0/100% 2.4rem local,
linear-gradient(transparent,var(--paper) 60%) 0 100%/100% 2.4rem local,linear-gradient(var(--faint),transparent) 0 0/100% .6rem,
linear-gradient(transparent,var(--faint)) 0 100%/100% .6rem;background-repeat:no-repeat}
.keys button{display:inline-flex;gap:.35rem;align-items:center;min-height:1.6rem;padding:.1rem .35rem;text-align:left}
.keys button svg{width:26px;flex:none}
.keys button[aria-pressed=false]{color:var(--soft);text-decoration:line-through}
.keys button[aria-pressed=false] svg{opacity:.25}
button.sort{display:inline;padding:0;font:inherit;font-weight:600;text-align:left}
button.sort:hover{text-decoration:underline}
th[aria-sort=ascending] button.sort::after{content:" \2191"}th[aria-sort=descending] button.sort::after{content:" \2193"}
.live .said{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%);display:block;margin:0}
.chart svg{overflow:visible;display:block;--plot-background:var(--paper)}
.chart svg .chosen{fill:var(--link);fill-opacity:.15;stroke:var(--link)}
@media screen{.live .still{display:none}}
summary{font:.85rem/1.6 var(--sans);cursor:pointer}
pre{font:.78rem/1.5 var(--mono);background:var(--wash);padding:.9rem 1.1rem;overflow-x:auto;margin:.4rem 0}
ol.refs{padding-left:1.4rem;font-size:.93rem}
footer{margin-top:3rem;font:.78rem/1.5 var(--sans);color:var(--soft);border-top:1px solid var(--faint);padding-top:.6rem}
svg{display:block;width:100%;height:auto}
svg.circuit{margin:0 auto}
svg.dots{min-width:620px}
svg.raster{min-width:760px}
)css";

// Last, since they take back what figures ask for.
constexpr std::string_view kNarrowAndPrint =
    R"css(@media (max-width:600px){th:last-child,td:last-child{min-width:13rem}body{padding:1.2rem .9rem 3rem}h1{font-size:1.5rem}html{font-size:15px}}
@media print{.live .tools,.live .keys,.live .chart,.live .said{display:none}details::details-content{content-visibility:visible;height:auto}details.section>summary::before{content:none}button.sort{text-decoration:none}html{font-size:10.5pt}body{max-width:none;padding:0}h2{break-after:avoid}.scroll{overflow:visible}
svg.circuit,svg.dots,svg.raster{min-width:0!important}a{color:inherit}table{break-inside:auto}tr{break-inside:avoid}pre{white-space:pre-wrap}}
@page{margin:18mm 16mm}
)css";

}  // namespace

std::string_view report_css() {
  static const std::string all = "\n" + std::string(palette_css()) + std::string(kPage) +
                                 std::string(figure_css()) + std::string(kNarrowAndPrint);
  return all;
}

}  // namespace apical
