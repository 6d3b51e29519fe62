# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The error of all decoders."""

from __future__ import annotations


class ImageError(ValueError):
    """An image message or an image file is not usable; the error's message says why."""
