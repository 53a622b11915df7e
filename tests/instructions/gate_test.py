#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What bench/instructions.py lets through, and what it does not; nothing is counted here."""
import contextlib
import importlib.util
import io
import json
import pathlib
import tempfile
import unittest
from unittest import mock

SCRIPT = pathlib.Path(__file__).resolve().parents[2] / "bench" / "instructions.py"
CONDITIONS = {"compiler": "GNU 12", "target": "AVX2"}
KERNELS = {"rate step": 1_000_000, "batch": 2_000_000}


def gate(stored, found):
    """Status and what was printed."""
    spec = importlib.util.spec_from_file_location("instructions", SCRIPT)
    script = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(script)
    with tempfile.TemporaryDirectory() as folder:
        file = pathlib.Path(folder) / "stored.json"
        file.write_text(json.dumps({"conditions": stored[0], "kernels": stored[1]}))
        printed = io.StringIO()
        words = ["instructions.py", "program", "--stored", str(file)]
        with (
            mock.patch.object(script, "counted", lambda program: found),
            mock.patch("sys.argv", words),
            contextlib.redirect_stdout(printed),
        ):
            return script.main(), printed.getvalue()


class Gate(unittest.TestCase):
    def test_counts_within_three_percent_pass(self):
        for factor in (0.98, 1, 1.02):
            found = {**KERNELS, "batch": round(2_000_000 * factor)}
            self.assertEqual(gate((CONDITIONS, KERNELS), (CONDITIONS, found))[0], 0)

    def test_four_percent_more_or_less_fails_and_names_the_kernel(self):
        for factor in (0.96, 1.04):
            found = {**KERNELS, "batch": round(2_000_000 * factor)}
            status, printed = gate((CONDITIONS, KERNELS), (CONDITIONS, found))
            self.assertEqual(status, 1)
            self.assertRegex(printed, r"batch .*BEYOND 3 %")
            self.assertNotRegex(printed, r"rate step .*BEYOND")

    def test_a_kernel_that_is_new_or_gone_fails(self):
        one = {"batch": 2_000_000}
        for stored, found in ((one, KERNELS), (KERNELS, one)):
            self.assertEqual(gate((CONDITIONS, stored), (CONDITIONS, found))[0], 1)

    def test_another_compiler_is_not_compared_and_says_so(self):
        other = {**CONDITIONS, "compiler": "GNU 13"}
        status, printed = gate((CONDITIONS, KERNELS), (other, {}))
        self.assertEqual(status, 77)
        self.assertIn("skipped: what is stored is of compiler 'GNU 12', this is 'GNU 13'", printed)

    def test_without_valgrind_it_says_so(self):
        spec = importlib.util.spec_from_file_location("instructions", SCRIPT)
        script = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(script)
        with (
            mock.patch("shutil.which", lambda name: None),
            mock.patch("sys.argv", ["instructions.py", "program"]),
            contextlib.redirect_stdout(io.StringIO()) as printed,
        ):
            self.assertEqual(script.main(), 77)
        self.assertIn("skipped: there is no valgrind", printed.getvalue())


if __name__ == "__main__":
    unittest.main()
