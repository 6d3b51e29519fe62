# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Phrases, speech engines and the queue of announcements. No rclpy."""
