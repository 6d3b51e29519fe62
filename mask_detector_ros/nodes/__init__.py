# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""ROS 2 nodes: thin rclpy shells around perception, patrol, speech and simulation."""

from mask_detector_ros.early_signals import end_on_signals, module_run

if module_run().startswith(f"{__name__}."):  # before its imports, which take seconds
    is_node = module_run().count(".") > __name__.count(".") + 1  # in a node's folder
    end_on_signals(exit_code=0 if is_node else None)
