# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Being asked to stop: what is under way is finished, nothing is torn."""

from __future__ import annotations

import signal
import threading
from types import FrameType


class Stop:
    """While entered, the first Ctrl-C (or termination) only asks; the second breaks off."""

    def __init__(self) -> None:
        self.signal: int | None = None
        """What asked; None as long as nothing did."""
        self._previous: dict[int, object] = {}

    def __bool__(self) -> bool:
        return self.signal is not None

    @property
    def exit_code(self) -> int:
        """As shells have it: 130 after Ctrl-C."""
        return 128 + (self.signal or 0)

    def _ask(self, number: int, _frame: FrameType | None) -> None:
        if self.signal is not None:
            raise KeyboardInterrupt
        self.signal = number

    def __enter__(self) -> Stop:
        if threading.current_thread() is threading.main_thread():
            for number in (signal.SIGINT, signal.SIGTERM):
                self._previous[number] = signal.signal(number, self._ask)
        return self

    def __exit__(self, *_: object) -> None:
        for number, handler in self._previous.items():
            signal.signal(number, handler)  # type: ignore[arg-type]
