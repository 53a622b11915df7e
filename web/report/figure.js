// SPDX-License-Identifier: Apache-2.0
// One figure: its drawing, its legend, its tools. What is drawn of which kind of data is told by marks.js; here
// is what all kinds share: the axes that are shown, what is hidden, what is pointed at.
import * as Plot from '@observablehq/plot';
import { csvOf, pngOf, save, svgText, unfold } from './files.js';
import { kinds } from './marks.js';

const make = (tag, attributes = {}, ...children) => {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
};

export class Figure {
  constructor(element, data) {
    this.element = element;
    this.data = data;
    unfold(data);
    this.kind = kinds[data.kind];
    this.hidden = new Set(this.kind.hiddenFirst?.(data) ?? []);
    this.log = { x: data.x?.log ?? false, y: data.y?.log ?? false };
    this.zoom = null; // { x: [from, to], y: [from, to] }
    this.at = -1; // of points, by keys
    this.chart = make('div', {
      class: 'chart', tabindex: '0', role: 'group',
      'aria-label': `${data.title}. Arrow keys go from value to value, plus and minus zoom, zero shows all.`,
    });
    this.said = make('p', { class: 'said', 'aria-live': 'polite' });
    this.legend = this.makeLegend();
    this.tools = this.makeTools();
    const still = element.querySelector('.still');
    still.before(this.tools, this.chart, this.said, this.legend);
    element.classList.add('live');
    this.listen();
    new ResizeObserver(() => { if (this.chart.clientWidth !== this.width) this.draw(); }).observe(this.chart);
  }

  // Parts beside the drawing.

  button(text, label, act) {
    const b = make('button', { type: 'button', 'aria-label': label, title: label }, text);
    b.addEventListener('click', act);
    return b;
  }

  makeTools() {
    const group = make('div', { class: 'tools', role: 'group', 'aria-label': `Tools of ${this.data.title}` });
    for (const axis of ['x', 'y']) {
      if (!this.kind.canBeLog(this.data, axis)) continue;
      const b = this.button(`log ${axis}`, `Logarithm: log ${axis}`, () => {
        this.log[axis] = !this.log[axis];
        this.zoom = null;
        b.setAttribute('aria-pressed', this.log[axis]);
        this.draw();
      });
      b.setAttribute('aria-pressed', this.log[axis]);
      group.append(b);
    }
    if (this.kind.zooms.length > 0) {
      group.append(this.button('+', 'Zoom in', () => this.zoomBy(0.5)),
        this.button('−', 'Zoom out', () => this.zoomBy(2)));
      if (this.kind.zooms.includes('x')) {
        group.append(this.button('◂', 'Earlier', () => this.pan(-0.4)),
          this.button('▸', 'Later', () => this.pan(0.4)));
      }
      this.all = this.button('all', 'Show all', () => this.show(null));
      group.append(this.all);
    }
    const files = make('span', { class: 'files' });
    const { name } = this.data;
    files.append(
      this.button('SVG', 'Download as SVG', () => save(`${name}.svg`, 'image/svg+xml', svgText(this.svg(), this.data))),
      this.button('PNG', 'Download as PNG', async () => save(`${name}.png`, 'image/png', await pngOf(this.svg(), this.data))),
      this.button('CSV', `Download the data as CSV${this.data.series?.some((s) => s.thinned) ? ', thinned to the extremes of each curve' : ''}`, () => save(`${name}.csv`, 'text/csv', csvOf(this.data))));
    group.append(files);
    return group;
  }

  makeLegend() {
    const keys = this.kind.keys(this.data);
    const list = make('div', { class: 'keys', role: 'group', 'aria-label': `What is shown of ${this.data.title}` });
    if (keys.length < 2) return list;
    for (const { id, label, look } of keys) {
      const b = make('button', { type: 'button', 'aria-pressed': !this.hidden.has(id) });
      if (look) b.append(swatch(look));
      b.append(label);
      b.addEventListener('click', () => {
        if (this.hidden.has(id)) this.hidden.delete(id);
        else if (this.hidden.size + 1 < keys.length) this.hidden.add(id); // something stays
        b.setAttribute('aria-pressed', !this.hidden.has(id));
        this.draw();
      });
      b.addEventListener('pointerenter', () => this.highlight(id));
      b.addEventListener('pointerleave', () => this.highlight(null));
      list.append(b);
    }
    return list;
  }

