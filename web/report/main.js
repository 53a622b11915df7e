// SPDX-License-Identifier: Apache-2.0
// What a report can do with a script: every figure is drawn again, from the data that stand beside its SVG, so
// that it can be looked into, and tables can be sorted. Without it the page is complete, and so it is printed.
import { Figure } from './figure.js';
import { makeSortable } from './tables.js';

/** A figure is drawn when it is first near the window: folded ones have no width before. */
function whenSeen(element, act) {
  const seen = new IntersectionObserver((entries) => {
    if (!entries.some((e) => e.isIntersecting)) return;
    seen.disconnect();
    act();
  }, { rootMargin: '400px' });
  seen.observe(element);
}

/** Drawings of circuits stay as they are: what is pointed at stands out. */
function dimOthers(figure) {
  const parts = figure.querySelectorAll('svg [data-s]');
  const show = (key) => parts.forEach((p) => p.classList.toggle('dim', key !== null && p.dataset.s !== key));
  figure.addEventListener('pointerover', (e) => show(e.target.closest('[data-s]')?.dataset.s ?? null));
  figure.addEventListener('pointerleave', () => show(null));
}

for (const element of document.querySelectorAll('figure')) {
  const data = element.querySelector('script[type="application/json"]');
  if (data) whenSeen(element, () => new Figure(element, JSON.parse(data.textContent)));
  else dimOthers(element);
}
document.querySelectorAll('table').forEach(makeSortable);

// What is folded is printed too, and folded again afterwards.
let opened = [];
addEventListener('beforeprint', () => {
  opened = [...document.querySelectorAll('details:not([open])')];
  for (const d of opened) d.open = true;
});
addEventListener('afterprint', () => {
  for (const d of opened) d.open = false;
});
