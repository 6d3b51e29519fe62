# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Synthetic tracking sequences with ground truth, and the tracking scores computed on them."""
