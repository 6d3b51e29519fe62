# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Atomic writes: names at the limit of the file system."""

from __future__ import annotations

from pathlib import Path

import pytest

from mask_detector_ros.atomic_files import (
    MAX_NAME_BYTES,
    JsonLinesFile,
    OutputError,
    temporary_path,
    write_atomically,
)
from support.full_disk import files_limited_to


@pytest.mark.parametrize(
    "name", ["n" * 243 + ".mp4", "n" * 251 + ".mp4", "\uc5bc" * 80 + ".jsonl", "n" * 255]
)
def test_names_of_full_length_are_written(tmp_path: Path, name: str) -> None:
    write_atomically(tmp_path / name, b"content")
    assert (tmp_path / name).read_bytes() == b"content"
    lines = JsonLinesFile(str(tmp_path / name))
    lines.write({"a": 1})
    lines.finish()
    assert (tmp_path / name).read_text() == '{"a": 1}\n'
    assert len(list(tmp_path.iterdir())) == 1, "temporary files remain"


def test_temporary_names_keep_the_suffix_and_stay_apart() -> None:
    one, two = (temporary_path(Path("out") / ("n" * 240 + end + ".mp4")) for end in "ab")
    assert one != two
    for path in (one, two):
        assert path.suffix == ".mp4" and path.parent == Path("out")
        assert len(path.name.encode()) <= MAX_NAME_BYTES


def test_a_full_disk_is_reported_with_the_name_of_the_file(tmp_path: Path) -> None:
    lines = JsonLinesFile(str(tmp_path / "a.jsonl"))
    with (
        files_limited_to(100),
        pytest.raises(OutputError, match=r"a\.jsonl cannot be written: File too large"),
    ):
        for number in range(20):
            lines.write({"a": number})
    partial = lines.abandon()
    assert partial is not None and partial.read_text().startswith('{"a": 0}\n')
    assert not (tmp_path / "a.jsonl").exists()
