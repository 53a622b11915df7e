// SPDX-License-Identifier: Apache-2.0
// What is drawn of each kind of figure. Means and intervals come with the data: nothing is computed here that
// the page's SVG could contradict.
import * as Plot from '@observablehq/plot';
import { number, textOf } from './numbers.js';

const colour = (s) => `var(--${s.colour})`;
const symbols = ['circle', 'square', 'triangle', 'diamond', 'star', 'wye', 'plus', 'hexagon'];
const symbolOf = (s) => symbols[s.symbol % symbols.length];
const shown = (list, figure) => list.map((s, id) => ({ s, id })).filter(({ id }) => !figure.hidden.has(id));
const dashOf = (s) => (s.dash === 'd0' ? undefined : `var(--${s.dash})`);
/** Where labels of ticks would touch, the later of two loses its own; the last one keeps it. */
function withRoom(ticks, range, log, pixels) {
  const of = log ? Math.log : (v) => v, [from, to] = range.map(of);
  const half = (v) => 3.4 * number(v).length + 3, at = (v) => ((of(v) - from) / (to - from)) * pixels;
  const kept = new Set();
  let taken = -Infinity;
  const sorted = [...ticks].sort((a, b) => a - b), last = sorted.at(-1);
  for (const v of sorted) {
    if (at(v) - half(v) < taken || (v !== last && at(v) + half(v) > at(last) - half(last))) continue;
    kept.add(v);
    taken = at(v) + half(v);
  }
  return kept;
}

/** As the page's SVG has it, until something else is asked for. */
function axis(spec, figure, name, margins = 72) {
  const zoom = figure.zoom?.[name], asDrawn = figure.log[name] === spec.log, pixels = figure.chart.clientWidth - margins;
  if (name === 'x' && asDrawn && !zoom) {
    const kept = withRoom(spec.ticks, spec.range, spec.log, pixels);
    return {
      label: spec.label, labelArrow: 'none', labelAnchor: 'center', type: spec.log ? 'log' : 'linear', domain: spec.range,
      ticks: spec.ticks, tickFormat: (v) => (kept.has(v) ? number(v) : ''),
    };
  }
  return {
    label: spec.label, labelArrow: 'none', labelAnchor: name === 'x' ? 'center' : undefined, type: figure.log[name] ? 'log' : 'linear', grid: name === 'y',
    tickFormat: number,
    ...(zoom ? { domain: zoom } : asDrawn ? { domain: spec.range } : { nice: true }),
    ...(zoom || !asDrawn ? { ticks: name === 'x' ? Math.min(8, Math.max(2, pixels / 70)) : 6 } : { ticks: spec.ticks }),
  };
}

