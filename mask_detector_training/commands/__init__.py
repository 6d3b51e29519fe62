# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Commands of the training tool, one module each; they import TensorFlow only when they run."""
