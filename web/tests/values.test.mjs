// SPDX-License-Identifier: Apache-2.0
// What figures say of the data that stand in a page, without a browser.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { csvOf, unfold } from '../report/files.js';
import { bandsOf, kinds } from '../report/marks.js';

const axis = (label) => ({ label, log: false, range: [0, 10], ticks: [] });
const all = { hidden: new Set(), log: {}, zoom: null };
const swept = () => unfold({
  kind: 'lines', x: axis('eta'), y: axis('accuracy'),
  series: [{
    label: 'a', x: [1, 2, 3], seeds: [{ seed: 1, y: [1, 2, 3] }],
    mean: [{ mean: [1, 2, 3], low: [0, null, 2], high: [2, null, 4], n: [4, 1, 3] }],
  }],
});

test('each point has its own number of seeds, and its own interval', () => {
  const means = csvOf(swept()).split('\r\n').filter((l) => l.includes('mean'));
  assert.deepEqual(means, ['a,mean,1,1,0,2,4', 'a,mean,2,2,,,1', 'a,mean,3,3,2,4,3']);
  const texts = kinds.lines.points(swept(), all).map((p) => p.text.split('\n').at(-1));
  assert.deepEqual(texts, ['1 [0, 2] (95 %), 4 seeds', '2', '3 [2, 4] (95 %), 3 seeds']);
});

test('a band has a gap where fewer than three seeds were', () => {
  const bands = bandsOf(swept().series[0]);
  assert.deepEqual(bands.map((p) => p.low), [0, NaN, 2]);
  assert.deepEqual(bandsOf(unfold({ series: [{ x: [1], mean: [{ mean: [1], low: [0], high: [2], n: 2 }] }] }).series[0]), []);
});
