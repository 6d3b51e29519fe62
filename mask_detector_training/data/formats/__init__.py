# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Reading of label files in several formats into records."""

from __future__ import annotations

from mask_detector_training.data.formats.reading import ReadOptions, read_labels, read_parts
from mask_detector_training.data.formats.recognition import (
    FORMATS,
    check_source,
    find_parts,
    recognize_format,
    split_path,
)
from mask_detector_training.data.formats.split_names import HEADS, SPLITS

__all__ = [
    "FORMATS",
    "HEADS",
    "SPLITS",
    "ReadOptions",
    "check_source",
    "find_parts",
    "read_labels",
    "read_parts",
    "recognize_format",
    "split_path",
]
