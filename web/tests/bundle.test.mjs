// SPDX-License-Identifier: Apache-2.0
import { execFileSync } from 'node:child_process';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

test('report.bundle.js is what its sources give', () => {
  execFileSync(process.execPath, [fileURLToPath(new URL('../build.mjs', import.meta.url)), '--check']);
});
