# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Errors about damaged files, and about files that cannot be written."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from mask_detector_ros.resources import find_resource
from mask_detector_training.array_files import check_writable, read_json, read_npz, save_npz
from mask_detector_training.data.teachers import read_yunet


def test_arrays_are_read_or_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.npz"
    save_npz(path, rows=np.arange(500.0), keys=np.array(["x"]))
    assert read_npz(path, "rows")["rows"].tolist() == list(range(500))
    with pytest.raises(
        ValueError, match=r"a\.npz lacks starts: it was written for another purpose"
    ):
        read_npz(path, "rows", "starts")
    whole = path.read_bytes()
    flipped = bytearray(whole)
    flipped[len(whole) // 3] ^= 255
    array = tmp_path / "a.npy"
    np.save(array, np.zeros(3))
    for content in (b"", b"garbage", whole[:900], bytes(flipped), array.read_bytes()):
        path.write_bytes(content)
        with pytest.raises(ValueError, match=r"a\.npz is damaged or not an \.npz file"):
            read_npz(path)
    with pytest.raises(OSError, match=r"b\.npz"):
        read_npz(tmp_path / "b.npz")


def test_damaged_json_is_named(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_text('{"a": 1}')
    assert read_json(path) == {"a": 1}
    for content in (b"", b"{", b"[1]", b"\xff"):
        path.write_bytes(content)
        with pytest.raises(ValueError, match=r"a\.json is damaged"):
            read_json(path)


@pytest.mark.parametrize("content", [b"", b"garbage"])
def test_a_damaged_network_is_named(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "yunet.onnx"
    with pytest.raises(ValueError, match=r"yunet\.onnx do not exist; check --teacher"):
        read_yunet(path, "--teacher")
    path.write_bytes(content)
    with pytest.raises(
        ValueError, match=r"yunet\.onnx is damaged or not an ONNX .* check --teacher"
    ):
        read_yunet(path, "--teacher")


def test_another_network_is_not_accepted_as_teacher() -> None:
    path = find_resource("models") / "mask_classifier" / "mask_classifier.onnx"
    with pytest.raises(ValueError, match=r"is not YuNet: it has no output bbox_16"):
        read_yunet(path, "--teacher")


def test_files_that_cannot_be_written_are_named(tmp_path: Path) -> None:
    check_writable(tmp_path / "new" / "a.png")
    assert list((tmp_path / "new").iterdir()) == []
    (tmp_path / "file").touch()
    for path in (tmp_path / "file" / "a.png", tmp_path / "new", Path("/proc/a.png")):
        with pytest.raises(ValueError, match=f"^{path} cannot be written: "):
            check_writable(path)
