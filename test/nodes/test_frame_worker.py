# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The worker thread: newest frame first, drops counted, errors reported."""

from __future__ import annotations

import threading

from mask_detector_ros.nodes.common.frame_worker import FrameWorker
from support.waiting import TIMEOUT_S, wait_until


def test_the_newest_frame_is_processed_and_the_others_are_counted_as_dropped() -> None:
    processed: list[int] = []
    gate = threading.Event()

    def process(frame: int) -> None:
        processed.append(frame)
        gate.wait(TIMEOUT_S)

    worker = FrameWorker(process, lambda error: None)
    worker.start()
    worker.offer(0)
    wait_until(lambda: processed == [0], "the first frame")
    for frame in range(1, 6):
        worker.offer(frame)
    gate.set()
    wait_until(lambda: len(processed) == 2, "the second frame")
    assert processed == [0, 5]
    assert worker.dropped == 4
    assert worker.stop(TIMEOUT_S)


def test_an_error_is_reported_and_the_next_frame_is_processed() -> None:
    processed: list[int] = []
    errors: list[Exception] = []

    def process(frame: int) -> None:
        if frame == 1:
            raise RuntimeError("bad frame")
        processed.append(frame)

    worker = FrameWorker(process, errors.append)
    worker.start()
    for frame in range(3):
        worker.offer(frame)
        wait_until(
            lambda n=frame: len(processed) + len(errors) > n,  # type: ignore[misc]
            f"frame {frame}",
        )
    assert processed == [0, 2]
    assert [str(error) for error in errors] == ["bad frame"]
    assert worker.stop(TIMEOUT_S)


def test_jobs_run_in_the_worker_before_the_next_frame_and_before_the_end() -> None:
    done: list[object] = []
    gate = threading.Event()

    def process(frame: int) -> None:
        done.append(frame)
        gate.wait(TIMEOUT_S)

    worker = FrameWorker(process, done.append)
    worker.start()
    worker.run(lambda: done.append(threading.current_thread().name))
    wait_until(lambda: done == ["frame_worker"], "the job, without a frame")
    worker.offer(0)
    wait_until(lambda: done[1:] == [0], "the frame in progress")
    worker.offer(1)
    worker.run(lambda: done.append("before the frame"))
    gate.set()
    wait_until(lambda: done[2:] == ["before the frame", 1], "job and frame")
    worker.run(lambda: done.append("last"))
    assert worker.stop(TIMEOUT_S) and done[-1] == "last"


def test_an_error_that_cannot_be_reported_does_not_end_the_worker() -> None:
    processed: list[int] = []

    def process(frame: int) -> None:
        processed.append(frame)
        raise RuntimeError("bad frame")

    def report(error: Exception) -> None:
        raise RuntimeError("the logger fails, too")

    worker = FrameWorker(process, report)
    worker.start()
    for frame in range(2):
        worker.offer(frame)
        wait_until(lambda n=frame: len(processed) > n, "the frame")  # type: ignore[misc]
    assert worker.stop(TIMEOUT_S)


def test_stop_reports_a_frame_that_does_not_finish() -> None:
    started, gate = threading.Event(), threading.Event()

    def process(frame: int) -> None:
        started.set()
        gate.wait(2 * TIMEOUT_S)

    worker = FrameWorker(process, lambda error: None)
    worker.start()
    worker.offer(1)
    assert started.wait(TIMEOUT_S)
    assert not worker.stop(timeout=0.05)
    gate.set()
    assert worker.stop(TIMEOUT_S)


def test_a_worker_that_never_started_can_be_stopped() -> None:
    assert FrameWorker(print, print).stop()
