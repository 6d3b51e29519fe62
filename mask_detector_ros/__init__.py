# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Face mask wear detection for patrol robots: ROS 2 nodes, and the same engine without ROS."""

from pkgutil import extend_path

# The generated messages may be installed in another folder than these modules (running
# from the source tree); both halves form one package.
__path__ = extend_path(__path__, __name__)

__version__ = "0.1.0"
