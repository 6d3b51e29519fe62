# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The public Python API: its names, its cost to import, and the example in its docstring."""

from __future__ import annotations

import re
import subprocess
import sys
import textwrap
from pathlib import Path

import cv2
import pytest

import mask_detector_ros
from mask_detector_ros import perception
from mask_detector_ros.resources import find_resource

ROOT = Path(mask_detector_ros.__file__).resolve().parents[1]

INSTALLED = {"cv2", "numpy", "yaml", "mask_detector_ros"}
"""Top-level packages that importing the API may load besides the standard library."""


def example() -> str:
    """The indented block at the end of the package's docstring."""
    assert perception.__doc__ is not None
    return textwrap.dedent(perception.__doc__.partition("Example::\n")[2]).strip() + "\n"


@pytest.mark.parametrize("name", perception.__all__)
def test_every_public_name_exists_and_is_on_the_api_page(name: str) -> None:
    assert hasattr(perception, name)
    assert f"`{name}`" in (ROOT / "docs" / "api.md").read_text(encoding="utf-8")


def test_example_runs(tmp_path: Path) -> None:
    video = cv2.VideoCapture(str(find_resource("demo/patrol.mp4")))
    video.set(cv2.CAP_PROP_POS_FRAMES, 150)
    assert cv2.imwrite(str(tmp_path / "photo.jpg"), video.read()[1])
    done = subprocess.run(
        [sys.executable, "-c", example()],
        cwd=tmp_path,
        env={"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert len(lines) >= 2
    for line in lines:
        assert re.fullmatch(
            r"\[[-\d. ]+\] (no_mask|below_mouth|nose_exposed|correct|unknown) [01]\.\d\d", line
        )


def test_example_is_on_the_api_page() -> None:
    assert len(example().splitlines()) >= 5
    assert example() in (ROOT / "docs" / "api.md").read_text(encoding="utf-8")


def test_import_loads_only_numpy_opencv_and_yaml() -> None:
    # Cython's helper modules have no spec.
    code = (
        "import sys; before = set(sys.modules)\n"
        "import mask_detector_ros.perception\n"
        "new = {name: module for name, module in sys.modules.items() if name not in before}\n"
        "loaded = {n.partition('.')[0] for n, m in new.items() if getattr(m, '__spec__', 0)}\n"
        "print(*sorted(loaded - set(sys.stdlib_module_names)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True
    )
    loaded = set(done.stdout.split())
    assert {"cv2", "numpy"} <= loaded
    assert loaded <= INSTALLED
