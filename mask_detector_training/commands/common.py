# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What the training tool's commands share."""

from __future__ import annotations

import importlib.util
import logging
import os
from typing import Any

DATA_HELP = "folder of the training data (default: the environment's MASK_DETECTOR_DATA)"
Subparsers = Any


def prepare_tensorflow() -> None:
    """Quieten TensorFlow, or say what is missing."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    missing = [n for n in ("tensorflow", "onnx") if importlib.util.find_spec(n) is None]
    if missing:
        raise ImportError(
            f"{' and '.join(missing)} not installed; pip install 'mask-detector-ros[train]'"
        )
