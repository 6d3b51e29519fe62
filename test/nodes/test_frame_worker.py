# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import threading
import time

from mask_detector_ros.nodes.common.frame_worker import FrameWorker


def wait_for(condition, timeout: float = 5.0) -> None:  # type: ignore[no-untyped-def]
    deadline = time.monotonic() + timeout
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.001)


def test_the_newest_frame_is_worked_on_and_the_others_are_counted() -> None:
    done, gate = [], threading.Event()

    def work(frame: int) -> None:
        done.append(frame)
        gate.wait(5)

    worker = FrameWorker(work, lambda error: None)
    worker.start()
    worker.offer(0)
    wait_for(lambda: done == [0])
    for frame in range(1, 6):
        worker.offer(frame)
    gate.set()
    wait_for(lambda: len(done) == 2)
    assert done == [0, 5]
    assert worker.dropped == 4
    assert worker.stop()


def test_a_failure_is_told_and_the_next_frame_is_tried() -> None:
    done, failures = [], []

    def work(frame: int) -> None:
        if frame == 1:
            raise RuntimeError("bad frame")
        done.append(frame)

    worker = FrameWorker(work, failures.append)
    worker.start()
    for frame in range(3):
        worker.offer(frame)
        wait_for(lambda: len(done) + len(failures) > frame)  # noqa: B023
    assert done == [0, 2]
    assert [str(error) for error in failures] == ["bad frame"]
    assert worker.stop()


def test_stopping_says_when_the_work_does_not_end() -> None:
    gate = threading.Event()
    worker = FrameWorker(lambda frame: gate.wait(10), lambda error: None)
    worker.start()
    worker.offer(1)
    time.sleep(0.05)
    assert not worker.stop(timeout=0.05)
    gate.set()
    assert worker.stop()


def test_stopping_what_never_started() -> None:
    assert FrameWorker(print, print).stop()
