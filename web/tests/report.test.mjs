// SPDX-License-Identifier: Apache-2.0
// Reports in a real browser: that of the system, named by CHROMIUM or found as chromium. Nothing is downloaded.
import assert from 'node:assert/strict';
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { AxeBuilder } from '@axe-core/playwright';
import { chromium } from 'playwright-core';
import { kinds } from './pages.mjs';

const kMostBytes = 1.5e6;
let browser;
before(async () => {
  browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args: ['--no-sandbox', '--disable-gpu'] });
});
after(() => browser?.close());

/** A page that notes what goes wrong, and every request beyond the file itself. */
async function open(path, { width = 1280, scheme = 'light', script = true } = {}) {
  const context = await browser.newContext({
    viewport: { width, height: 900 }, colorScheme: scheme, javaScriptEnabled: script, acceptDownloads: true,
  });
  const page = await context.newPage();
  page.wrong = [];
  page.on('console', (m) => { if (['error', 'warning'].includes(m.type())) page.wrong.push(m.text()); });
  page.on('pageerror', (e) => page.wrong.push(e.message));
  page.on('request', (r) => { if (!r.url().startsWith('file:') && !r.url().startsWith('data:')) page.wrong.push(`fetches ${r.url()}`); });
  await page.goto(`file://${path}`);
  return page;
}

/** Everything folded is opened, and every figure drawn. */
async function unfold(page) {
  await page.evaluate(() => { for (const d of document.querySelectorAll('details')) d.open = true; });
  for (const figure of await page.locator('figure:has(script)').all()) {
    await figure.scrollIntoViewIfNeeded();
    await figure.locator('.chart svg').first().waitFor();
  }
}

/** As a reader meets it, nothing unfolded: APICAL_SHOTS names the folder of such pictures. */
async function shoot(page, name) {
  if (!process.env.APICAL_SHOTS) return;
  for (const figure of await page.locator('figure:has(script):visible').all()) {
    await figure.scrollIntoViewIfNeeded();
    await figure.locator('.chart svg').first().waitFor();
  }
  await page.evaluate(() => scrollTo(0, 0));
  await page.screenshot({ path: join(process.env.APICAL_SHOTS, `${name}.png`), fullPage: true });
}

async function download(page, button) {
  const [file] = await Promise.all([page.waitForEvent('download'), button.click()]);
  return { name: file.suggestedFilename(), content: readFileSync(await file.path()) };
}

for (const kind of Object.keys(kinds)) {
  describe(`the report of a ${kind}`, () => {
    let path;
    before(() => { path = kinds[kind](); });

    test('is one file of at most 1.5 MB that begins with a figure', async () => {
      assert.ok(statSync(path).size < kMostBytes, `${statSync(path).size} bytes`);
      const page = await open(path);
      const first = await page.evaluate(() => document.querySelector('figure, table').tagName);
      assert.equal(first, 'FIGURE');
      await page.context().close();
    });

    for (const [width, scheme] of [[1280, 'light'], [1280, 'dark'], [390, 'light'], [390, 'dark']]) {
      test(`is sound for axe and the console at ${width} px, ${scheme}`, async () => {
        const page = await open(path, { width, scheme });
        await shoot(page, `${kind}-${width}-${scheme}`);
        await unfold(page);
        const found = await new AxeBuilder({ page }).analyze();
        assert.deepEqual(found.violations.map((v) => `${v.id}: ${v.nodes.length}, ${v.nodes[0].target} ${v.nodes[0].failureSummary}`), []);
        assert.deepEqual(page.wrong, []);
        const over = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
        assert.ok(over <= 0, `the page is ${over} px wider than the window`);
        await page.context().close();
      });
    }

    test('shows its drawings without a script', async () => {
      const page = await open(path, { script: false });
      const [figures, seen] = [await page.locator('figure').count(), await page.locator('figure .still svg').count()];
      assert.ok(figures > 0 && seen > 0);
      assert.ok(await page.locator('figure .still svg').first().isVisible());
      assert.equal(await page.locator('.tools').count(), 0);
      await page.context().close();
    });

    test('is printed with its drawings, unfolded', async () => {
      const page = await open(path);
      await unfold(page);
      await page.emulateMedia({ media: 'print' });
      assert.ok(await page.locator('figure .still svg').first().isVisible());
      assert.ok(!(await page.locator('.tools').first().isVisible()));
      await page.context().close();
    });
  });
}

