# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Training data: datasets, label formats, splits, near-duplicates, pseudo-labels, augmentation."""
