# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Covers: things over or near a face that are not masks, drawn on photos."""

from mask_detector_training.synthesis.covers.cover_drawing import (
    COVERS,
    cover_hides_mouth,
    cover_suits_masks,
    draw_cover,
)

__all__ = ["COVERS", "cover_hides_mouth", "cover_suits_masks", "draw_cover"]
