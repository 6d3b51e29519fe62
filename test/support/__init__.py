# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What the tests share: fixtures' material, harnesses and processes they start."""