/** Bands over at least three seeds: a point of fewer is a gap (NaN), over which no band is drawn. */
export function bandsOf(s) {
  return s.mean.filter((m) => m.low).flatMap((m, piece) => {
    const wide = m.n.map((n, i) => n >= 3 && m.low[i] !== null);
    return wide.some(Boolean) ? m.x.map((x, i) => ({ x, low: wide[i] ? m.low[i] : NaN, high: wide[i] ? m.high[i] : NaN, piece })) : [];
  });
}
/** What is shown of y: where a logarithm was asked for, from the least positive value on. */
function edgesOf(data, figure) {
  if (figure.zoom?.y) return figure.zoom.y;
  if (figure.log.y === data.y.log) return data.y.range;
  const known = data.series.flatMap((s) => s.seeds.flatMap((r) => r.y)).filter((v) => v !== null && (!figure.log.y || v > 0));
  return [Math.min(...known), figure.log.y ? Infinity : Math.max(...known)];
}
/** Where bands go on beyond the edges, so that no interval seems to end there: some places, at which edge, an arrow. */
export function cutMarks(bands, [from, to], figure) {
  const inside = bands.filter((p) => !figure.zoom?.x || (p.x >= figure.zoom.x[0] && p.x <= figure.zoom.x[1]));
  const some = (list) => list.filter((_, i) => i % Math.ceil(list.length / 12) === 0);
  const above = Number.isFinite(to) ? some(inside.filter((p) => p.high > to)) : [], below = some(inside.filter((p) => p.low < from));
  return [[above, to, '\u25b4', 4], [below, from, '\u25be', -4]].filter(([list]) => list.length > 0);
}
const kMostWithSeeds = 24; // as the page's SVG
const lines = {
  zooms: ['x', 'y'],
  canBeLog(data, name) {
    const values = data.series.flatMap((s) => s.seeds.flatMap((r) => (name === 'y' ? r.y : r.x ?? s.x)));
    const known = values.filter((v) => v !== null);
    // Within a decade or two a logarithm shows nothing that lengths do not; of angles and of time it says less.
    if (known.length === 0 || !known.every((v) => v > 0)) return false;
    return data[name].log || (!data[name].label.includes('°') && Math.max(...known) > (name === 'x' ? 1000 : 20) * Math.min(...known));
  },
  keys: (data) => data.series.map((s, id) => ({
    id, label: s.label, look: { colour: s.colour, dash: dashOf(s), symbol: s.principal ? null : symbolOf(s), strong: s.principal },
  })),
  points(data, figure) {
    return shown(data.series, figure).flatMap(({ s }) => s.mean.flatMap((m) => m.x.map((x, i) => ({
      x, y: m.mean[i],
      text: `${s.label}\n${data.x.label}: ${number(x)}\n${textOf(m.mean[i], m.low?.[i], m.high?.[i])}${m.n[i] > 1 ? `, ${m.n[i]} seeds` : ''}`,
    })))).concat(shown(data.series, figure).flatMap(({ s }) => (s.mean.length > 0 ? [] : s.seeds.flatMap((r) => r.y.map((y, i) => ({
      x: (r.x ?? s.x)[i], y, text: `${s.label}, seed ${r.seed}\n${number(y)}`,
    })).filter((p) => p.y !== null))))).filter((p) => within(p, figure)).sort((a, b) => a.x - b.x);
  },
  plot(data, figure) {
    const width = figure.chart.clientWidth;
    const clip = figure.zoom !== null; // otherwise all is inside, and markers at the edges are whole
    const crowded = data.series.length > 6, withSeeds = data.series.length <= kMostWithSeeds;
    const marks = [];
    if (data.reference && !(figure.log.y && data.reference.y <= 0)) {
      marks.push(Plot.ruleY([data.reference.y], { stroke: 'var(--soft)', strokeDasharray: '1 3', clip: true }));
      const top = !figure.log.y && data.reference.y > 0.9 * data.y.range[1]; // there is no room above it
      marks.push(Plot.text([data.reference], { y: 'y', text: 'label', frameAnchor: 'right', dy: top ? 9 : -7, fill: 'var(--soft)', fontStyle: 'italic', clip: true }));
    }
    const all = shown(data.series, figure);
    all.forEach(({ s, id }, place) => {
      const className = `of-${id}`;
      const bands = bandsOf(s);
      const edges = edgesOf(data, figure);
      // Of zero, and what is below, a logarithm has no place: the band goes down to the edge.
      const placed = figure.log.y ? bands.map((p) => ({ ...p, low: p.low > 0 || Number.isNaN(p.low) ? p.low : edges[0] })) : bands;
      if (withSeeds) marks.push(...cutMarks(bands, edges, figure).map(([list, y, text, dy]) => Plot.text(list, { x: 'x', y: () => y, text: () => text, dy, fill: colour(s), fontSize: 10, className })));
      if (placed.length && withSeeds) marks.push(Plot.areaY(placed, { x: 'x', y1: 'low', y2: 'high', z: 'piece', fill: colour(s), fillOpacity: crowded ? 0.09 : 0.17, clip: true, className }));
      const seeds = s.seeds.flatMap((r) => r.y.map((y, i) => ({ x: (r.x ?? s.x)[i], y: y ?? NaN, seed: r.seed })));
      if ((s.seeds.length > 1 && withSeeds) || s.mean.length === 0) {
        marks.push(Plot.line(seeds, { x: 'x', y: 'y', z: 'seed', stroke: colour(s), strokeWidth: 0.8, strokeOpacity: crowded ? 0.2 : 0.38, clip, className }));
      }
      const means = s.mean.flatMap((m, piece) => m.x.map((x, i) => ({ x, y: m.mean[i], piece })));
      marks.push(Plot.line(means, {
        x: 'x', y: 'y', z: 'piece', stroke: colour(s), strokeWidth: s.principal ? 2.4 : 1.9, strokeDasharray: dashOf(s), clip, className,
      }));
      // Markers stand at different places for different series, so that curves on top of each other stay apart.
      if (s.principal) return;
      const stride = Math.max(1, Math.floor(means.length / 6)), from = Math.floor((stride * (place + 1)) / (all.length + 1));
      const marked = means.length <= 8 ? means : means.filter((_, i) => i >= from && (i - from) % stride === 0);
      marks.push(Plot.dot(marked, { x: 'x', y: 'y', fill: colour(s), stroke: 'var(--paper)', strokeWidth: 0.7, symbol: symbolOf(s), r: 4, clip, className }));
    });
    return {
      height: Math.min(figure.data.large ? 460 : 340, Math.max(230, 0.62 * width)),
      marginLeft: 56, marginRight: 16, marginTop: 28, marginBottom: 42,
      x: axis(data.x, figure, 'x'), y: axis(data.y, figure, 'y'), marks,
    };
  },
};

