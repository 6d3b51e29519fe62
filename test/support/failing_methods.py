# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Runs a node some of whose methods raise an exception once, each in another frame.

``python failing_methods.py MODULE:CLASS.METHOD,... MODULE [ROS arguments]``; the modules are those
of the package. ``MODULE:CLASS.METHOD+FILE`` raises at every call once the file exists.
"""

from __future__ import annotations

import functools
import importlib
import sys
from pathlib import Path
from typing import Any

FIRST_CALL, STEP = 5, 2
"""The first method raises when it is called for the fifth time, the second for the seventh, ..."""


def inject(method: str, call_number: int) -> None:
    """Let a method raise at one of its calls, or from the moment on at which a file exists."""
    method, for_good, file = method.partition("+")
    module, _, path = method.partition(":")
    owner_name, _, name = path.partition(".")
    owner = getattr(importlib.import_module(f"mask_detector_ros.{module}"), owner_name)
    original = getattr(owner, name)
    calls = 0

    @functools.wraps(original)
    def call(*args: Any, **kwargs: Any) -> Any:
        nonlocal calls
        calls += 1
        if Path(file).exists() if for_good else calls == call_number:
            raise RuntimeError(f"injected into {path}")
        return original(*args, **kwargs)

    setattr(owner, name, call)


if __name__ == "__main__":
    methods = sys.argv.pop(1).split(",")
    for index, method in enumerate(methods):
        inject(method, FIRST_CALL + STEP * index)
    sys.exit(importlib.import_module(f"mask_detector_ros.nodes.{sys.argv.pop(1)}").main())
