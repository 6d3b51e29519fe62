# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Packages that a robot need not have, but `make test` always does."""

from __future__ import annotations

import importlib
import os
from typing import Any

import pytest


def optional(name: str) -> Any:
    """The module; without it the tests are skipped, under `make test` they fail.

    `make test` installs every extra, so there a missing package is a hole, not a choice.
    """
    try:
        return importlib.import_module(name)
    except ImportError:
        if os.environ.get("MASK_DETECTOR_ALL_EXTRAS"):
            raise
        pytest.skip(f"{name} is not installed", allow_module_level=True)
