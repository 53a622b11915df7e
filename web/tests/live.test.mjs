// SPDX-License-Identifier: Apache-2.0
// The page of `apical serve` in a real browser, while runs go on: a circuit of rates, a spiking one, a run that has
// finished and one whose files are broken.
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { AxeBuilder } from '@axe-core/playwright';
import { chromium } from 'playwright-core';
import { apical, folder, recorded, spiking } from './pages.mjs';

const runs = join(folder, 'live');
const kPatience = 60_000; // ms, on a machine that is busy with other things
const going = [];
let browser, server, address;

async function until(what, holds) {
  for (const end = Date.now() + kPatience; Date.now() < end; await new Promise((r) => setTimeout(r, 100))) if (await holds()) return;
  assert.fail(`waited in vain until ${what}`);
}
/** A run in a process of its own; `ended` is how it ended. */
function begin(name, text) {
  writeFileSync(join(folder, `${name}.toml`), text);
  const child = spawn(apical, ['run', join(folder, `${name}.toml`), '--quiet', '--threads', '1', '--out', join(runs, name)], { stdio: 'ignore' });
  const ended = new Promise((done) => child.once('exit', done));
  going.push({ child, ended });
  return ended;
}
async function serve() {
  server = spawn(apical, ['serve', runs, '--json'], { stdio: ['ignore', 'pipe', 'ignore'] });
  const line = await new Promise((done) => server.stdout.once('data', done));
  address = JSON.parse(line).address;
}
async function open({ width = 1280, scheme = 'light' } = {}) {
  const context = await browser.newContext({ viewport: { width, height: 900 }, colorScheme: scheme });
  const page = await context.newPage();
  page.setDefaultTimeout(kPatience);
  page.wrong = [];
  page.on('console', (m) => { if (['error', 'warning'].includes(m.type())) page.wrong.push(m.text()); });
  page.on('pageerror', (e) => page.wrong.push(e.message));
  await page.goto(address);
  await page.locator('#table tbody tr').first().waitFor();
  return page;
}
const row = (page, name) => page.locator('#table tbody tr').filter({ has: page.locator('th', { hasText: new RegExp(`^${name}$`) }) });
const show = (page, name) => row(page, name).locator('input').check();

let rateEnded, spikingEnded;
before(async () => {
  browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args: ['--no-sandbox', '--disable-gpu'] });
  rmSync(runs, { recursive: true, force: true });
  mkdirSync(runs, { recursive: true });
  writeFileSync(join(folder, 'recorded.toml'), recorded);
  const small = ['--set', 'model.layers=[4,10,3]', '--set', 'training.epochs=3', '--set', 'training.align_every=1'];
  execFileSync(apical, ['run', join(folder, 'recorded.toml'), ...small, '--seeds', '2', '--quiet', '--out', join(runs, 'whole')]);
  cpSync(join(runs, 'whole'), join(runs, 'cut'), { recursive: true });
  truncateSync(join(runs, 'cut/metrics.ndjson'), 200);
  rateEnded = begin('going', recorded.replace(/layers = \[4, 120, 3\]/, 'layers = [4, 10, 3]').replace(/epochs = \d+/, 'epochs = 100000').replace(/\n\[\[record\]\][^]*$/, '\n'));
  spikingEnded = begin('spiking', spiking.replace('epochs = 2', 'epochs = 5000').replace('seeds = 2', 'seeds = 1'));
  await until('the runs have begun', () => existsSync(join(runs, 'going/metrics.ndjson')) && existsSync(join(runs, 'spiking/metrics.ndjson')));
  await serve();
});
after(async () => {
  for (const { child, ended } of going) {
    child.kill('SIGINT');
    await ended;
  }
  server?.kill('SIGINT');
  await browser?.close();
});

