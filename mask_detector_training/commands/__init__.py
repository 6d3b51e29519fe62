# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The training tool's commands, one module each; TensorFlow is imported only when one runs."""
