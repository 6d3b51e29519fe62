# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Commands that need no robot: detect, doctor, demo, scenarios."""