describe('the page of apical serve', () => {
  test('lists every run and says which are broken', async () => {
    const page = await open();
    for (const [name, state] of [['whole', 'finished'], ['cut', 'broken'], ['going', 'running'], ['spiking', 'running']])
      assert.match(await row(page, name).textContent(), new RegExp(state));
    assert.doesNotMatch(await row(page, 'cut').textContent(), /0\.\d\d\d/); // figures of cut files are none
    await page.context().close();
  });

  test('shows what the files of a run say', async () => {
    const page = await open();
    await show(page, 'whole');
    const name = page.locator('#figures dt').filter({ hasText: 'test accuracy' });
    await name.waitFor();
    const lines = readFileSync(join(runs, 'whole/metrics.ndjson'), 'utf8').trim().split('\n').map((l) => JSON.parse(l))
      .filter((l) => l.where === 'test' && l.metric === 'accuracy');
    const last = Math.max(...lines.map((l) => l.epoch)), values = lines.filter((l) => l.epoch === last).map((l) => l.value);
    const mean = (100 * values.reduce((a, b) => a + b)) / values.length;
    const said = Number((await name.locator('xpath=following-sibling::dd[1]').textContent()).match(/whole ([\d.]+)/)[1]);
    assert.ok(Math.abs(said - mean) < 0.01 * mean, `${said}, expected ${mean}`);
    await page.context().close();
  });

  test('draws curves as they grow, and spikes and rates of a circuit that runs', async () => {
    const page = await open();
    await show(page, 'going');
    await show(page, 'spiking');
    const epoch = async () => Number((await page.locator('#progress li').filter({ hasText: 'going' }).textContent()).match(/epoch (\d+)/)?.[1] ?? 0);
    await until('an epoch is shown', async () => (await epoch()) > 0);
    const before = await epoch();
    await until('it has gone on', async () => (await epoch()) > before);
    const spikes = page.locator('figure.spikes');
    await spikes.locator('path.event').first().waitFor({ state: 'attached' });
    const now = async () => (await spikes.locator('figcaption').textContent()).match(/at ([\d.e+]+) s/)[1];
    const first = await now();
    assert.match(await spikes.locator('svg').getAttribute('aria-label'), /events [\d.]+ Hz/);
    await until('spikes of a later time are shown', async () => (await now()) !== first);
    assert.deepEqual(page.wrong, []);
    await page.context().close();
  });

  test('runs are told apart by more than colours, and the 21st is refused', async () => {
    const page = await open();
    for (const name of ['whole', 'going']) await show(page, name);
    await until('names stand at the ends of lines', async () => (await page.locator('#figures text.name', { hasText: 'whole' }).count()) > 0);
    const looks = await page.locator('#progress svg.swatch').evaluateAll((all) => all.map((s) => [
      getComputedStyle(s.querySelector('.mean')).stroke, getComputedStyle(s.querySelector('.mean')).strokeDasharray,
      s.querySelector('.marker').outerHTML.replace(/class="[^"]*"/, '')]));
    for (const k of [0, 1, 2]) assert.notEqual(looks[0][k], looks[1][k], `${looks}`);
    assert.equal(await page.evaluate(() => {
      const sets = Array.from({ length: 20 }, (_, i) => `${i % 7} ${i % 5} ${i % 8}`);
      return new Set(sets).size;
    }), 20);
    await page.evaluate(() => { for (let i = chosen.length; i < 20; ++i) chosen.push('whole'); });  // as if there were so many
    const box = row(page, 'spiking').locator('input');
    await box.click();
    assert.equal(await box.isChecked(), false);
    assert.match(await page.locator('#many').textContent(), /20 runs are shown.*'spiking'/);
    await page.context().close();
  });

  test('a mean is over every seed, and those that are lost are marked', async () => {
    const page = await open();
    const told = await page.evaluate(() => {
      runs.set('x', { rows: { 'validation.loss': new Map([[1, [[1, 4], [2, 2], [3, 1]]], [2, [[1, 6], [2, NaN]]]]) }, progress: {} });
      chosen = ['x'];
      looks['validation.loss'] = { words: 'loss', unit: '', times: 1, logarithmic: true };
      const drawn = figure('validation.loss'), means = [...drawn.querySelectorAll('.mean')].length;
      const zero = new Map([[1, [[1, 0], [2, 100], [3, 1000]]]]);
      runs.set('y', { rows: { 'validation.loss': zero }, progress: {} });
      chosen = ['y'];
      const ticks = [...figure('validation.loss').querySelectorAll('text[text-anchor=end]')].map((t) => t.textContent);
      return { mean: mean(runs.get('x').rows['validation.loss']).map(([x, y]) => [x, String(y)]), lost: drawn.querySelectorAll('.lost').length, means,
        said: drawn.querySelector('.last').textContent, ticks, turned: make('b', 'a\u202eb').textContent };
    });
    assert.deepEqual(told.mean, [[1, '5'], [2, 'NaN']]); // not 2 and 1, of the seed that survives
    assert.equal(told.lost, 1);
    assert.equal(told.means, 1);
    assert.equal(told.said, 'x 5 at epoch 1 (1 of 2 seeds at epoch 3)');
    assert.ok(told.ticks.includes('0') && told.ticks.includes('200'), `${told.ticks}`); // linear: 0 has no logarithm
    assert.equal(told.turned, 'a\ufffdb');
    await page.context().close();
  });

  test('filters and sorts by any key', async () => {
    const page = await open();
    const names = () => page.locator('#table tbody th').allTextContents();
    await page.locator('#where').fill('state = running; model.name ~ burst');
    await until('one run is left', async () => (await names()).join() === 'spiking');
    await page.locator('#where').fill('no condition');
    await until('what is wrong is said', async () => /condition/.test(await page.locator('#said').textContent()));
    await page.locator('#where').fill('');
    await until('all are back', async () => (await names()).length === 4);
    await page.locator('#table thead button', { hasText: /^run$/ }).click();
    await until('they are in order', async () => (await names()).join() === [...(await names())].sort().join());
    await page.locator('#table thead button', { hasText: /^run$/ }).click();
    await until('and the other way round', async () => (await names()).join() === [...(await names())].sort().reverse().join());
    // Columns and their order are what is asked for, and the address keeps them.
    const heads = async () => (await page.locator('#table thead button').allTextContents()).join('|');
    await page.locator('#columns').fill('training.epochs, model.na*, test.accuracy');
    await page.locator('#sort').fill('training.epochs');
    await page.locator('#reverse').check();
    const chosen = 'run|training.epochs|model.name|test accuracy (%)';
    await until('the columns are there', async () => (await heads()) === chosen);
    await until('the longest run is first', async () => (await names())[0] === 'going');
    await page.reload();
    await until('they are there again', async () => (await heads()) === chosen && (await names())[0] === 'going');
    await page.locator('#columns').fill('training.epoch');
    await until('what was meant is said', async () => /did you mean 'training.epochs'/.test(await page.locator('#said').textContent()));
    await page.context().close();
  });

  for (const [width, scheme] of [[1280, 'light'], [1280, 'dark'], [390, 'light'], [390, 'dark']]) {
    test(`is sound for axe and the console at ${width} px, ${scheme}`, async () => {
      const page = await open({ width, scheme });
      for (const name of ['whole', 'going', 'spiking']) await show(page, name);
      await page.locator('figure.spikes').waitFor();
      await page.locator('#figures figure svg').first().waitFor();
      const found = await new AxeBuilder({ page }).analyze();
      assert.deepEqual(found.violations.map((v) => `${v.id}: ${v.nodes.length}, ${v.nodes[0].target} ${v.nodes[0].failureSummary}`), []);
      assert.deepEqual(page.wrong, []);
      const over = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
      assert.ok(over <= 0, `the page is ${over} px wider than the window`);
      if (process.env.APICAL_SHOTS) await page.screenshot({ path: join(process.env.APICAL_SHOTS, `live-${width}-${scheme}.png`), fullPage: true });
      await page.context().close();
    });
  }

  test('keeps the focus while it goes on', async () => {
    const page = await open();
    await show(page, 'going');
    const button = page.getByRole('button', { name: 'stop with a checkpoint: going' });
    await button.focus();
    await page.waitForTimeout(3000);
    assert.match(await page.evaluate(() => document.activeElement.getAttribute('aria-label') ?? ''), /checkpoint: going/);
    await page.context().close();
  });

  test('stops a run with a checkpoint', async () => {
    const page = await open();
    await show(page, 'going');
    await page.getByRole('button', { name: 'stop with a checkpoint: going' }).click();
    assert.equal(await rateEnded, 75);
    await until('it is said', async () => /stopped/.test(await page.locator('#progress li').filter({ hasText: 'going' }).textContent()));
    assert.equal(await page.getByRole('button', { name: 'stop with a checkpoint: going' }).count(), 0);
    await page.context().close();
  });

  test('says that it is old once the server is gone', async () => {
    const page = await open();
    await show(page, 'whole');
    await page.locator('#figures figure svg').first().waitFor();
    assert.equal(await page.locator('#stale').isVisible(), false);
    server.kill('SIGINT');
    await page.locator('#stale').waitFor();
    await page.context().close();
  });
});
