# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Counts and logs the exceptions of a node's callbacks."""

from __future__ import annotations

import functools
import threading
import time
import traceback
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

from rclpy.node import Node

SHOWN_S = 10.0
"""How long the diagnostics warn of an exception after it occurred."""
MAX_KINDS, OTHER_KINDS = 100, ("", "")
"""Kinds that are counted apart; all further ones count as one kind."""
OWN_CODE = Path(__file__).resolve().parents[2]
"""Folder of this package."""


class CallbackErrors:
    """Exceptions of callbacks, by kind. Thread-safe.

    The kind of an exception is where it was raised, and its text without digits.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._counts: Counter[tuple[str, str]] = Counter()
        self._last = ""
        self._last_at = float("-inf")

    def add(self, node: Node | None, where: str, error: Exception) -> str:
        """Count an exception, and log it: the first of its kind, the 10th, the 100th, and so on.

        Args:
            node: logs it; None if it is unknown.
            where: the callback, such as "subscription /image_raw".
            error: what it raised.

        Returns:
            The exception in one line.
        """
        place = _place(error)
        text = f"{where}: {type(error).__name__}: {error}"
        kind = (place, "".join(c for c in text if not c.isdigit()))
        with self._lock:
            if kind not in self._counts and len(self._counts) >= MAX_KINDS:
                kind = OTHER_KINDS
            self._counts[kind] += 1
            count = self._counts[kind]
            self._last, self._last_at = text, time.monotonic()
        if node is not None and str(count).rstrip("0") == "1":
            times = f", {count} times so far" if count > 1 else ""
            node.get_logger().error(f"error in {text} ({place}{times}); the node goes on")
        return text

    @property
    def total(self) -> int:
        """Number of exceptions so far."""
        with self._lock:
            return sum(self._counts.values())

    @property
    def last(self) -> str:
        """The last exception; empty if there was none."""
        return self._last

    @property
    def recent(self) -> str:
        """The last exception, if it is not older than ``SHOWN_S``; else empty."""
        with self._lock:
            return self._last if time.monotonic() - self._last_at < SHOWN_S else ""


def report(node: Node, where: str, error: Exception) -> str:
    """Count and log an exception of a node's callback; returns it in one line."""
    return (callback_errors(node) or CallbackErrors()).add(node, where, error)


def guarded(
    node: Node,
    callback: Callable[..., None],
    failed: Callable[[str], None] | None = None,
) -> Callable[..., None]:
    """A callback for a future or an action, whose exceptions rclpy drops or passes on late.

    Args:
        node: counts and logs what the callback raises.
        callback: the callback.
        failed: called with the exception in one line.
    """

    @functools.wraps(callback)
    def call(*args: Any) -> None:
        try:
            callback(*args)
        except Exception as error:
            text = report(node, f"callback {callback.__qualname__}", error)
            if failed is not None:
                failed(text)

    call.guarded = True  # type: ignore[attr-defined]
    return call


def callback_errors(node: Node) -> CallbackErrors | None:
    """The exceptions that the node's executor caught; None if its executor catches none."""
    return getattr(node.executor, "errors", None)


def _place(error: Exception) -> str:
    """File and line that raised an exception; the innermost of this package, if there is one."""
    frames = traceback.extract_tb(error.__traceback__)
    own = [frame for frame in frames if Path(frame.filename).is_relative_to(OWN_CODE)]
    own = [frame for frame in own if frame.filename != _EXECUTOR]
    frame = (own or frames)[-1]
    return f"{Path(frame.filename).name}:{frame.lineno}"


_EXECUTOR = str(Path(__file__).with_name("guarded_executor.py"))
"""Every exception passes through it."""
