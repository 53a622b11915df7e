// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

test('report.bundle.js is what its sources give', () => {
  execFileSync(process.execPath, [fileURLToPath(new URL('../build.mjs', import.meta.url)), '--check']);
});

test('whoever has the bundle has the notices of all that is in it, and so has the package', () => {
  const read = (file) => readFileSync(fileURLToPath(new URL(`../../${file}`, import.meta.url)), 'utf8');
  const bundle = read('web/report.bundle.js'), debian = read('packaging/copyright'), third = read('THIRD-PARTY.md');
  const banner = bundle.slice(0, bundle.indexOf('*/'));
  const packages = [...banner.split('\n')[0].matchAll(/([@\w/-]+) (\d+\.\d+\.\d+) \(/g)];
  assert.ok(packages.length > 10);
  for (const [, name, version] of packages) {
    assert.ok(third.includes(`| ${name} | ${version} |`), name);
    assert.ok(debian.includes(name), name);
  }
  const holders = [...third.matchAll(/^Copyright (.*)$/gm)].map(([, who]) => who);
  assert.ok(holders.length > 5);
  for (const who of holders) {
    assert.ok(banner.includes(who), who);
    assert.ok(debian.includes(who), who);
  }
  for (const words of ['THE SOFTWARE IS PROVIDED "AS IS" AND THE AUTHOR DISCLAIMS', 'Permission is hereby granted, free of charge']) {
    assert.ok(banner.includes(words), words);
    assert.ok(debian.includes(words), words);
  }
});
