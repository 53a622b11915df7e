#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""How much a run is slowed down by whoever looks at it, in percent.

    bench/served.py PROGRAM [--pairs 7] [--epochs 60]        (ends with 1 over the goal)

The same run of one thread, alone and in turn beside `apical serve` with six pages that follow it, a table that is
asked for every second, and a hundred clients that open a connection, say half a request and stall. The seconds are
those in which its epochs were computed, as its log has them; the median of the ratios of pairs, with least and largest.
Goal: at most 3 % of its wall time on a machine of two cores that does nothing else. About three minutes.
"""

import argparse
import json
import os
import platform
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request
from pathlib import Path

EXPERIMENT = """[task]
name = "yin-yang"
train_samples = 2000
validation_samples = 200
test_samples = 200
[model]
name = "backpropagation"
layers = [4, 400, 400, 3]
[training]
epochs = {epochs}
align_every = 1
[run]
seeds = 1
"""
GOAL_PERCENT = 3.0


class Audience:
    """Everyone who looks at a folder of runs, until it is left."""

    def __init__(self, program: str, runs: Path, run: str) -> None:
        self.server = subprocess.Popen(
            [program, "serve", str(runs), "--json"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        )
        address = json.loads(self.server.stdout.readline())["address"]
        self.base, self.token = address.split("/?token=")
        self.port = int(self.base.rsplit(":", 1)[1])
        self.run, self.over, self.answers, self.errors = run, threading.Event(), 0, 0
        self.threads = [threading.Thread(target=self.follow) for _ in range(6)]
        self.threads += [threading.Thread(target=self.ask), threading.Thread(target=self.stall)]

    def __enter__(self) -> "Audience":
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.over.set()
        self.server.terminate()
        for thread in self.threads:
            thread.join()
        self.server.wait()

    def open(self, path: str) -> "urllib.request.http.client.HTTPResponse":
        """With the token."""
        return urllib.request.urlopen(f"{self.base}{path}&token={self.token}", timeout=20)

    def follow(self) -> None:
        """As an open page does, again where the connection ends."""
        while not self.over.is_set():
            try:
                with self.open(f"/api/follow?run={self.run}") as stream:
                    while not self.over.is_set() and stream.readline():
                        self.answers += 1
            except (OSError, urllib.error.URLError):
                time.sleep(0.2)

    def ask(self) -> None:
        """For the table, once a second."""
        while not self.over.wait(1):
            try:
                with self.open("/api/runs?sort=test.accuracy") as table:
                    json.load(table)
                    self.answers += 1
            except urllib.error.HTTPError:
                self.errors += 1
            except OSError:
                self.errors += not self.over.is_set()

    def stall(self) -> None:
        """A hundred at any time: the server closes each after some seconds."""
        stalled: list[socket.socket] = []
        while not self.over.wait(0.05):
            if len(stalled) >= 100:
                stalled.pop(0).close()
            try:
                one = socket.create_connection(("127.0.0.1", self.port), timeout=5)
                one.sendall(b"GET /api/runs HTTP/1.1\r\nHost: ")
                stalled.append(one)
            except OSError:
                pass
        for one in stalled:
            one.close()


def seconds_of(program: str, experiment: Path, out: Path) -> tuple[float, float]:
    """Wall seconds of its epochs, and processor seconds of the whole run."""
    words = [program, "run", str(experiment), "--quiet", "--threads", "1", "--out", str(out)]
    child = subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode != 0:
        sys.exit(f"served.py: the run ended with {child.returncode}")
    events = [json.loads(line) for line in (out / "events.ndjson").read_text().splitlines()]
    return sum(e["seconds"] for e in events if e["event"] == "epoch"), usage.ru_utime + usage.ru_stime


def main() -> None:
    """Prints each pair, then both medians."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program")
    parser.add_argument("--pairs", type=int, default=7)
    parser.add_argument("--epochs", type=int, default=60)
    words = parser.parse_args()
    program = str(Path(words.program).resolve())
    wall, processor, answers, errors = [], [], 0, 0
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        experiment = folder / "watched.toml"
        experiment.write_text(EXPERIMENT.format(epochs=words.epochs))
        runs = folder / "runs"
        runs.mkdir()
        seconds_of(program, experiment, runs / "warm")

        def alone(i: int) -> tuple[float, float]:
            return seconds_of(program, experiment, runs / f"alone-{i}")

        def watched(i: int) -> tuple[float, float]:
            nonlocal answers, errors
            with Audience(program, runs, f"watched-{i}") as audience:
                out = seconds_of(program, experiment, runs / f"watched-{i}")
            answers, errors = answers + audience.answers, errors + audience.errors
            return out

        for i in range(words.pairs):
            # The order changes: what the machine does otherwise hits both alike.
            a, b = (alone(i), watched(i)) if i % 2 == 0 else (watched(i), alone(i))[::-1]
            wall.append(100 * (b[0] / a[0] - 1))
            processor.append(100 * (b[1] / a[1] - 1))
            print(
                f"pair {i + 1}: alone {a[0]:.2f} s, watched {b[0]:.2f} s: {wall[-1]:+.1f} %,"
                f" of processor {processor[-1]:+.1f} %",
                flush=True,
            )
    print(f"{platform.processor() or platform.machine()}, {os.cpu_count()} cores; {answers} answers, {errors} failed")
    for what, all_of in (("wall time", wall), ("processor time", processor)):
        print(
            f"slower in {what}: median {statistics.median(all_of):+.1f} % [{min(all_of):+.1f}, {max(all_of):+.1f}],"
            f" goal {GOAL_PERCENT:.0f} %"
        )
    if statistics.median(wall) > GOAL_PERCENT:
        sys.exit(1)


if __name__ == "__main__":
    main()
