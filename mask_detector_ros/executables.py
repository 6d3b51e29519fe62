# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The installed programs. Each can be interrupted from its first moment on.

The modules of the programs, which are slow to import, are imported after the handling of signals is
installed.
"""

from __future__ import annotations

import importlib

from mask_detector_ros.background_threads import end_process
from mask_detector_ros.early_signals import end_on_signals, ignore_signals


def mask_detector() -> int:
    """The command line."""
    end_on_signals(message="mask_detector: interrupted")
    try:
        code: int = importlib.import_module("mask_detector_ros.cli").main()
    except KeyboardInterrupt:  # a second signal, while the first was handled
        code = 130
    ignore_signals()
    return end_process(code)


def mask_detector_node() -> int:
    """The detector."""
    return _node("detector.mask_detector_node")


def image_player() -> int:
    """Images, a video, a webcam or a bag as a camera."""
    return _node("tools.image_player")


def recorder() -> int:
    """Records the detector's results."""
    return _node("tools.recorder")


def patrol() -> int:
    """The patrol."""
    return _node("patrol.patrol_node")


def announcer() -> int:
    """Speaks reminders."""
    return _node("announcer.announcer_node")


def patrol_world() -> int:
    """The simulated world of the demo."""
    return _node("demo.patrol_world")


def film() -> int:
    """Records the demo."""
    return _node("demo.film")


def _node(module: str) -> int:
    end_on_signals(exit_code=0)  # as when a signal ends a running node
    code: int = importlib.import_module(f"mask_detector_ros.nodes.{module}").main()
    return end_process(code)
