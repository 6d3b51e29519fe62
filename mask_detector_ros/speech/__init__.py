# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Phrases, voices and the queue of what is to be said. No rclpy."""
