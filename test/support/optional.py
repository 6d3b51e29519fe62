# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Import of optional packages in tests."""

from __future__ import annotations

import importlib
import os
from typing import Any

import pytest


def optional(name: str) -> Any:
    """Import a module, or skip the tests of the calling module if it is missing.

    Under `make test`, which installs every extra, a missing module is an error.
    """
    try:
        return importlib.import_module(name)
    except ImportError:
        if os.environ.get("MASK_DETECTOR_ALL_EXTRAS"):
            raise
        pytest.skip(f"{name} is not installed", allow_module_level=True)
