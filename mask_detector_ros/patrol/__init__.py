# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Whom to approach, when to speak, when to leave be. Pure: no rclpy, the clock is injected."""
