# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Training, export and evaluation of the models; needs the ``train`` extra."""
