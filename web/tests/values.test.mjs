// SPDX-License-Identifier: Apache-2.0
// What figures say of the data that stand in a page, without a browser.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { csvOf, unfold } from '../report/files.js';
import { bandsOf, cutMarks, kinds } from '../report/marks.js';

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

test('bands that go on beyond the axis are marked at its edge', () => {
  const bands = bandsOf(swept().series[0]);
  assert.deepEqual(cutMarks(bands, [0, 10], all), []);
  const marks = cutMarks(bands, [1, 3], all);
  assert.deepEqual(marks.map(([list, y, text]) => [list.map((p) => p.x), y, text]), [[[3], 3, '\u25b4'], [[1], 1, '\u25be']]);
});

test('a CSV has drives, says what was thinned, and has no formulas', () => {
  const raster = csvOf({
    kind: 'raster', bands: [{ label: '=cmd()', panels: [{ s: [0.1], neuron: [3], later: [0] }] }],
    drives: [{ label: 'current', unit: 'pA', panels: [{ s: [0, 1], value: [-5, 7] }] }],
  }).trim().split('\r\n');
  assert.deepEqual(raster, ['population,neuron,time (s),kind,value,unit', "'=cmd(),3,0.1,event,,", 'current,,0,drive,-5,pA', 'current,,1,drive,7,pA']);
  const data = swept();
  assert.doesNotMatch(csvOf(data), /points|thinned/);
  data.series[0].thinned = true;
  const lines = csvOf(data).trim().split('\r\n');
  assert.match(lines[0], /,seeds,points$/);
  assert.ok(lines.slice(1).every((l) => l.endsWith(',thinned')));
});
