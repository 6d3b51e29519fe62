# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What the operator is told: rates, ages, drops, times per stage; and what is wrong."""

from __future__ import annotations

import threading
import time
from collections import deque

import numpy as np
from diagnostic_msgs.msg import DiagnosticStatus, KeyValue

from mask_detector_ros.nodes.detector.mask_detector_settings import DiagnosticsSettings

WINDOW = 300
"""Frames that the percentiles look back on."""


class Health:
    """Counts what happens to frames; told from two threads, read by a third."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._born = time.monotonic()
        self._arrivals: deque[float] = deque(maxlen=WINDOW)
        self._stages: dict[str, deque[float]] = {}
        self._ages: deque[float] = deque(maxlen=WINDOW)
        self._processed = 0
        self._unusable = 0
        self._problem = ""
        self._problem_at = -np.inf

    def arrived(self) -> None:
        """An image message came in."""
        with self._lock:
            self._arrivals.append(time.monotonic())

    def processed(self, milliseconds: dict[str, float], age: float) -> None:
        """A frame went through; times per stage, and its age in seconds by then."""
        with self._lock:
            self._processed += 1
            self._ages.append(age)
            for stage, value in milliseconds.items():
                self._stages.setdefault(stage, deque(maxlen=WINDOW)).append(value)

    def unusable(self, problem: str) -> None:
        """A frame could not be used, or working on it failed."""
        with self._lock:
            self._unusable += 1
            self._problem, self._problem_at = problem, time.monotonic()

    def status(
        self, settings: DiagnosticsSettings, dropped: int, enabled: bool, facts: dict[str, str]
    ) -> DiagnosticStatus:
        """The present state as a diagnostics entry, without its name."""
        now = time.monotonic()
        with self._lock:
            recent = [t for t in self._arrivals if now - t <= 5.0]
            span = min(5.0, max(now - self._born, 1e-3))
            silence = now - (self._arrivals[-1] if self._arrivals else self._born)
            age = self._ages[-1] if self._ages else np.nan
            values = {
                "input rate (Hz)": f"{len(recent) / span:.1f}",
                "time since last image (s)": f"{silence:.2f}",
                "age of newest processed image (ms)": f"{1000 * age:.1f}",
                "frames processed": str(self._processed),
                "frames dropped (newer one came)": str(dropped),
                "frames unusable": str(self._unusable),
            }
            for stage, times in self._stages.items():
                p50, p95 = np.percentile(np.array(times), [50, 95])
                values[f"{stage} p50 / p95 (ms)"] = f"{p50:.2f} / {p95:.2f}"
            problem = self._problem if now - self._problem_at < 5.0 else ""
        level, message = DiagnosticStatus.OK, "running"
        if not enabled:
            message = "disabled by service"
        elif silence > settings.stale_after:
            level = DiagnosticStatus.ERROR
            message = f"no image for {silence:.1f} s"
        elif problem:
            level, message = DiagnosticStatus.ERROR, problem
        elif age > settings.slow_after:
            level = DiagnosticStatus.WARN
            message = f"late: the newest processed image was {age:.2f} s old"
        entries = {**values, **facts}.items()
        return DiagnosticStatus(
            level=level,
            message=message,
            values=[KeyValue(key=key, value=value) for key, value in entries],
        )