const within = (p, { zoom }) => ['x', 'y'].every((n) => !zoom?.[n] || (p[n] >= zoom[n][0] && p[n] <= zoom[n][1]));

/** A row for each model or condition: its name above it, so that narrow windows show as much as wide ones. */
const dots = {
  zooms: ['x'],
  canBeLog: () => false,
  keys: (data) => {
    const groups = [...new Map(data.rows.filter((r) => r.group).map((r) => [r.group, r])).values()];
    return groups.map((r) => ({ id: r.group, label: r.group, look: { colour: r.colour, symbol: symbolOf(r) } }));
  },
  rows: (data, figure) => data.rows.map((row, i) => ({ ...row, i })).filter((r) => !figure.hidden.has(r.group)),
  points(data, figure) {
    return this.rows(data, figure).flatMap((r) => [
      ...r.seeds.filter(([, v]) => v !== null).map(([seed, value]) => ({ x: value, y: r.i, text: `${r.label}\nseed ${seed}: ${number(value)}` })),
      ...(r.mean === undefined ? [] : [{ x: r.mean, y: r.i, text: `${r.label}\nmean ${textOf(r.mean, r.low, r.high)}` }]),
    ]).filter((p) => !figure.zoom?.x || (p.x >= figure.zoom.x[0] && p.x <= figure.zoom.x[1]));
  },
  plot(data, figure) {
    const width = figure.chart.clientWidth, narrow = width < 620;
    const rows = this.rows(data, figure);
    const label = (r) => (r.group && r.short ? r.short : r.label);
    const longest = Math.max(...rows.map((r) => label(r).length), 0);
    const left = narrow ? 12 : Math.min(0.4 * width, 7 * longest + 24), right = narrow ? 12 : Math.max(...rows.map((r) => 6.6 * r.text.length), 0) + 24;
    const style = (r) => colour(r);
    const marks = [];
    if (data.zero) marks.push(Plot.ruleX([0], { stroke: 'var(--ink)', strokeWidth: 1.2, className: 'zero' }));
    const spread = rows.flatMap((r) => r.seeds.filter(([, v]) => v !== null).map(([, v], k) => ({ x: v, y: r.i, r, dy: (k % 3) - 1 })));
    for (const dy of [-1, 0, 1]) {
      marks.push(Plot.dot(spread.filter((p) => p.dy === dy), { x: 'x', y: 'y', dy: 8 + 4 * dy, r: 3.2, fill: (p) => style(p.r), fillOpacity: 0.55, clip: figure.zoom !== null }));
    }
    const means = rows.filter((r) => r.mean !== undefined);
    marks.push(Plot.link(means.filter((r) => r.low !== undefined && r.low !== null), { x1: 'low', x2: 'high', y1: 'i', y2: 'i', dy: -6, stroke: style, strokeWidth: 1.8, clip: true }));
    // An end that the axis does not reach is an arrow, so that no interval seems to end there.
    const [from, to] = figure.zoom?.x ?? data.x.range;
    const beyond = (ends, x, text, dx) => Plot.text(means.filter((r) => r.low != null && ends(r)), { x: () => x, y: 'i', text: () => text, dx, dy: -6, fill: style, fontSize: 11 });
    marks.push(beyond((r) => r.low < from, from, '\u25c2', 2), beyond((r) => r.high > to, to, '\u25b8', -2));
    marks.push(Plot.dot(means, { x: 'mean', y: 'i', dy: -6, symbol: 'diamond', r: 5, fill: style, clip: figure.zoom !== null }));
    if (narrow) {
      marks.push(Plot.text(rows, { y: 'i', text: (r) => `${label(r)}\n${r.text}`, frameAnchor: 'left', dy: -30, lineAnchor: 'middle', lineHeight: 1.3, stroke: 'var(--paper)', strokeWidth: 3, fill: 'currentColor', fontWeight: (r) => (r.principal ? 600 : 400), fontSize: 12 }));
    } else {
      marks.push(Plot.text(rows, { y: 'i', text: label, frameAnchor: 'left', textAnchor: 'end', dx: -10, fontSize: 12, lineWidth: Math.max(6, (left - 20) / 11), fontWeight: 400 }));
      marks.push(Plot.text(rows, { y: 'i', text: 'text', frameAnchor: 'right', textAnchor: 'start', dx: 12, fontSize: 12, fontVariant: 'tabular-nums' }));
    }
    return {
      height: 54 + rows.length * (narrow ? 72 : 38) + 20,
      marginLeft: left, marginRight: right, marginTop: narrow ? 40 : 10, marginBottom: 42,
      x: { ...axis(data.x, figure, 'x', left + right), grid: true, labelAnchor: 'center' },
      y: { type: 'point', domain: rows.map((r) => r.i), axis: null },
      marks,
    };
  },
};

