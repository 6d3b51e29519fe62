# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Waiting for what a busy machine may delay."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, Protocol

TIMEOUT_S = 60.0
"""Time in which a program must start or end, or a message arrive, on a busy machine."""


class Logging(Protocol):
    """A process whose output is kept."""

    @property
    def log(self) -> str: ...


def wait_until(
    condition: Callable[[], Any],
    what: str,
    process: Logging | None = None,
    timeout: float = TIMEOUT_S,
) -> Any:
    """Poll until the condition is true; returns its value.

    Raises:
        AssertionError: it did not become true in time; the message names ``what`` was expected,
            with the log of the process.
    """
    deadline = time.monotonic() + timeout
    while time.monotonic() < deadline:
        value = condition()
        if value:
            return value
        time.sleep(0.01)
    log = f"\nlog of the node:\n{process.log}" if process is not None else ""
    raise AssertionError(f"timed out after {timeout:g} s waiting for {what}{log}")
