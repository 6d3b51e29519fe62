# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The patrol behavior: target selection, approach, reminders. Pure: no rclpy, injected clock."""