/** Spikes over time, of populations below each other, and below them what drove the circuit. */
const kDrive = 14; // rows of neurons that a drive is as high as
const raster = {
  zooms: ['x'],
  canBeLog: () => false,
  keys: (data) => (data.panels.length < 2 ? [] : data.panels.map((p, id) => ({ id, label: p.label }))),
  /** Stretches far apart would each be a sliver of the axis: then the first is shown alone. */
  hiddenFirst(data) {
    const { panels } = data, seen = panels.reduce((sum, p) => sum + p.until - p.from, 0);
    return panels.length > 1 && seen < 0.7 * (panels.at(-1).until - panels[0].from) ? panels.map((_, i) => i).slice(1) : [];
  },
  panels: (data, figure) => data.panels.map((p, i) => ({ ...p, i })).filter(({ i }) => !figure.hidden.has(i)),
  points(data, figure) {
    const band = data.neurons + 2;
    return data.bands.flatMap((b, k) => this.panels(data, figure).flatMap(({ i }) => b.panels[i].s.map((s, j) => ({
      x: s, y: k * band + b.panels[i].neuron[j] + 0.5,
      text: `${b.label}, neuron ${b.panels[i].neuron[j]}\n${s} s\n${b.panels[i].later[j] ? 'later spike of a burst' : 'event'}`,
    })))).filter((p) => within(p, figure));
  },
  plot(data, figure) {
    const band = data.neurons + 2, panels = this.panels(data, figure), narrow = figure.chart.clientWidth < 620;
    const bottom = data.bands.length * band, rows = bottom + data.drives.length * (kDrive + 2);
    const spikes = (later) => data.bands.flatMap((b, k) => panels.flatMap(({ i }) => b.panels[i].s.flatMap((s, j) => {
      const y = k * band + b.panels[i].neuron[j] + 0.5, half = later ? 0.7 : 0.42;
      return Boolean(b.panels[i].later[j]) === later ? [{ x: s, y1: y - half, y2: y + half }] : [];
    })));
    const marks = [
      Plot.rect(data.bands.flatMap((_, k) => panels.map((p) => ({ ...p, y1: k * band, y2: k * band + data.neurons }))),
        { x1: 'from', x2: 'until', y1: 'y1', y2: 'y2', fill: 'var(--wash)', clip: true }),
      Plot.ruleX(spikes(false), { x: 'x', y1: 'y1', y2: 'y2', stroke: 'var(--ink)', strokeWidth: 1.3, clip: true }),
      Plot.ruleX(spikes(true), { x: 'x', y1: 'y1', y2: 'y2', stroke: 'var(--p1)', strokeWidth: 1.6, clip: true }),
      name(data.bands.map((b, k) => ({ y: narrow ? k * band - 1 : k * band + data.neurons / 2, text: b.label })), narrow, true),
      Plot.text(panels, { x: (p) => (p.from + p.until) / 2, text: 'label', frameAnchor: 'top', dy: -16, clip: false }),
    ];
    data.drives.forEach((d, k) => {
      const values = panels.flatMap(({ i }) => d.panels[i].value);
      const low = Math.min(0, ...values), high = Math.max(0, ...values), top = bottom + k * (kDrive + 2) + 2;
      const y = (v) => top + (kDrive - 2) * (1 - (v - low) / (high - low || 1));
      const points = panels.flatMap(({ i }) => d.panels[i].s.map((s, j) => ({ x: s, y: y(d.panels[i].value[j]), i })));
      marks.push(Plot.line(points, { x: 'x', y: 'y', z: 'i', stroke: 'var(--p0)', strokeWidth: 1.4, clip: true }),
        name([{ y: narrow ? top - 1 : top + kDrive / 2, text: d.label }], narrow, false),
        Plot.text([low, high], { y, text: (v) => `${number(v)} ${d.unit}`, frameAnchor: 'right', textAnchor: 'start', dx: 4, fill: 'var(--soft)' }));
    });
    return {
      height: Math.max(200, 4.4 * rows) + 70,
      marginLeft: narrow ? 12 : 96, marginRight: data.drives.length > 0 ? 62 : 14, marginTop: 34, marginBottom: 42,
      x: {
        label: data.x.label, labelArrow: 'none', labelAnchor: 'center', tickFormat: number, ticks: Math.max(3, figure.chart.clientWidth / 110),
        domain: figure.zoom?.x ?? [Math.min(...panels.map((p) => p.from)), Math.max(...panels.map((p) => p.until))],
      },
      y: { domain: [rows, 0], axis: null },
      marks,
    };
  },
};

