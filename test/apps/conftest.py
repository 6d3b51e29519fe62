# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from pathlib import Path

import pytest

from support.tiny_models import write_models


@pytest.fixture(scope="session")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of models whose predictions are known (see ``support.tiny_models``)."""
    return write_models(tmp_path_factory.mktemp("models"))
