# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Synthetic masks of all wear statuses, and covers that are no masks. NumPy and OpenCV only."""

from mask_detector_training.synthesis.covers import (
    COVERS,
    cover_hides_mouth,
    cover_suits_masks,
    draw_cover,
)
from mask_detector_training.synthesis.mask_drawing import (
    affected_window,
    draw_mask,
    is_suitable_face,
)
from mask_detector_training.synthesis.placement import MaskPlacement
from mask_detector_training.synthesis.sheet import contact_sheet
from mask_detector_training.synthesis.style import KINDS, PATTERNS, MaskStyle

__all__ = [
    "COVERS",
    "KINDS",
    "PATTERNS",
    "MaskPlacement",
    "MaskStyle",
    "affected_window",
    "contact_sheet",
    "cover_hides_mouth",
    "cover_suits_masks",
    "draw_cover",
    "draw_mask",
    "is_suitable_face",
]
