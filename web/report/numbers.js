// SPDX-License-Identifier: Apache-2.0
// Numbers for people, as the page prints them.

export function number(v) {
  if (v === null || v === undefined || Number.isNaN(v)) return '–';
  const size = Math.abs(v);
  if (size !== 0 && (size < 1e-3 || size >= 1e6)) {
    const [digits, power] = v.toExponential(2).split('e');
    const raised = [...String(Number(power))].map((c) => (c === '-' ? '⁻' : '⁰¹²³⁴⁵⁶⁷⁸⁹'[c])).join('');
    return `${Number(digits) === 1 ? '' : `${Number(digits)} × `}10${raised}`.replace('-', '−');
  }
  return String(Number(v.toPrecision(4))).replace('-', '−');
}

/** "97.6 [97.2, 98.1]" */
export function textOf(mean, low, high) {
  return low === undefined || low === null ? number(mean) : `${number(mean)} [${number(low)}, ${number(high)}] (95 %)`;
}
