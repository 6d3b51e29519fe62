# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Signals that arrive where Python drops exceptions."""

from __future__ import annotations

import subprocess
import sys

from support.waiting import TIMEOUT_S

SIGNAL_IN_A_DESTRUCTOR = """
import os, signal, time
from mask_detector_ros.early_signals import Interrupted, interruptible

class Resource:
    def __del__(self):
        os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(0.01)

try:
    with interruptible():
        Resource()
        time.sleep(600)
except Interrupted as error:
    print("interrupted by", error.signal)
"""


def test_a_signal_inside_a_destructor_is_not_lost() -> None:
    process = subprocess.run(
        [sys.executable, "-c", SIGNAL_IN_A_DESTRUCTOR],
        capture_output=True, text=True, timeout=TIMEOUT_S, check=False,
    )  # fmt: skip
    assert (process.stdout, process.stderr) == ("interrupted by 15\n", "")


SIGNAL_IN_A_LOOKUP = """
import os, signal, time
import numpy as np
from mask_detector_ros.early_signals import Interrupted, interruptible

class Resource:
    def __getattr__(self, name):
        os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(0.01)
        raise AttributeError(name)

try:
    with interruptible():
        np.asarray(Resource())
        time.sleep(600)
except Interrupted as error:
    print("interrupted by", error.signal)
"""


def test_a_signal_while_numpy_looks_up_an_attribute_is_not_lost() -> None:
    """Such lookups drop any exception; converting an enum to an array makes some."""
    process = subprocess.run(
        [sys.executable, "-c", SIGNAL_IN_A_LOOKUP],
        capture_output=True, text=True, timeout=TIMEOUT_S, check=False,
    )  # fmt: skip
    assert (process.stdout, process.stderr) == ("interrupted by 15\n", "")


def test_other_dropped_exceptions_are_printed_as_before() -> None:
    script = SIGNAL_IN_A_DESTRUCTOR.replace("Resource()\n", "Resource()\n        Other()\n")
    other = "class Other:\n    def __del__(self):\n        raise ValueError('other')\n"
    process = subprocess.run(
        [sys.executable, "-c", script.replace("try:", f"{other}\ntry:")],
        capture_output=True, text=True, timeout=TIMEOUT_S, check=False,
    )  # fmt: skip
    assert process.stdout == "interrupted by 15\n"
    assert "ValueError: other" in process.stderr
