// SPDX-License-Identifier: Apache-2.0
// Makes the script that is embedded in reports: node build.mjs [--check]. The result is a file of the repository, so
// that building the program needs no npm; --check says whether it is the one that these sources give.
import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const here = dirname(fileURLToPath(import.meta.url));
const out = join(here, 'report.bundle.js');
const kMost = 600_000;

const lock = JSON.parse(readFileSync(join(here, 'package-lock.json'), 'utf8')).packages;
const made = await build({
  entryPoints: [join(here, 'report/main.js')],
  bundle: true, minify: true, format: 'iife', target: 'es2021', charset: 'ascii', legalComments: 'none',
  metafile: true, write: false,
});
// Who wrote what is inside: packages that any byte comes from.
const packages = [...new Set(Object.entries(made.metafile.outputs).flatMap(([, o]) => Object.entries(o.inputs))
  .filter(([, input]) => input.bytesInOutput > 0)
  .map(([file]) => file.match(/node_modules\/((?:@[^/]+\/)?[^/]+)\//)?.[1])
  .filter(Boolean))].sort();
const credits = packages.map((p) => `${p} ${lock[`node_modules/${p}`].version} (${lock[`node_modules/${p}`].license})`);
const code = made.outputFiles[0].text.trim();
// The page is well-formed as XML too, where the script stands in a CDATA section. `]]>` of code is a comparison.
// Their notices go with every copy, and so into every page; what several say alike is said once.
const third = readFileSync(join(here, '../THIRD-PARTY.md'), 'utf8');
const notices = [...new Set([...third.matchAll(/```text\n([^]*?)```/g)].flatMap(([, block]) => block.trim().split('\n\n')))].join('\n\n');
for (const p of packages) if (!third.includes(`| ${p} | ${lock[`node_modules/${p}`].version} |`)) throw new Error(`THIRD-PARTY.md does not name ${p} as it is`);
if (notices.includes('*/')) throw new Error('a notice would end its comment');
const text = `/*! Apical's report script (Apache-2.0), with: ${credits.join(', ')}.\n\n${notices}\n*/\n${code.replaceAll(']]>', ']] >')}\n`;
if (text.includes('</script') || text.includes('<!--')) throw new Error('the bundle has markup that would end the script');
if (text.length > kMost) throw new Error(`the bundle has ${text.length} bytes, more than ${kMost}`);

if (process.argv.includes('--check')) {
  if (readFileSync(out, 'utf8') !== text) {
    console.error('web/report.bundle.js is not what its sources give: run node web/build.mjs');
    process.exit(1);
  }
} else {
  writeFileSync(out, text);
}
console.log(`${out}: ${text.length} bytes; ${credits.join(', ')}`);