  highlight(id) {
    for (const g of this.chart.querySelectorAll('[class*="of-"]'))
      g.classList.toggle('dim', id !== null && !g.classList.contains(`of-${id}`));
  }

  // The drawing.

  svg() {
    return this.chart.querySelector('svg');
  }

  draw() {
    const width = this.chart.clientWidth;
    if (width < 50) return;
    this.width = width;
    const described = this.kind.plot(this.data, this);
    const tip = this.kind.points(this.data, this);
    this.points = tip;
    const plot = Plot.plot({
      width,
      style: { background: 'transparent', fontFamily: 'var(--sans)', fontSize: '12px', overflow: 'visible' },
      ...described,
      marks: [
        ...described.marks,
        Plot.dot(tip, Plot.pointer({ x: 'x', y: 'y', r: 5, stroke: 'currentColor', fill: 'none', maxRadius: 40 })),
        Plot.tip(tip, Plot.pointer({
          x: 'x', y: 'y', title: 'text', maxRadius: 40, fill: 'var(--paper)', stroke: 'var(--soft)', fontSize: 12, lineWidth: 26, lineHeight: 1.3,
        })),
      ],
    });
    const svg = plot.matches('svg') ? plot : plot.querySelector('svg');
    keepWordsForScripts(svg);
    svg.setAttribute('role', 'img');
    svg.setAttribute('aria-label', this.data.description);
    this.scales = plot;
    this.chart.replaceChildren(plot);
    if (this.all) this.all.disabled = this.zoom === null;
    this.listenToDragging(svg);
  }

  // Zoom.

  show(zoom) {
    this.zoom = zoom;
    this.draw();
  }

  /** What is shown, in units of an axis in which lengths are lengths on paper. */
  range(axis) {
    const scale = this.scales.scale(axis);
    const [from, to] = scale.domain;
    return scale.type === 'log' ? [Math.log(from), Math.log(to)] : [from, to];
  }

  set(axis, [from, to]) {
    const back = this.scales.scale(axis).type === 'log' ? Math.exp : (v) => v;
    this.zoom = { ...this.zoom, [axis]: [back(from), back(to)] };
  }

  zoomBy(times) {
    if (times > 1 && this.zoom === null) return;
    for (const axis of this.kind.zooms) {
      const [from, to] = this.range(axis);
      const middle = (from + to) / 2, half = ((to - from) / 2) * times;
      this.set(axis, [middle - half, middle + half]);
    }
    this.draw();
  }

  pan(share) {
    const [from, to] = this.range('x');
    this.set('x', [from + share * (to - from), to + share * (to - from)]);
    this.draw();
  }

