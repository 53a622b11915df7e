// SPDX-License-Identifier: Apache-2.0
#include "apical/live/page.h"

#include <fmt/format.h>

namespace apical::live {
namespace {

constexpr std::string_view kScript = R"js('use strict';
const token = new URLSearchParams(location.search).get('token');
const api = (path, parameters) => {
  const query = new URLSearchParams(parameters);
  query.set('token', token);
  return path + '?' + query;
};
const find = id => document.getElementById(id);
/** Characters that turn the order of those after them make a name read as another than it is. */
const plain = text => String(text).replace(/[\u202a-\u202e\u2066-\u2069]/g, '\ufffd');
const make = (tag, text, properties) => {
  const node = document.createElement(tag);
  if (text !== undefined) node.textContent = plain(text);
  return Object.assign(node, properties);
};
const svg = (tag, attributes, text) => {
  const node = document.createElementNS('http://www.w3.org/2000/svg', tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, plain(value));
  if (text !== undefined) node.textContent = plain(text);
  return node;
};
const short = x => typeof x !== 'number' ? String(x ?? '') : Number.isInteger(x) && Math.abs(x) < 1e9 ? String(x) : Math.abs(x) >= 1e4 || (x !== 0 && Math.abs(x) < 1e-3)
  ? x.toExponential(2) : String(Number(x.toPrecision(4)));
const mostRuns = 20;

// A run keeps its colour, dash and marker while it is chosen; together they are of one run alone.
const slots = new Map();
function slotOf(run) {
  if (!slots.has(run)) {
    const taken = new Set(slots.values());
    let free = 0;
    while (taken.has(free)) ++free;
    slots.set(run, free);
  }
  return slots.get(run);
}
const lookOf = run => `c${slotOf(run) % 7} d${slotOf(run) % 5}`;
/** Shapes as in reports: told apart without colours. */
function marker(run, x, y, r = 3) {
  const corners = [null, [[-1, -1], [1, -1], [1, 1], [-1, 1]], [[0, -1.3], [1.2, 0.9], [-1.2, 0.9]], [[0, -1.4], [1.4, 0], [0, 1.4], [-1.4, 0]],
    [[0, 1.3], [1.2, -0.9], [-1.2, -0.9]], null, [[-0.4, -1.3], [0.4, -1.3], [0.4, -0.4], [1.3, -0.4], [1.3, 0.4], [0.4, 0.4], [0.4, 1.3], [-0.4, 1.3],
      [-0.4, 0.4], [-1.3, 0.4], [-1.3, -0.4], [-0.4, -0.4]], [[-0.6, -1.2], [0.6, -1.2], [1.2, 0], [0.6, 1.2], [-0.6, 1.2], [-1.2, 0]]][slotOf(run) % 8];
  const kind = `marker ${lookOf(run)}${slotOf(run) % 8 === 5 ? ' open' : ''}`;
  if (!corners) return svg('circle', {cx: x.toFixed(1), cy: y.toFixed(1), r, class: kind});
  return svg('path', {d: 'M' + corners.map(([dx, dy]) => `${(x + dx * r).toFixed(1)} ${(y + dy * r).toFixed(1)}`).join('L') + 'Z', class: kind});
}

let chosen = [];
const runs = new Map();   // by name: {rows: by "where.metric": by seed: [[epoch, value]], progress}
const looks = {};

// The table -----------------------------------------------------------------------------------------------------------
let asking = 0, answered = 0;
async function showTable() {
  const turn = ++asking;
  const sort = find('sort').value.trim(), reverse = find('reverse').checked, columns = find('columns').value.trim();
  const parameters = [['sort', sort], ['reverse', reverse ? '1' : '0'], ['columns', columns]];
  for (const part of find('where').value.split(';')) if (part.trim()) parameters.push(['where', part.trim()]);
  let answer, text;
  try {
    const response = await fetch(api('/api/runs', parameters));
    answer = await response.json();
    text = answer.error || `${answer.runs.length} of ${answer.all} runs in ${answer.folder}`;
  } catch (e) {
    text = 'The server does not answer any more; what is shown is what was known before.';
  }
  if (turn < answered) return;  // a later question was answered first
  answered = turn;
  find('said').textContent = plain(text);
  if (!answer || answer.error) return;
  Object.assign(looks, answer.looks);
  const head = make('tr');
  head.append(make('th', 'show', {scope: 'col'}));
  for (const key of ['run', ...answer.columns]) {
    const look = looks[key], th = make('th', undefined, {scope: 'col'});
    const button = make('button', look ? look.words + (look.unit ? ` (${look.unit})` : '') : key, {type: 'button'});
    button.dataset.key = key;
    button.addEventListener('click', () => {
      // What was asked for last, which the table may not show yet.
      const order = find('sort'), turned = find('reverse');
      turned.checked = order.value.trim() === key ? !turned.checked : Boolean(look && look.better === 'higher');
      order.value = key;
      asked();
    });
    const at = answer.columns.indexOf(key);
    if (answer.runs.some(one => typeof one.values[at] === 'number')) th.className = 'number';
    if (sort === key) th.setAttribute('aria-sort', reverse ? 'descending' : 'ascending');
    th.append(button);
    head.append(th);
  }
  const body = make('tbody');
  for (const one of answer.runs) {
    const row = make('tr'), cell = make('td');
    const box = make('input', undefined, {type: 'checkbox', checked: chosen.includes(one.run)});
    box.setAttribute('aria-label', plain('show ' + one.run));
    box.dataset.key = 'show ' + one.run;
    box.addEventListener('change', () => choose(one.run, box.checked, box));
    cell.append(box);
    row.append(cell, make('th', one.run, {scope: 'row'}));
    answer.columns.forEach((key, i) => {
      const value = one.values[i], look = looks[key];
      const td = make('td', typeof value === 'number' && look ? short(value * look.times)
        : key === 'created' ? short(value).replace(/^(\S+)T(\d+:\d+).*$/, '$1 $2') : short(value));
      if (typeof value === 'number') td.className = 'number';
      if (key === 'state') td.className = 'state ' + value;
      row.append(td);
    });
    body.append(row);
  }
  const thead = make('thead');
  thead.append(head);
  const held = find('table').contains(document.activeElement) ? document.activeElement.dataset.key : undefined;
  find('table').replaceChildren(thead, body);
  if (held) find('table').querySelector(`[data-key="${CSS.escape(held)}"]`)?.focus({preventScroll: true});
  const keys = find('keys');
  if (keys.childElementCount !== answer.keys.length)
    keys.replaceChildren(...answer.keys.map(key => make('option', undefined, {value: key})));
}

// What is chosen is followed ------------------------------------------------------------------------------------------
let source = null, heard = 0;
function choose(run, on, box) {
  if (on && chosen.length >= mostRuns) {
    box.checked = false;
    find('many').textContent = plain(`${mostRuns} runs are shown, and more are not told apart: take one away before '${run}'.`);
    return;
  }
  find('many').textContent = '';
  chosen = on ? [...chosen, run] : chosen.filter(r => r !== run);
  for (const known of [...runs.keys()]) if (!chosen.includes(known)) runs.delete(known);
  for (const known of [...slots.keys()]) if (!chosen.includes(known)) slots.delete(known);
  follow();
}
function follow() {
  if (source) source.close();
  source = null;
  runs.clear();
  for (const run of chosen) runs.set(run, {rows: {}, progress: {}});
  draw();
  if (!chosen.length) return;
  source = new EventSource(api('/api/follow', chosen.map(run => ['run', run])));
  const alive = () => { heard = Date.now(); find('stale').hidden = true; };
  source.addEventListener('here', alive);
  source.onmessage = event => {
    alive();
    const news = JSON.parse(event.data), run = runs.get(news.run);
    if (!run) return;
    if (news.cut) run.rows = {};
    Object.assign(looks, news.looks);
    for (const [, epoch, where, metric, seed, value] of news.rows || []) {
      const seeds = run.rows[`${where}.${metric}`] ||= new Map();
      if (!seeds.has(seed)) seeds.set(seed, []);
      seeds.get(seed).push([epoch, typeof value === 'number' ? value : NaN]);
    }
    if (news.progress) run.progress = news.progress;
    if (news.activity !== undefined) run.activity = news.activity;
    drawSoon();
  };
}
setInterval(() => { if (source && Date.now() - heard > 6000) find('stale').hidden = false; }, 1000);

async function stop(run) {
  const response = await fetch(api('/api/stop', [['run', run]]), {method: 'POST'});
  const answer = await response.json();
  find('said').textContent = plain(answer.error ? `${run}: ${answer.error}` : `${run}: asked to stop with a checkpoint`);
}

// Drawing -------------------------------------------------------------------------------------------------------------
let waiting = false;
function drawSoon() {
  if (waiting) return;
  waiting = true;
  setTimeout(() => { waiting = false; draw(); }, 200);
}
const time = s => s >= 3600 ? `${Math.floor(s / 3600)} h ${Math.floor(s % 3600 / 60)} min`
  : s >= 60 ? `${Math.floor(s / 60)} min ${Math.round(s % 60)} s` : `${Math.round(s)} s`;
function draw() {
  for (const known of [...items.keys()]) {
    if (chosen.includes(known)) continue;
    items.get(known).item.remove();
    items.delete(known);
  }
  chosen.forEach((run, i) => {
    if (!items.has(run)) items.set(run, itemOf(run));
    const {item, said, button} = items.get(run), {progress: p} = runs.get(run);
    let text = ' ' + (p.state || '…');
    if (p.epochs) text += ` · epoch ${short(p.epochs_done)} of ${short(p.epochs)}`;
    if (p.seconds_per_epoch) text += ` · ${short(p.seconds_per_epoch)} s each`;
    if (p.seconds_left !== undefined) text += ` · ${time(p.seconds_left)} left`;
    if (p.remark) text += ` · ${p.remark}`;
    text = plain(text);
    if (said.textContent !== text) said.textContent = text;
    button.hidden = p.state !== 'running';
    if (find('progress').children[i] !== item) find('progress').insertBefore(item, find('progress').children[i] || null);
  });
  const keys = new Set();
  for (const {rows} of runs.values()) for (const key of Object.keys(rows)) keys.add(key);
  // Results first, then how near they are to the gradient, then rates.
  const rank = key => looks[key]?.headline ? looks[key].unit === '°' ? 0.5 : 0 : key.startsWith('total.') ? 1 : looks[key]?.unit === 'Hz' ? 2 : 3;
  const all = [...keys].sort((a, b) => rank(a) - rank(b) || (a < b ? -1 : 1));
  const shown = find('all').checked ? all : all.filter(key => rank(key) < 3);
  const seen = chosen.filter(run => runs.get(run).activity).map(run => spikes(run, runs.get(run).activity));
  const some = shown.length ? shown : all.slice(0, 4), once = some.filter(key => measuredOnce(key));
  const figures = [...seen, ...some.filter(key => !once.includes(key)).map(figure)];
  if (once.length) figures.push(values(once));
  find('figures').replaceChildren(...figures);
}
/** What makes no curve yet is said in figures: one value takes a line. */
function measuredOnce(key) {
  const epochs = new Set();
  for (const {rows} of runs.values()) for (const points of (rows[key] || new Map()).values()) for (const [x] of points) epochs.add(x);
  return epochs.size < 2;
}
function values(keys) {
  const box = make('figure', undefined, {className: 'values'}), list = make('dl');
  box.append(make('figcaption', 'Measured once so far'), list);
  for (const key of keys) {
    const look = looks[key] || {words: key, unit: '', times: 1};
    const said = chosen.filter(run => runs.get(run).rows[key]).map(run => `${run} ${lastOf(run, key, look.times)}`);
    list.append(make('dt', look.words + (look.unit ? ` (${look.unit})` : '')), make('dd', said.join(' · ')));
  }
  return box;
}
/** What says how far a run is stays the same element, so that its button keeps the focus. */
const items = new Map();
function itemOf(run) {
  const item = make('li'), said = make('span', '');
  const swatch = svg('svg', {viewBox: '0 0 30 10', class: 'swatch', 'aria-hidden': 'true'});
  swatch.append(svg('polyline', {points: '0,5 30,5', class: 'mean ' + lookOf(run)}), marker(run, 15, 5));
  const button = make('button', 'stop with a checkpoint', {type: 'button', hidden: true});
  button.setAttribute('aria-label', plain(`stop with a checkpoint: ${run}`));
  button.addEventListener('click', () => stop(run));
  item.append(swatch, make('strong', run), said, ' ', button);
  return {item, said, button};
}
/** What a spiking circuit did a moment ago: the first neurons of each population, and its rates. */
function spikes(run, now) {
  const box = make('figure', undefined, {className: 'spikes'});
  const title = `Spikes of ${run} at ${short(now.from_s)} s, seed ${now.seed}`;
  box.append(make('figcaption', title));
  const W = 340, left = 10, right = 10, gap = 16, neuron = 3;
  const rows = now.populations.map(p => Math.max(1, ...p.neuron.map(n => n + 1)));
  const H = rows.reduce((sum, n) => sum + n * neuron + gap, 0) + 26;
  const px = s => left + s / now.length_s * (W - left - right);
  const words = now.populations.map(p => `${p.name}: events ${short(p.event_Hz)} Hz, bursts ${short(p.burst_Hz)} Hz`);
  const drawing = svg('svg', {viewBox: `0 0 ${W} ${H}`, role: 'img', 'aria-label': `${title}. ${words.join('; ')}`});
  let y = 0;
  now.populations.forEach((p, k) => {
    y += gap;
    drawing.append(svg('text', {x: left, y: y - 4}, words[k]),
      svg('rect', {x: left, y, width: W - left - right, height: rows[k] * neuron, class: 'band'}));
    let events = '', later = '';
    p.s.forEach((s, i) => {
      const tick = `M${px(s).toFixed(1)} ${y + p.neuron[i] * neuron}v${neuron}`;
      if (p.later[i]) later += tick; else events += tick;
    });
    drawing.append(svg('path', {d: events, class: 'event'}), svg('path', {d: later, class: 'later'}));
    y += rows[k] * neuron;
  });
  for (const share of [0, 0.5, 1]) {
    drawing.append(svg('text', {x: px(share * now.length_s), y: H - 8, 'text-anchor': share === 0 ? 'start' : share === 1 ? 'end' : 'middle'},
      `${short(1000 * share * now.length_s)}${share === 1 ? ' ms' : ''}`));
  }
  box.append(drawing, make('p', 'A stretch of biological time; coloured: further spikes of a burst.', {className: 'last'}));
  return box;
}
/**
 * By epoch, the mean over seeds only where every seed that was measured so far has a value, NaN where one of them is not
 * finite: a mean over those that are further, or that survive, would be of other seeds at each epoch.
 */
function mean(seeds) {
  const at = new Map();
  for (const points of seeds.values()) for (const [x, y] of points) at.set(x, [...(at.get(x) || []), y]);
  return [...at].filter(([, values]) => values.length === seeds.size)
    .map(([x, values]) => [x, values.reduce((a, b) => a + b) / values.length]).sort((a, b) => a[0] - b[0]);
}
/** "97.6", of several seeds "97.6 (3 seeds)"; where some are missing or not finite at the last epoch, how many are there. */
function lastOf(run, key, times) {
  const {rows} = runs.get(run), seeds = rows[key], known = mean(seeds).filter(([, y]) => Number.isFinite(y)).at(-1);
  const all = new Set(Object.values(rows).flatMap(of => [...of.keys()])).size;
  const ends = [...seeds.values()].filter(points => points.length).map(points => points.at(-1)), epoch = Math.max(...ends.map(([x]) => x));
  const there = ends.filter(([x, y]) => x === epoch && Number.isFinite(y)).length;
  const value = known ? short(known[1] * times) : '–';
  if (there === all) return all > 1 ? `${value} (${all} seeds)` : value;
  return `${value}${known && known[0] !== epoch ? ` at epoch ${short(known[0])}` : ''} (${there} of ${all} seeds at epoch ${short(epoch)})`;
}
/** Stretches without a gap. */
function pieces(points) {
  const out = [[]];
  for (const point of points) if (Number.isFinite(point[1])) out.at(-1).push(point); else if (out.at(-1).length) out.push([]);
  return out.filter(piece => piece.length);
}
/** Round values, about so many, of which the first and the last reach what is shown or, of `inside`, lie in it. */
function ticks(from, to, wanted, {inside = false, whole = false} = {}) {
  const raw = (to - from) / wanted, power = 10 ** Math.floor(Math.log10(raw));
  let step = power * (raw <= 1.5 * power ? 1 : raw <= 3.5 * power ? 2 : raw <= 7.5 * power ? 5 : 10);
  if (whole) step = Math.max(1, step);
  const first = inside ? Math.ceil(from / step - 1e-9) : Math.floor(from / step + 1e-9);
  const last = inside ? Math.floor(to / step + 1e-9) : Math.ceil(to / step - 1e-9);
  return Array.from({length: last - first + 1}, (_, i) => Number(((first + i) * step).toPrecision(12)));
}
/** Powers of ten within a range, at most some; the ends where there are fewer than two. */
function decades(from, to) {
  const all = [];
  for (let k = Math.ceil(Math.log10(from) - 1e-9); k <= Math.log10(to) + 1e-9; ++k) all.push(10 ** k);
  const every = Math.ceil(all.length / 5);
  return all.length < 2 ? [from, to] : all.filter((_, i) => i % every === 0);
}
function figure(key) {
  const look = looks[key] || {words: key, unit: '', times: 1};
  const lines = [], lost = [], said = [];
  let x0 = Infinity, x1 = -Infinity, y0 = Infinity, y1 = -Infinity;
  chosen.forEach(run => {
    const seeds = runs.get(run).rows[key];
    if (!seeds) return;
    for (const points of seeds.values()) for (const [x, y] of points) {
      if (!Number.isFinite(y)) continue;
      x0 = Math.min(x0, x); x1 = Math.max(x1, x);
      y0 = Math.min(y0, y * look.times); y1 = Math.max(y1, y * look.times);
    }
    for (const points of seeds.values()) {
      for (const piece of pieces(points)) lines.push({points: piece, kind: 'seed ' + lookOf(run)});
      const end = points.length && !Number.isFinite(points.at(-1)[1]) ? pieces(points).at(-1)?.at(-1) : undefined;
      if (end) lost.push({end, kind: 'lost ' + lookOf(run)});
    }
    for (const piece of pieces(mean(seeds))) lines.push({points: piece, kind: 'mean ' + lookOf(run), run});
    said.push(`${run} ${lastOf(run, key, look.times)}`);
  });
  const box = make('figure');
  const title = look.words + (look.unit ? ` (${look.unit})` : '');
  box.append(make('figcaption', title));
  if (x0 === Infinity) {  // nothing that is finite
    box.append(make('p', said.join(' · '), {className: 'last'}));
    return box;
  }
  const log = look.logarithmic && y0 > 0 && y1 / y0 > 30;  // zero, and what is below, has no place among decades
  if (y1 === y0) { y0 -= log ? 0.1 * y0 : 0.5; y1 += 0.5; }
  if (x1 === x0) x1 = x0 + 1;
  // Angles from the gradient to a right angle, as in reports; fractions stay what they can be.
  const yTicks = look.unit === '°' ? (y1 > 90 ? [0, 60, 120, 180] : [0, 30, 60, 90]) : log ? decades(y0, y1)
    : ticks(y0, y1, 3).filter(y => look.unit !== '%' || (y >= 0 && y <= 100));
  if (!log) [y0, y1] = [Math.min(y0, yTicks[0]), Math.max(y1, yTicks.at(-1))];
  const named = [...new Set(lines.filter(l => l.run).map(l => l.run))];
  const name = run => run.length > 14 ? '…' + run.slice(-13) : run;  // runs of a folder differ at their ends
  const line = 11, W = 340, left = 52, top = 8, bottom = 26, H = Math.max(190, top + bottom + line * named.length);
  const right = named.length > 1 ? 20 + 6 * Math.max(...named.map(run => name(run).length)) : 10;
  const of = log ? Math.log10 : y => y;
  const px = x => left + (x - x0) / (x1 - x0) * (W - left - right);
  const py = y => H - bottom - (of(y) - of(y0)) / (of(y1) - of(y0)) * (H - top - bottom);
  const drawing = svg('svg', {viewBox: `0 0 ${W} ${H}`, role: 'img', 'aria-label': `${title}: ${said.join(', ')}`});
  for (const y of yTicks) {
    drawing.append(svg('line', {x1: left, x2: W - right, y1: py(y), y2: py(y), class: 'grid'}),
      svg('text', {x: left - 4, y: py(y) + 4, 'text-anchor': 'end'}, short(y)));
  }
  drawing.append(svg('text', {x: left - 10, y: H - 8, 'text-anchor': 'end'}, 'epoch'));
  for (const x of ticks(x0, x1, 4, {inside: true, whole: x1 - x0 >= 2})) {
    const at = px(x), anchor = at > W - right - 12 ? 'end' : 'middle';
    drawing.append(svg('line', {x1: at, x2: at, y1: H - bottom, y2: H - bottom + 4, class: 'grid'}),
      svg('text', {x: at, y: H - 8, 'text-anchor': anchor}, short(x)));
  }
  const ends = new Map();
  for (const {points, kind, run} of lines) {
    const path = points.map(([x, y]) => `${px(x).toFixed(1)},${py(y * look.times).toFixed(1)}`).join(' ');
    drawing.append(points.length > 1 ? svg('polyline', {points: path, class: kind})
      : svg('circle', {cx: px(points[0][0]), cy: py(points[0][1] * look.times), r: 2.5, class: 'dot ' + kind}));
    if (!run) continue;
    // At different places for different runs, so that curves on top of each other stay apart.
    const stride = Math.max(1, Math.floor(points.length / 4)), from = Math.floor(stride * (named.indexOf(run) + 1) / (named.length + 1));
    points.forEach(([x, y], k) => { if (k >= from && (k - from) % stride === 0) drawing.append(marker(run, px(x), py(y * look.times))); });
    ends.set(run, [px(points.at(-1)[0]), py(points.at(-1)[1] * look.times)]);
  }
  if (named.length > 1) {  // the names of runs stand at the ends of their lines, pushed apart
    const labels = [...ends].map(([run, [x, y]]) => ({run, x, y, at: y})).sort((a, b) => a.y - b.y);
    labels.forEach((l, k) => { l.at = Math.max(l.y, k ? labels[k - 1].at + line : top + 4); });
    let limit = H - bottom;
    for (const l of labels.reverse()) { l.at = Math.min(l.at, limit); limit = l.at - line; }
    for (const l of labels) {
      const x = W - right + 8;
      drawing.append(svg('path', {d: `M${l.x.toFixed(1)} ${l.y.toFixed(1)}L${x} ${l.at.toFixed(1)}`, class: 'grid'}), marker(l.run, x + 3, l.at),
        svg('text', {x: x + 9, y: (l.at + 4).toFixed(1), class: 'name'}, name(l.run)));
    }
  }
  for (const {end: [x, y], kind} of lost) {  // a seed that has no finite value any more
    const mark = svg('path', {d: `M${(px(x) - 4).toFixed(1)} ${(py(y * look.times) - 4).toFixed(1)}l8 8m0 -8l-8 8`, class: kind});
    mark.append(svg('title', {}, 'a seed has no finite value from here on'));
    drawing.append(mark);
  }
  box.append(drawing, make('p', said.join(' · '), {className: 'last'}));
  return box;
}

// What is asked for stands in the address, so that it can be kept and comes back when the page is loaded again.
const questions = ['where', 'columns', 'sort'], given = new URLSearchParams(location.search);
for (const name of questions) find(name).value = given.get(name) || '';
find('reverse').checked = given.get('reverse') === '1';
function asked() {
  const query = new URLSearchParams({token});
  for (const name of questions) if (find(name).value.trim()) query.set(name, find(name).value.trim());
  if (find('reverse').checked) query.set('reverse', '1');
  history.replaceState(null, '', '/?' + query);
  showTable();
}
let typing = 0;
for (const name of questions)
  find(name).addEventListener('input', () => { clearTimeout(typing); typing = setTimeout(asked, 400); });
find('reverse').addEventListener('change', asked);
find('all').addEventListener('change', draw);
showTable();
setInterval(() => { if (!document.hidden && answered === asking) showTable(); }, 5000);
)js";

constexpr std::string_view kStyle = R"css(
:root { color-scheme: light dark; --ink: #1d1d1f; --soft: #5a5a62; --line: #d5d5da; --paper: #fff; --warn: #9c2d00;
  --c0: #0072b2; --c1: #d55e00; --c2: #009e73; --c3: #cc79a7; --c4: #e69f00; --c5: #56b4e9; --c6: #7a5195; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #ececf0; --soft: #a9a9b4; --line: #44444c; --paper: #17171a; --warn: #ffab7a;
    --c0: #5ab0e8; --c1: #f28a43; --c2: #35c79d; --c3: #e3a3c6; --c4: #f3b73b; --c5: #a8dbfa; --c6: #b99ad1; }
}
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 1rem; max-width: 1280px; font: 15px/1.45 system-ui, sans-serif; color: var(--ink); background: var(--paper); }
h1 { font-size: 1.3rem; margin: 0 0 .6rem; } h2 { font-size: 1.05rem; margin: 1.4rem 0 .4rem; }
label { display: block; } input[list] { width: 100%; max-width: 44rem; font: inherit; padding: .35rem .5rem; }
.asked { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(20rem, 100%), 1fr)); gap: .6rem 1.2rem; align-items: end; }
.order { display: flex; gap: .7rem; align-items: center; } .order label { white-space: nowrap; }
.table { overflow: auto; max-height: 26rem; border: 1px solid var(--line); margin-top: .5rem; }
table { border-collapse: collapse; font-size: .9rem; }
th, td { padding: .25rem .6rem; text-align: left; white-space: nowrap; border-bottom: 1px solid var(--line); }
thead th { position: sticky; top: 0; background: var(--paper); } tbody th { font-weight: 500; }
td.number, th.number { text-align: right; font-variant-numeric: tabular-nums; }
td.running { font-weight: 700; } td.broken, td.faulted { color: var(--warn); }
button { font: inherit; color: inherit; } th button { all: unset; cursor: pointer; font-weight: 600; }
th button:focus-visible { outline: 2px solid var(--c0); } th[aria-sort] button { text-decoration: underline; }
ul { list-style: none; padding: 0; margin: .4rem 0; } li { padding: .2rem 0; overflow-wrap: anywhere; }
.swatch { display: inline-block; width: 1.9rem; height: .65rem; margin-right: .5rem; vertical-align: middle; }
#figures { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(320px, 100%), 1fr)); gap: 1rem; }
figure { margin: 0; } figcaption { font-weight: 600; } svg { width: 100%; height: auto; display: block; }
svg text { font-size: 11px; fill: var(--soft); } .grid { stroke: var(--line); stroke-width: 1; }
polyline { fill: none; } .mean { stroke-width: 2; } .seed { stroke-width: .8; opacity: .4; } .lost { fill: none; stroke-width: 1.8; }
.band { fill: var(--line); opacity: .35; } .event { stroke: var(--ink); stroke-width: 1; } .later { stroke: var(--c1); stroke-width: 1.4; }
.last { margin: 0; font-size: .85rem; color: var(--soft); overflow-wrap: anywhere; }
#stale { color: var(--warn); font-weight: 600; }
.c0 { --c: var(--c0); } .c1 { --c: var(--c1); } .c2 { --c: var(--c2); } .c3 { --c: var(--c3); } .c4 { --c: var(--c4); }
.c5 { --c: var(--c5); } .c6 { --c: var(--c6); }
.d1 { --d: 8 3; } .d2 { --d: 2.5 2.5; } .d3 { --d: 9 3 2 3; } .d4 { --d: 5 2 1.5 2 1.5 2; }
.mean, .seed, .lost { stroke: var(--c); } .mean { stroke-dasharray: var(--d, none); }
.dot, .marker { fill: var(--c); } .marker { stroke: var(--paper); stroke-width: .6; } .marker.open { fill: var(--paper); stroke: var(--c); stroke-width: 1.4; }
.values { grid-column: 1 / -1; } dl { margin: .2rem 0; columns: 20rem; font-size: .9rem; }
dt { color: var(--soft); } dd { margin: 0 0 .3rem; break-before: avoid; font-variant-numeric: tabular-nums; }
)css";

}  // namespace

