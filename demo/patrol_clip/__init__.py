# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The parts of the demo clip; ``make_clip.py`` puts them together."""
