# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Diagnostics of the mask_detector node: rates, ages, dropped frames, time per stage, errors."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Sequence

import numpy as np
from diagnostic_msgs.msg import DiagnosticStatus

from mask_detector_ros.nodes.common.diagnostics import diagnostic_status
from mask_detector_ros.nodes.detector.mask_detector_settings import DiagnosticsSettings

WINDOW_FRAMES = 300
"""Frames over which percentiles are computed."""
RATE_WINDOW_S = 5.0
ERROR_SHOWN_S = 5.0
"""How long the last error is reported after it occurred."""


class DetectorHealth:
    """Counts frames and errors. Thread-safe: executor and worker record, diagnostics read."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._started = time.monotonic()
        self._arrivals: deque[float] = deque(maxlen=WINDOW_FRAMES)
        self._stages: dict[str, deque[float]] = {}
        self._ages: deque[float] = deque(maxlen=WINDOW_FRAMES)
        self._processed = 0
        self._not_usable = 0
        self._error = ""
        self._error_at = -np.inf

    def image_arrived(self) -> None:
        """Record that an image message arrived."""
        with self._lock:
            self._arrivals.append(time.monotonic())

    def frame_processed(self, milliseconds: dict[str, float], age: float) -> None:
        """Record a processed frame.

        Args:
            milliseconds: time per stage.
            age: seconds from the image's stamp to the end of its processing; from its arrival
                where the stamp is not of this computer's clock.
        """
        with self._lock:
            self._processed += 1
            self._ages.append(age)
            for stage, value in milliseconds.items():
                self._stages.setdefault(stage, deque(maxlen=WINDOW_FRAMES)).append(value)

    def frame_failed(self, error: str) -> None:
        """Record a frame that was not usable, or whose processing failed."""
        with self._lock:
            self._not_usable += 1
            self._error, self._error_at = error, time.monotonic()

    def status(
        self,
        settings: DiagnosticsSettings,
        dropped: int,
        enabled: bool,
        warnings: Sequence[str],
        details: dict[str, str],
    ) -> DiagnosticStatus:
        """The present status, without its name.

        Args:
            settings: thresholds of WARN and ERROR.
            dropped: frames that a newer one replaced.
            enabled: false while the service ~/enable has disabled the node.
            warnings: what is wrong with the node's inputs though images arrive; WARN if any.
            details: further key-value pairs.
        """
        now = time.monotonic()
        with self._lock:
            recent = [t for t in self._arrivals if now - t <= RATE_WINDOW_S]
            window = min(RATE_WINDOW_S, max(now - self._started, 1e-3))
            silence = now - (self._arrivals[-1] if self._arrivals else self._started)
            age = self._ages[-1] if self._ages else np.nan
            values = {
                "input rate (Hz)": f"{len(recent) / window:.1f}",
                "time since last image (s)": f"{silence:.2f}",
                "age of newest processed image (ms)": f"{1000 * age:.1f}",
                "frames processed": str(self._processed),
                "frames dropped": str(dropped),
                "frames not usable": str(self._not_usable),
            }
            for stage, times in self._stages.items():
                p50, p95 = np.percentile(np.array(times), [50, 95])
                values[f"{stage} p50 / p95 (ms)"] = f"{p50:.2f} / {p95:.2f}"
            error = self._error if now - self._error_at < ERROR_SHOWN_S else ""
        level, message = DiagnosticStatus.OK, "running"
        if not enabled:
            message = "disabled by service"
        elif silence > settings.stale_after:
            level = DiagnosticStatus.ERROR
            message = "; ".join([f"no image for {silence:.1f} s", *warnings])
        elif error:
            level, message = DiagnosticStatus.ERROR, "; ".join([error, *warnings])
        elif age > settings.slow_after:
            level = DiagnosticStatus.WARN
            late = f"late: the newest processed image was {age:.2f} s old"
            message = "; ".join([late, *warnings])
        elif warnings:
            level, message = DiagnosticStatus.WARN, "; ".join(warnings)
        return diagnostic_status(level, message, {**values, **details})
