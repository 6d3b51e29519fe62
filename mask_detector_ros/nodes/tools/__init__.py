# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Tool nodes: image_player, recorder, and the doctor's topic probe."""