describe('a figure of a comparison', () => {
  let page, figure, path;
  before(async () => {
    path = kinds.comparison();
    page = await open(path);
    figure = page.locator('figure:has(script)').filter({ hasText: 'over training' }).first();
    await figure.scrollIntoViewIfNeeded();
    await figure.locator('.chart svg').first().waitFor();
  });
  after(() => page.context().close());
  const domain = () => figure.locator('.chart').evaluate((c) => [...c.querySelectorAll('[data-part="x-axis tick label"] text')].map((t) => t.textContent).join());

  test('says a value with its interval at the pointer and by keys', async () => {
    const box = await figure.locator('.chart svg').first().boundingBox();
    // Wherever a point lies: a tip is shown of what is near.
    const found = async () => {
      for (let x = 0.2; x < 1; x += 0.05) {
        for (let y = 0.05; y < 1; y += 0.1) {
          await page.mouse.move(box.x + x * box.width, box.y + y * box.height);
          if (await figure.locator('[data-part="tip"] text').count()) return true;
        }
      }
      return false;
    };
    assert.ok(await found());
    assert.match(await figure.locator('[data-part="tip"]').first().textContent(), /\[.*\] \(95 %\), 3 seeds/);
    await figure.locator('.chart').focus();
    await page.keyboard.press('ArrowRight');
    assert.match(await figure.locator('.said').textContent(), /epoch: 0/);
    assert.match(await figure.locator('[data-part="tip"]').first().textContent(), /epoch: 0/);
  });

  test('hides a series and shows it again', async () => {
    const key = figure.locator('.keys button').first();
    const drawn = () => figure.locator('.chart .of-0').count();
    assert.ok((await drawn()) > 0);
    await key.click();
    assert.equal(await key.getAttribute('aria-pressed'), 'false');
    assert.equal(await drawn(), 0);
    await key.click();
    assert.ok((await drawn()) > 0);
  });

  test('zooms by a rectangle, by buttons and by keys, and back', async () => {
    const whole = await domain();
    const box = await figure.locator('.chart svg').first().boundingBox();
    await page.mouse.move(box.x + 0.3 * box.width, box.y + 0.3 * box.height);
    await page.mouse.down();
    await page.mouse.move(box.x + 0.6 * box.width, box.y + 0.6 * box.height, { steps: 4 });
    await page.mouse.up();
    const zoomed = await domain();
    assert.notEqual(zoomed, whole);
    await figure.getByRole('button', { name: 'Show all' }).click();
    assert.equal(await domain(), whole);
    await figure.getByRole('button', { name: 'Zoom in' }).click();
    assert.notEqual(await domain(), whole);
    await figure.locator('.chart').focus();
    await page.keyboard.press('0');
    assert.equal(await domain(), whole);
  });

  test('is saved as SVG and PNG in the colours of paper, and as CSV with every seed', async () => {
    const data = JSON.parse(await figure.locator('script').textContent());
    const svg = await download(page, figure.getByRole('button', { name: 'SVG' }));
    assert.equal(svg.name, `${data.name}.svg`);
    assert.match(svg.content.toString(), /^<svg [^>]*xmlns="http:\/\/www.w3.org\/2000\/svg"/);
    assert.doesNotMatch(svg.content.toString(), /var\(|currentColor/);
    const png = await download(page, figure.getByRole('button', { name: 'PNG' }));
    assert.deepEqual([...png.content.subarray(0, 4)], [0x89, 0x50, 0x4e, 0x47]);
    assert.ok(png.content.length > 5000);
    const csv = (await download(page, figure.getByRole('button', { name: 'CSV' }))).content.toString().trim().split('\r\n');
    const values = data.series.reduce((n, s) => n + s.seeds.reduce((m, r) => m + r.y.length, 0) + s.mean.reduce((m, p) => m + p.mean.length, 0), 0);
    assert.equal(csv.length, values + 1);
    const measured = data.series[0].seeds[1].y[2];
    assert.ok(csv.some((line) => line.split(',').includes(String(measured))));
  });

  test('can be logarithmic where its values span decades', async () => {
    const loss = page.locator('figure:has(script)').filter({ hasText: 'loss over training' }).first();
    await loss.scrollIntoViewIfNeeded();
    const button = loss.getByRole('button', { name: 'Logarithm: log y' });
    const ticks = () => loss.locator('.chart [data-part="y-axis tick label"]').textContent();
    const before = await ticks(), was = await button.getAttribute('aria-pressed');
    await button.click();
    assert.notEqual(await button.getAttribute('aria-pressed'), was);
    assert.notEqual(await ticks(), before);
  });
});

describe('what was complained of', () => {
  test('a table is sorted by its numbers', async () => {
    const page = await open(kinds.comparison());
    const table = page.locator('table:has(thead)').first();
    const head = table.locator('thead th').nth(2);
    const column = () => table.locator('tbody tr').evaluateAll((rows) => rows.map((r) => Number(r.cells[2].dataset.v)));
    await head.getByRole('button').click();
    assert.equal(await head.getAttribute('aria-sort'), 'ascending');
    const up = await column();
    assert.deepEqual(up, [...up].sort((a, b) => a - b));
    await head.getByRole('button').click();
    const down = await column();
    assert.deepEqual(down, [...up].reverse());
    await page.context().close();
  });

  test('a probe begins with a line at 0, and its long table is folded', async () => {
    const page = await open(kinds.probe());
    const figure = page.locator('figure:has(script)').first();
    await figure.locator('.chart svg .zero').first().waitFor({ state: 'attached' });  // a line has no area, and so counts as hidden
    const table = page.locator('table').filter({ hasText: 'Distinct from 0' });
    assert.equal(await table.isVisible(), false);
    await page.getByRole('heading', { name: 'Every contrast in figures' }).click();
    assert.equal(await table.isVisible(), true);
    await page.context().close();
  });

  test('angles have axes from 0 to 90', async () => {
    const page = await open(kinds.comparison());
    const axes = await page.evaluate(() => [...document.querySelectorAll('figure script')].map((s) => JSON.parse(s.textContent))
      .filter((f) => f.kind === 'lines' && f.y.label.includes('°')).map((f) => f.y.range));
    assert.ok(axes.length > 0);
    for (const range of axes) assert.ok(range[0] === 0 && (range[1] === 90 || range[1] === 180), String(range));
    await page.context().close();
  });

  test('a sweep has a large figure, and its single runs are folded', async () => {
    const page = await open(kinds.sweep());
    const first = page.locator('figure:has(script)').first();
    await first.locator('.chart svg').first().waitFor();
    assert.ok((await first.boundingBox()).width > 900);
    const visible = (await page.locator('figure').all()).length - (await page.locator('details:not([open]) figure').count());
    assert.ok(visible <= 6, `${visible} figures are not folded`);
    await page.context().close();
  });

  test('a raster has an axis of time and what drove it', async () => {
    const page = await open(kinds.spiking());
    const figure = page.locator('figure:has(script)').filter({ hasText: 'Spikes' }).first();
    await figure.scrollIntoViewIfNeeded();
    await figure.locator('.chart svg').first().waitFor();
    assert.match(await figure.locator('.chart svg').first().textContent(), /time \(s\)/);
    const data = JSON.parse(await figure.locator('script').textContent());
    assert.ok(data.drives.length > 0);
    await page.context().close();
  });

  test('what a run was asked to record is drawn', async () => {
    const page = await open(kinds.run());
    assert.ok((await page.locator('figure:has(script)').filter({ hasText: 'Recorded: ' }).count()) > 0);
    await page.context().close();
  });
});