/** Beside what it names, or above it where there is no room beside. */
function name(list, narrow, strong) {
  return Plot.text(list, {
    y: 'y', text: 'text', frameAnchor: 'left', textAnchor: narrow ? 'start' : 'end', dx: narrow ? 2 : -8, fontWeight: strong ? 600 : 400, lineWidth: 7,
    stroke: narrow ? 'var(--paper)' : undefined, fill: 'var(--ink)', strokeWidth: 3,
  });
}

/** What colours mean, below the fields: from the least to the largest. */
const kScale = 44;
function scaleOf(data, width, top) {
  const make = (tag, attributes, text) => {
    const node = document.createElementNS('http://www.w3.org/2000/svg', tag);
    for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
    if (text !== undefined) node.textContent = text;
    return node;
  };
  const g = make('g', { class: 'scale', fill: 'currentColor' }), shades = 9, wide = 18;
  const left = (width - shades * wide) / 2, [low, high] = data.value.range;
  for (let i = 0; i < shades; ++i) g.append(make('rect', { x: left + i * wide, y: top, width: wide, height: 10, fill: `var(--v${i})` }));
  g.append(make('text', { x: left - 6, y: top + 9, 'text-anchor': 'end' }, number(low)),
    make('text', { x: left + shades * wide + 6, y: top + 9 }, number(high)),
    make('text', { x: width / 2, y: top + 26, 'text-anchor': 'middle' }, `${data.value.label}${data.value.log ? ', colours by its logarithm' : ''}`));
  return g;
}

/** A field for each pair of values, coloured and with its figure in it. */
const heat = {
  zooms: [],
  canBeLog: () => false,
  keys: () => [],
  points: (data) => data.cells.map((c) => ({
    x: c.x, y: c.y, text: `${data.x.label}: ${number(c.x)}\n${data.y.label}: ${number(c.y)}\n${data.value.label}: ${textOf(c.mean, c.low, c.high)}${c.n > 1 ? `, ${c.n} seeds` : ''}`,
  })),
  plot(data, figure) {
    const width = figure.chart.clientWidth, columns = data.x.values.length;
    const every = Math.ceil((Math.max(...data.x.values.map((v) => 7 * number(v).length)) + 6) / Math.min(110, (width - 84) / columns));
    const field = Math.min(110, (width - 84) / columns);
    const roomy = Math.max(...data.cells.map((c) => 7 * c.text.length)) + 4 <= field; // else figures would cover each other
    return {
      height: 78 + kScale + data.y.values.length * Math.min(46, Math.max(28, 0.6 * field)),
      marginLeft: 70, marginRight: Math.max(14, width - 70 - field * columns), marginTop: 28, marginBottom: 42 + kScale,
      x: { type: 'band', domain: data.x.values, label: data.x.label, labelArrow: 'none', labelAnchor: 'center', tickFormat: (v, i) => (i % every === 0 ? number(v) : ''), padding: 0.03 },
      y: { type: 'band', domain: [...data.y.values].reverse(), label: data.y.label, labelArrow: 'none', tickFormat: number, padding: 0.05 },
      marks: [
        Plot.cell(data.cells, { x: 'x', y: 'y', fill: (c) => `var(--${c.colour})` }),
        () => scaleOf(data, width, 74 + data.y.values.length * Math.min(46, Math.max(28, 0.6 * field))),
        Plot.text(roomy ? data.cells : [], { x: 'x', y: 'y', text: 'text', fill: 'var(--ink)', stroke: 'var(--paper)', strokeWidth: 3 }),
      ],
    };
  },
};

export const kinds = { lines, dots, raster, heat };