std::string page(const std::string& token) {
  return fmt::format(
      R"html(<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>Apical: runs</title><link rel="icon" href="data:,"><link rel="stylesheet" href="/live.css?token={0}"></head><body>
<main><h1>Runs</h1>
<div class="asked"><div><label for="where">Only runs of which this holds; conditions with semicolons between them, such as
<code>model.eta &gt; 10; state = finished</code></label>
<input id="where" list="keys" autocomplete="off" spellcheck="false"></div>
<div><label for="columns">Columns in this order, with commas between: keys, patterns such as <code>model.*</code>, or
<code>varied</code>; empty: the usual ones</label>
<input id="columns" list="keys" autocomplete="off" spellcheck="false"></div>
<div><label for="sort">Sorted by any key</label>
<div class="order"><input id="sort" list="keys" autocomplete="off" spellcheck="false">
<label><input id="reverse" type="checkbox"> downwards</label></div></div></div><datalist id="keys"></datalist>
<p id="said" role="status"></p>
<div class="table" role="region" aria-label="runs" tabindex="0"><table id="table"></table></div>
<h2>Shown</h2><p id="many" role="status"></p><p id="stale" role="alert" hidden>Nothing has been heard of the server for some seconds: what is shown may be old.</p>
<ul id="progress"></ul><p><label><input id="all" type="checkbox"> all that was measured</label></p>
<div id="figures"></div></main>
<script src="/live.js?token={0}"></script></body></html>
)html",
      token);
}

std::string_view page_script() { return kScript; }
std::string_view page_style() { return kStyle; }

}  // namespace apical::live
