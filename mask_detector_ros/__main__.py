# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""``python -m mask_detector_ros`` is the command ``mask_detector``."""

import sys

from mask_detector_ros.executables import mask_detector

if __name__ == "__main__":
    sys.exit(mask_detector())
