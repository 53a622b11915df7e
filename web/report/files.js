// SPDX-License-Identifier: Apache-2.0
// A figure as a file: what is on the screen as SVG or PNG, in the colours of paper, and its data as CSV.

/** In the colours and fonts of a white page, whatever this one has: variables are for style sheets alone. */
export function svgText(svg, data) {
  const copy = svg.cloneNode(true);
  const light = document.documentElement;
  light.classList.add('paper');
  const style = getComputedStyle(light);
  const value = (name) => style.getPropertyValue(name).trim();
  const resolved = (text) => text.replace(/var\((--[\w-]+)[^)]*\)/g, (_, name) => value(name)).replaceAll('currentColor', value('--ink'));
  for (const element of [copy, ...copy.querySelectorAll('*')]) {
    for (const { name, value: text } of [...element.attributes]) {
      if (text.includes('var(') || text === 'currentColor') element.setAttribute(name, resolved(text));
    }
  }
  for (const css of copy.querySelectorAll('style')) css.textContent = resolved(css.textContent);
  light.classList.remove('paper');
  for (const pointed of copy.querySelectorAll('[data-part="tip"], .chosen')) pointed.remove();
  copy.setAttribute('xmlns', 'http://www.w3.org/2000/svg');
  copy.setAttribute('font-family', 'Helvetica, Arial, "Liberation Sans", sans-serif');
  copy.style.fontFamily = '';
  const title = document.createElementNS('http://www.w3.org/2000/svg', 'title');
  title.textContent = data.title;
  copy.prepend(title);
  return new XMLSerializer().serializeToString(copy);
}

/** With three pixels for each of the page's. */
export async function pngOf(svg, data) {
  const { width, height } = svg.getBoundingClientRect();
  const image = new Image();
  image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(svgText(svg, data))}`;
  await image.decode();
  const canvas = document.createElement('canvas');
  canvas.width = Math.round(3 * width);
  canvas.height = Math.round(3 * height);
  const c = canvas.getContext('2d');
  c.fillStyle = '#fff';
  c.fillRect(0, 0, canvas.width, canvas.height);
  c.drawImage(image, 0, 0, canvas.width, canvas.height);
  return new Promise((done) => canvas.toBlob(done, 'image/png'));
}

export function save(name, type, content) {
  const url = URL.createObjectURL(content instanceof Blob ? content : new Blob([content], { type }));
  const a = document.createElement('a');
  a.href = url;
  a.download = name;
  a.click();
  setTimeout(() => URL.revokeObjectURL(url), 10000);
}

/** What points of means share is said once in a page: the places of the seeds, and how many seeds there are. */
export function unfold(data) {
  for (const s of data.series ?? []) {
    for (const m of s.mean) {
      m.x ??= s.x;
      if (!Array.isArray(m.n)) m.n = m.x.map(() => m.n);
    }
  }
  return data;
}

/** RFC 4180. Every seed's value, then the means with their intervals. */
export function csvOf(data) {
  const thinned = data.series?.some((s) => s.thinned);
  const points = (s) => (thinned ? [s.thinned ? 'thinned' : 'all'] : []);
  const rows = {
    lines: () => [
      ['series', 'seed', data.x.label, data.y.label, 'low', 'high', 'seeds', ...(thinned ? ['points'] : [])],
      ...data.series.flatMap((s) => [
        ...s.seeds.flatMap((r) => r.y.map((y, i) => [s.label, r.seed, (r.x ?? s.x)[i], y, '', '', '', ...points(s)])),
        ...s.mean.flatMap((m) => m.x.map((x, i) => [s.label, 'mean', x, m.mean[i], m.low?.[i], m.high?.[i], m.n[i], ...points(s)])),
      ]),
    ],
    dots: () => [
      ['row', 'seed', data.x.label, 'low', 'high', 'seeds'],
      ...data.rows.flatMap((r) => [
        ...r.seeds.map(([seed, value]) => [r.label, seed, value, '', '', '']),
        ...(r.mean === undefined ? [] : [[r.label, 'mean', r.mean, r.low, r.high, r.seeds.length]]),
      ]),
    ],
    heat: () => [
      [data.x.label, data.y.label, data.value.label, 'low', 'high', 'seeds'],
      ...data.cells.map((c) => [c.x, c.y, c.mean, c.low, c.high, c.n]),
    ],
    raster: () => [
      ['population', 'neuron', 'time (s)', 'kind', 'value', 'unit'],
      ...data.bands.flatMap((b) => b.panels.flatMap((p) => p.s.map((s, i) => [b.label, p.neuron[i], s, p.later[i] ? 'later in a burst' : 'event', '', '']))),
      ...data.drives.flatMap((d) => d.panels.flatMap((p) => p.s.map((s, i) => [d.label, '', s, 'drive', p.value[i], d.unit]))),
    ],
  }[data.kind]();
  const cell = (v) => {
    // Programs of tables would run what begins like a formula; numbers are none.
    const text = v === undefined || v === null ? '' : typeof v === 'string' ? v.replace(/^[=+\-@\t\r]/, "'$&") : String(v);
    return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
  };
  return `${rows.map((r) => r.map(cell).join(',')).join('\r\n')}\r\n`;
}
