# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Parts of the demo clip's generator, used by ``make_clip.py`` and ``make_people.py``."""
