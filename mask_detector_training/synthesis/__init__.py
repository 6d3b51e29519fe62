# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Masks drawn on bare faces, in every right and wrong way. NumPy and OpenCV only."""

from mask_detector_training.synthesis.draw import affected_window, draw_mask, is_dressable
from mask_detector_training.synthesis.sheet import contact_sheet
from mask_detector_training.synthesis.style import KINDS, PATTERNS, MaskStyle
from mask_detector_training.synthesis.wear import MaskWear

__all__ = [
    "KINDS",
    "PATTERNS",
    "MaskStyle",
    "MaskWear",
    "affected_window",
    "contact_sheet",
    "draw_mask",
    "is_dressable",
]
