# SPDX-License-Identifier: Apache-2.0
"""Ctrl-C as a terminal sends it, and handlers of other signals."""

from __future__ import annotations

import fcntl
import os
import pty
import signal
import subprocess
import sys
import termios
import textwrap
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import apical as ap

from .conftest import states

LONG = {
    "task": {"name": "yin-yang"},
    "model": {
        "name": "error-neuron-microcircuit",
        "layers": [4, 60, 3],
        "activation": "logistic",
        "weight_range": [8, 1],
        "eta": [300, 8],
    },
    "training": {"epochs": 4},
    "run": {"seeds": 1, "checkpoint_every_s": 1000},
}


def as_in_a_terminal() -> None:
    """In the child: Ctrl-C reaches it, also where tests run in the background, whose children ignore it."""
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def test_ctrl_c_in_a_terminal_ends_with_a_checkpoint_and_resume_goes_on(tmp_path: Path) -> None:
    long = {**LONG, "training": {"epochs": 40}}  # far from its end when the key is pressed, however busy the machine is
    script = textwrap.dedent(
        f"""
        import time, apical as ap
        exp = ap.Experiment({long!r})
        print("ready", flush=True)
        try:
            exp.run(out="stopped", callbacks=[lambda e: print("epoch", e.epoch, flush=True)])
        except KeyboardInterrupt as e:
            print("interrupted", time.monotonic(), e.__notes__[0], flush=True)
            exp["training.epochs"] = 50               # objects can be used afterwards
            print("usable", exp["training.epochs"], flush=True)
        """
    )
    leader, follower = pty.openpty()
    child = subprocess.Popen(
        [sys.executable, "-c", script],
        stdin=follower,
        stdout=follower,
        stderr=follower,
        start_new_session=True,
        preexec_fn=as_in_a_terminal,
    )
    os.close(follower)
    said = ""
    while "epoch 1" not in said:
        said += os.read(leader, 4096).decode()
    pressed = time.monotonic()
    os.write(leader, b"\x03")
    try:
        while chunk := os.read(leader, 4096):
            said += chunk.decode()
    except OSError:
        pass  # the terminal was closed
    assert child.wait(60) == 0, said
    returned = float(said.split("interrupted ")[1].split()[0]) - pressed
    print(f"KeyboardInterrupt {1000 * returned:.0f} ms after Ctrl-C")
    assert returned < 2  # 0.2 s on an idle machine
    assert "Run('stopped').resume()" in said
    assert "usable 50" in said
    stopped = ap.Run(tmp_path / "stopped")
    assert not stopped.finished
    assert list((stopped.path / "checkpoints").iterdir())
    whole = ap.Experiment(long).run(out="whole")
    assert states(stopped.resume().path) == states(whole.path)


def _answer(client: Any, asked: str) -> dict[str, Any]:
    """Of a kernel; what it was asked to find out whether it is ready is answered as well."""
    while True:
        message: dict[str, Any] = client.get_shell_msg(timeout=60)
        if message["parent_header"].get("msg_id") == asked:
            content: dict[str, Any] = message["content"]
            return content


def test_an_interrupted_cell_of_a_notebook_ends_with_a_checkpoint_and_resume_goes_on(tmp_path: Path) -> None:
    manager_of = pytest.importorskip("jupyter_client", reason="jupyter_client is not there").KernelManager
    pytest.importorskip("ipykernel", reason="ipykernel is not there")
    long = {**LONG, "training": {"epochs": 40}}
    manager = manager_of(kernel_name="python3")
    manager.start_kernel(cwd=str(tmp_path))
    client = manager.client()
    client.start_channels()
    try:
        client.wait_for_ready(timeout=60)
        asked = client.execute(
            textwrap.dedent(
                f"""
                import time, apical as ap
                try:
                    ap.Experiment({long!r}).run(
                        out="stopped", callbacks=[lambda e: print("epoch", e.epoch, flush=True)])
                except KeyboardInterrupt:
                    print("raised", time.monotonic(), flush=True)
                    raise
                """
            )
        )
        while "epoch 1" not in client.get_iopub_msg(timeout=60)["content"].get("text", ""):
            pass
        pressed = time.monotonic()
        manager.interrupt_kernel()
        answer = _answer(client, asked)
        answered = time.monotonic()
        said = ""
        while "raised" not in said:
            said += client.get_iopub_msg(timeout=60)["content"].get("text", "")
        returned = float(said.split("raised ")[1].split()[0]) - pressed
        print(
            f"run() returned {1000 * returned:.0f} ms after the interrupt, "
            f"and IPython had answered, traceback and all, after {1000 * (answered - pressed):.0f} ms"
        )
        assert answer["ename"] == "KeyboardInterrupt"
        for _ in range(20):  # IPython leaves out what is asked too soon after an error
            if _answer(client, client.execute("print(ap.Run('stopped').finished, 'usable')"))["status"] == "ok":
                break
        said = ""
        while "usable" not in said:
            said += client.get_iopub_msg(timeout=60)["content"].get("text", "")
        assert "False usable" in said
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)
    whole = ap.Experiment(long).run(out="whole")
    assert states(ap.Run(tmp_path / "stopped").resume().path) == states(whole.path)


def test_a_handler_that_raises_ends_the_run_and_one_that_does_not_lets_it_go_on() -> None:
    calls = []

    def quiet(*_: object) -> None:
        calls.append(1)

    class Late(Exception):
        pass

    def loud(*_: object) -> None:
        raise Late

    exp = ap.Experiment(LONG)
    exp["training.epochs"] = 30  # so that a signal comes far from its end
    before = signal.signal(signal.SIGALRM, quiet)
    try:
        signal.setitimer(signal.ITIMER_REAL, 0.05)
        assert exp.run(out="one").finished
        assert calls == [1]
        signal.signal(signal.SIGALRM, loud)
        signal.setitimer(signal.ITIMER_REAL, 0.05)
        with pytest.raises(Late):
            exp.run(out="two")
        assert not ap.Run("two").finished
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
    assert states(ap.Run("two").resume().path) == states(Path("one"))


def test_a_long_advance_of_a_simulation_can_be_broken_off() -> None:
    class Late(Exception):
        pass

    def loud(*_: object) -> None:
        raise Late

    before = signal.signal(signal.SIGALRM, loud)
    try:
        with ap.Simulation(ap.Experiment(LONG)) as sim:
            sim.show([0.1, 0.2, 0.3, 0.4])
            signal.setitimer(signal.ITIMER_REAL, 0.1)
            with pytest.raises(Late):
                sim.advance(10**9)
            assert 0 < sim.step < 10**9
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def test_a_callback_may_run_another_experiment(small: Callable[[str], ap.Experiment]) -> None:
    inner = []

    def callback(event: ap.EpochEnd) -> None:
        if event.epoch == 1:
            inner.append(small("layered").run(out="inner"))

    assert small("rate").run(out="outer", callbacks=[callback]).finished
    assert inner[0].finished
