# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The checks of ``mask_detector doctor``, one module per subject; each yields findings."""

from mask_detector_ros.apps.checks.finding import Finding, Level

__all__ = ["Finding", "Level"]
