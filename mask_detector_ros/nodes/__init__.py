# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""ROS 2 nodes: thin rclpy shells around perception, patrol, speech and simulation."""

from mask_detector_ros.early_signals import end_on_signals, is_module_run

if is_module_run(__name__):  # python -m mask_detector_ros.nodes...: before its imports
    end_on_signals(exit_code=0)
