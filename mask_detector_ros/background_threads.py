# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Threads that may still be inside a library when the process ends."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable


class BackgroundThread(threading.Thread):
    """A daemon thread: the process does not wait for it, such as for a camera that is opened."""

    def __init__(self, target: Callable[[], None], name: str) -> None:
        super().__init__(target=target, name=name, daemon=True)


def end_process(code: int) -> int:
    """The exit code of the process; ends it at once if a background thread still runs.

    Python would end such a thread as soon as it returns from a library, by unwinding its C++ code,
    which aborts the process ("terminate called without an active exception").
    """
    if any(isinstance(thread, BackgroundThread) for thread in threading.enumerate()):
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)
    return code