  /** A rectangle drawn with a mouse or a pen is what is shown next; fingers scroll the page. */
  listenToDragging(svg) {
    if (this.kind.zooms.length === 0) return;
    // In the capturing phase: Plot keeps clicks near a value for itself.
    svg.addEventListener('pointerdown', (down) => {
      if (down.pointerType === 'touch' || down.button !== 0) return;
      const box = svg.getBoundingClientRect();
      const at = (e) => [e.clientX - box.left, e.clientY - box.top];
      const start = at(down), both = this.kind.zooms.includes('y');
      const area = document.createElementNS('http://www.w3.org/2000/svg', 'rect');
      area.setAttribute('class', 'chosen');
      const edges = (e) => {
        const end = at(e), inside = this.frame();
        const clip = (v, i) => Math.min(Math.max(v, inside[i][0]), inside[i][1]);
        const x = [start[0], end[0]].map((v) => clip(v, 0)).sort((a, b) => a - b);
        return { x, y: both ? [start[1], end[1]].map((v) => clip(v, 1)).sort((a, b) => a - b) : inside[1] };
      };
      const move = (e) => {
        const { x, y } = edges(e);
        area.setAttribute('x', x[0]); area.setAttribute('width', x[1] - x[0]);
        area.setAttribute('y', y[0]); area.setAttribute('height', y[1] - y[0]);
        svg.append(area);
      };
      const up = (e) => {
        removeEventListener('pointermove', move);
        area.remove();
        const { x, y } = edges(e);
        if (x[1] - x[0] < 8 || (both && y[1] - y[0] < 8)) return;
        const zoom = {};
        const values = (axis, [a, b]) => [a, b].map((v) => this.scales.scale(axis).invert(v)).sort((p, q) => p - q);
        if (this.kind.zooms.includes('x')) zoom.x = values('x', x);
        if (both) zoom.y = values('y', y);
        this.show(zoom);
      };
      addEventListener('pointermove', move);
      addEventListener('pointerup', up, { once: true });
      down.preventDefault();
      this.chart.focus({ preventScroll: true });
    }, { capture: true });
    svg.addEventListener('dblclick', () => this.show(null));
  }

  /** In pixels of the drawing: [[left, right], [top, bottom]]. */
  frame() {
    return ['x', 'y'].map((axis) => {
      const { range } = this.scales.scale(axis);
      const edges = [range[0], range[1]].sort((a, b) => a - b);
      return [edges[0], edges[1]];
    });
  }

  // Keys: everything that a pointer can do.

  listen() {
    this.chart.addEventListener('keydown', (e) => {
      if (e.key === 'ArrowRight' || e.key === 'ArrowDown') this.step(1);
      else if (e.key === 'ArrowLeft' || e.key === 'ArrowUp') this.step(-1);
      else if (e.key === '+' && this.kind.zooms.length) this.zoomBy(0.5);
      else if (e.key === '-' && this.kind.zooms.length) this.zoomBy(2);
      else if (e.key === '0') this.show(null);
      else return;
      e.preventDefault();
    });
  }

  step(by) {
    const n = this.points.length;
    if (n === 0) return;
    this.at = (this.at + by + n) % n;
    const point = this.points[this.at];
    this.said.textContent = point.text;
    const box = this.svg().getBoundingClientRect();
    this.svg().dispatchEvent(new PointerEvent('pointermove', {
      bubbles: true, pointerType: 'mouse',
      clientX: box.left + this.scales.scale('x').apply(point.x) + (this.scales.scale('x').bandwidth ?? 0) / 2,
      clientY: box.top + this.scales.scale('y').apply(point.y) + (this.scales.scale('y').bandwidth ?? 0) / 2,
    }));
  }
}

/**
 * Plot names the parts of a drawing in aria-label, which groups without a role may not have. The drawing is one
 * image to whoever reads it aloud; the names stay as data-part.
 */
function keepWordsForScripts(svg) {
  const move = () => {
    for (const g of svg.querySelectorAll('[aria-label]')) {
      g.dataset.part = g.getAttribute('aria-label');
      g.removeAttribute('aria-label');
    }
  };
  move();
  new MutationObserver(move).observe(svg, { childList: true, subtree: true });
}

/** How a series looks, beside its name. */
function swatch({ colour, dash, symbol, strong }) {
  const svg = Plot.plot({
    width: 26, height: 12, margin: 0, axis: null, x: { domain: [0, 2], range: [0, 26] }, y: { domain: [0, 1], range: [12, 0] },
    marks: [
      Plot.line([[0, 0.5], [2, 0.5]], { stroke: `var(--${colour})`, strokeDasharray: dash, strokeWidth: strong ? 2.4 : 1.9 }),
      symbol ? Plot.dot([[1, 0.5]], { fill: `var(--${colour})`, symbol, r: 4 }) : null,
    ],
  });
  svg.setAttribute('aria-hidden', 'true');
  return svg;
}
