# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""A small 2D world with people in it, to try the patrol without hardware. No rclpy."""
