// SPDX-License-Identifier: Apache-2.0
// Reports of every kind, made by the program that was built: small runs, in seconds. APICAL names the program; a
// folder that has them already is used again.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));
export const apical = resolve(process.env.APICAL ?? join(root, 'build/release/apical'));
export const folder = resolve(process.env.APICAL_PAGES ?? join(root, 'build/page-tests'));

export const recorded = readFileSync(join(root, 'experiments/yin-yang/error-neurons.toml'), 'utf8')
  + '\n[[record]]\npopulation = "a1.err"\nvariable = "rate"\nevery_ms = 20\n';

export const spiking = `title = "Tiny XOR"
[model]
name = "burstprop-xor"
neurons = 60
in_degree = 20
example_s = 0.5
alpha_s = 0.1
[training]
epochs = 2
[run]
seeds = 2
[record]
raster_s = 0.1
`;

const small = ['--set', 'model.layers=[4,10,3]', '--set', 'training.epochs=3', '--set', 'training.align_every=1'];
const makings = {
  run: ['run', 'recorded.toml', ...small, '--seeds', '3'],
  comparison: ['compare', 'yin-yang/compare.toml', ...small, '--seeds', '3'],
  sweep: ['compare', 'scaling/feedback-deviation.toml', '--seeds', '2', '--set', 'training.epochs=10',
    '--set', 'training.validate_every=5', '--set', 'training.align_every=5'],
  spiking: ['run', 'spiking.toml'],
  probe: ['probe', 'protocols/mismatch.toml', '--seeds', '2', '--set', 'training.epochs=1', '--set', 'protocol.epochs=[0,1]',
    '--set', 'protocol.samples=6'],
  reward: ['compare', 'cart-pole-v1/methods.toml', '--seeds', '2', '--set', 'training.environment_steps=2000'],
};

/** By kind, what makes its run if need be and gives the path of its report. */
export const kinds = Object.fromEntries(Object.entries(makings).map(([kind, [command, file, ...rest]]) => [kind, () => {
  const out = join(folder, kind), page = join(out, 'report.html');
  if (['summary.json', 'comparison.json'].some((file) => existsSync(join(out, file))) && existsSync(page)) {
    execFileSync(apical, ['report', out]);
    return page;
  }
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'recorded.toml'), recorded);
  writeFileSync(join(folder, 'spiking.toml'), spiking);
  const experiment = file.includes('/') ? join(root, 'experiments', file) : join(folder, file);
  execFileSync(apical, [command, experiment, ...rest, '--out', out], { cwd: folder, stdio: ['ignore', 'ignore', 'pipe'] });
  return page;
}]));
