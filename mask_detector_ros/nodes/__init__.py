# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""ROS 2 nodes: thin rclpy shells around perception, patrol, speech and simulation."""
