# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What the doctor looks at, one module per organ; each yields findings in plain words."""

from mask_detector_ros.apps.checks.finding import Finding, State

__all__ = ["Finding", "State"]
