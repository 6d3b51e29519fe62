# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Face mask detection for patrol robots: ROS 2 nodes, and the same pipeline without ROS."""

from pkgutil import extend_path

# When running from the source tree, the generated messages are installed in another folder
# than these modules; both form one package.
__path__ = extend_path(__path__, __name__)

__version__ = "0.1.0"
