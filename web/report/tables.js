// SPDX-License-Identifier: Apache-2.0
// A heading of a table sorts by its column: by data-v where a cell has its number, else by its text.

export function makeSortable(table) {
  const head = table.tHead?.rows[0], body = table.tBodies[0];
  // Cells that span rows belong to several of them.
  if (!head || !body || body.rows.length < 3 || body.querySelector('[rowspan]')) return;
  [...head.cells].forEach((cell, column) => {
    const button = document.createElement('button');
    button.type = 'button';
    button.className = 'sort';
    button.append(...cell.childNodes);
    cell.append(button);
    button.addEventListener('click', () => {
      const descends = cell.getAttribute('aria-sort') === 'ascending';
      for (const other of head.cells) other.removeAttribute('aria-sort');
      cell.setAttribute('aria-sort', descends ? 'descending' : 'ascending');
      const rows = [...body.rows].sort((a, b) => compare(a.cells[column], b.cells[column], descends ? -1 : 1));
      body.append(...rows);
    });
  });
}

function compare(a, b, direction) {
  const [x, y] = [a, b].map((cell) => (cell?.dataset.v === undefined ? NaN : Number(cell.dataset.v)));
  const numbers = [x, y].map((v) => !Number.isNaN(v));
  if (numbers[0] && numbers[1]) return direction * (x - y);
  if (numbers[0] !== numbers[1]) return numbers[0] ? -1 : 1; // what has no value comes last either way
  return direction * (a?.textContent ?? '').localeCompare(b?.textContent ?? '', 'en', { numeric: true });
}
