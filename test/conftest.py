# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import os
from pathlib import Path

import hypothesis
import pytest

# Machines that also train or build are slow at times; pytest's timeout catches real hangs.
hypothesis.settings.register_profile("project", deadline=None)
hypothesis.settings.load_profile("project")


@pytest.fixture(scope="session")
def training_data() -> Path:
    """The folder of the training data, for tests that need it."""
    folder = os.environ.get("MASK_DETECTOR_DATA")
    if not folder:
        pytest.skip("needs the training data: set MASK_DETECTOR_DATA to its folder")
    path = Path(folder)
    assert path.is_dir(), f"MASK_DETECTOR_DATA names {path}, which is not a folder"
    return path
