# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Bags as crashes, full disks and copies leave them: what is left is read, what is lost is said."""

from __future__ import annotations

import bz2
import gzip
import lzma
import re
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from mask_detector_ros.sources import SourceError, open_source
from support.bags import cut, number_of, storage_file, write_bag, write_ros1_bag
from support.optional import optional

optional("rosbags.highlevel")
optional("mcap.stream_reader")

ALL = list(range(24))


def read(spec: Path | str) -> tuple[list[int], str]:
    """The photos of a bag, and its warnings; the announced length is right."""
    warnings: list[str] = []
    with open_source(spec, warn=warnings.append) as source:
        numbers = [number_of(frame.image) for frame in source]
        assert source.length == len(numbers)
    return numbers, "\n".join(warnings)


@pytest.fixture(params=["MCAP", "SQLITE3"])
def bag(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    return write_bag(tmp_path / "bag", range(24), request.param)


def test_an_intact_bag_gives_no_warning(bag: Path) -> None:
    assert read(bag) == (ALL, "")
    assert read(storage_file(bag)) == (ALL, "")
    assert read(bag / "metadata.yaml") == (ALL, "")


@pytest.mark.parametrize("content", [None, "", "rosbag2_bagfile_information: [", "a: 1"])
def test_metadata_that_is_missing_or_damaged(bag: Path, content: str | None) -> None:
    (bag / "metadata.yaml").unlink()
    if content is not None:
        (bag / "metadata.yaml").write_text(content)
    for spec in (bag, f"bag:{bag}"):
        numbers, warning = read(spec)
        assert numbers == ALL
        assert "metadata.yaml" in warning and f"`ros2 bag reindex {bag}`" in warning


def test_an_empty_storage_identifier(bag: Path) -> None:
    metadata = bag / "metadata.yaml"
    text = re.sub(r"storage_identifier: \w+", "storage_identifier: ''", metadata.read_text())
    metadata.write_text(text)
    assert read(bag) == (ALL, "")


@pytest.mark.parametrize("compression", ["NONE", "STORAGE"])
@pytest.mark.parametrize("fraction", [0.3, 0.7, 0.97])
def test_an_mcap_that_breaks_off(tmp_path: Path, fraction: float, compression: str) -> None:
    bag = write_bag(tmp_path / "bag", range(24), "MCAP", compression)
    file = cut(storage_file(bag), fraction)
    for spec in (file, bag):
        numbers, warning = read(spec)
        assert numbers == ALL[: len(numbers)] and len(numbers) >= int(24 * fraction) - 2
        assert "breaks off in the record" in warning and f"`mcap recover {file}" in warning
        assert f"{len(numbers)} of /image_raw/compressed" in warning


def test_an_mcap_with_zeros_at_its_end(tmp_path: Path) -> None:
    file = storage_file(write_bag(tmp_path / "bag", range(24)))
    data = file.read_bytes()
    file.write_bytes(data[: len(data) * 2 // 3] + bytes(len(data) // 3))
    warnings: list[str] = []
    numbers = [number_of(f.image) for f in open_source(file, warn=warnings.append)]
    assert numbers == ALL[: len(numbers)] and len(numbers) >= 14
    assert "mcap recover" in warnings[0]


def test_a_damaged_chunk_costs_that_chunk(tmp_path: Path) -> None:
    file = storage_file(write_bag(tmp_path / "bag", range(50), compression="STORAGE"))
    data = bytearray(file.read_bytes())
    chunk = data.index(b"\x28\xb5\x2f\xfd")
    data[chunk : chunk + 4] = bytes(4)
    file.write_bytes(data)
    warnings: list[str] = []
    source = open_source(file, warn=warnings.append)
    numbers = [number_of(frame.image) for frame in source]
    assert numbers and numbers == list(range(50))[-len(numbers) :]
    assert source.skipped == 1
    assert "chunk" in warnings[0] and "mcap recover" in warnings[0]


@pytest.mark.parametrize("compression", ["", "BZ2", "LZ4"])
def test_a_bag_of_ros_1_that_breaks_off(tmp_path: Path, compression: str) -> None:
    file = write_ros1_bag(tmp_path / "old.bag", range(40), compression)
    assert read(file) == (list(range(40)), "")
    cut(file, 0.7)
    for name in ("old.bag", "old.bag.active"):
        path = file = file.rename(tmp_path / name)
        numbers, warning = read(path)
        assert numbers == list(range(len(numbers))) and len(numbers) >= 16  # bzip2 has large blocks
        assert "breaks off" in warning and f"`rosbag reindex {path}`" in warning


@pytest.mark.parametrize("fraction", [0.3, 0.7, 0.97])
def test_a_database_that_breaks_off(tmp_path: Path, fraction: float) -> None:
    bag = write_bag(tmp_path / "bag", range(24), "SQLITE3")
    file = cut(storage_file(bag), fraction)
    for spec in (file, bag):
        numbers, warning = read(spec)
        assert numbers == ALL[: len(numbers)] and len(numbers) >= int(24 * fraction) - 2
        assert f"sqlite3 {file} .recover" in warning


def test_a_database_damaged_within(tmp_path: Path) -> None:
    file = storage_file(write_bag(tmp_path / "bag", range(24), "SQLITE3"))
    data = bytearray(file.read_bytes())
    middle = len(data) // 2 // 4096 * 4096
    data[middle : middle + 8192] = b"\xff" * 8192
    file.write_bytes(data)
    warnings: list[str] = []
    source = open_source(file, warn=warnings.append)
    numbers = [number_of(frame.image) for frame in source]
    assert numbers == sorted(set(numbers)) and 20 <= len(numbers) <= 24
    assert len(numbers) == 24 or warnings


def test_a_database_with_a_damaged_index_loses_nothing(tmp_path: Path) -> None:
    file = storage_file(write_bag(tmp_path / "bag", range(24), "SQLITE3"))
    with closing(sqlite3.connect(file)) as database:
        query = "SELECT rootpage FROM sqlite_master WHERE name = 'timestamp_idx'"
        (page,) = database.execute(query).fetchone()
    data = bytearray(file.read_bytes())
    data[(page - 1) * 4096 : page * 4096] = b"\xff" * 4096
    file.write_bytes(data)
    assert read(file) == (ALL, "")


def test_a_database_with_its_write_ahead_log(tmp_path: Path) -> None:
    file = storage_file(write_bag(tmp_path / "bag", range(24), "SQLITE3"))
    writer = sqlite3.connect(file)
    writer.execute("PRAGMA journal_mode=WAL")
    writer.execute("PRAGMA wal_autocheckpoint=0")
    writer.execute("DELETE FROM messages WHERE id > 20")
    writer.commit()
    crashed = tmp_path / "crashed"
    crashed.mkdir()
    for path in file.parent.glob("*.db3*"):
        shutil.copy(path, crashed / path.name)
    writer.close()
    before = {path.name: path.read_bytes() for path in crashed.iterdir()}
    assert len(before) >= 2, "there is a log"
    numbers, warning = read(crashed)
    assert numbers == ALL[:20], "the log counts"
    assert "metadata.yaml" in warning
    assert {path.name: path.read_bytes() for path in crashed.iterdir()} == before


@pytest.mark.parametrize("compression", ["FILE", "MESSAGE"])
def test_compressed_bags(bag: Path, tmp_path: Path, compression: str) -> None:
    plugin = "MCAP" if storage_file(bag).suffix == ".mcap" else "SQLITE3"
    folder = write_bag(tmp_path / "compressed", range(24), plugin, compression)
    file = storage_file(folder)
    assert read(folder) == (ALL, "")
    assert read(file) == (ALL, "")
    (folder / "metadata.yaml").unlink()
    assert read(folder)[0] == ALL


@pytest.mark.parametrize(
    ("suffix", "compress"), [(".gz", gzip.compress), (".bz2", bz2.compress), (".xz", lzma.compress)]
)
def test_files_compressed_by_hand(
    bag: Path, suffix: str, compress: Callable[[bytes], bytes]
) -> None:
    file = storage_file(bag)
    packed = file.with_name(file.name + suffix)
    packed.write_bytes(compress(file.read_bytes()))
    assert read(packed) == (ALL, "")


def test_a_compressed_file_that_breaks_off(tmp_path: Path) -> None:
    file = storage_file(write_bag(tmp_path / "bag", range(24), compression="FILE"))
    numbers, warning = read(cut(file, 0.7))
    assert numbers == ALL[: len(numbers)] and len(numbers) >= 8
    assert file.name in warning and "cut short" in warning


def split_bag(folder: Path) -> Path:
    """A bag of three files with eight photos each."""
    folder.mkdir()
    names = []
    for part in range(3):
        single = write_bag(folder.parent / f"part{part}", range(8 * part, 8 * part + 8))
        names.append(f"bag_{part}.mcap")
        storage_file(single).rename(folder / names[-1])
        metadata = (single / "metadata.yaml").read_text()
    listed = "".join(f"\n  - {name}" for name in names)
    text = re.sub(r"relative_file_paths:\n\s+- \S+", f"relative_file_paths:{listed}", metadata)
    assert text.count("bag_") >= 3
    (folder / "metadata.yaml").write_text(text)
    return folder


def test_a_split_bag(tmp_path: Path) -> None:
    bag = split_bag(tmp_path / "bag")
    assert read(bag) == (ALL, "")
    (bag / "bag_1.mcap").rename(tmp_path / "elsewhere.mcap")
    numbers, warning = read(bag)
    assert numbers == [*range(8), *range(16, 24)]
    assert "missing: bag_1.mcap" in warning
    (bag / "bag_1.mcap").touch()
    numbers, warning = read(bag)
    assert numbers == [*range(8), *range(16, 24)]
    assert "bag_1.mcap is an empty file" in warning
    (bag / "metadata.yaml").unlink()
    assert read(bag)[0] == [*range(8), *range(16, 24)]


def test_ten_parts_keep_their_order(tmp_path: Path) -> None:
    folder = tmp_path / "bag"
    folder.mkdir()
    for part in range(11):
        single = write_bag(tmp_path / f"part{part}", range(part, part + 1))
        storage_file(single).rename(folder / f"bag_{part}.mcap")
    assert read(folder)[0] == list(range(11))


def test_several_bags_in_a_folder_are_not_mixed(tmp_path: Path) -> None:
    for name in ("one", "two"):
        storage_file(write_bag(tmp_path / name, range(2))).rename(tmp_path / f"{name}.mcap")
    with pytest.raises(SourceError, match=r"several bags \(one\.mcap, two\.mcap\).*one by one"):
        open_source(f"bag:{tmp_path}")


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("a.mcap", b"", "empty file"),
        ("a.mcap", b"\x89MCAP0\r\n", "mcap recover"),
        ("a.db3", b"SQLite format 3\0" + bytes(100), r"sqlite3 .* \.recover"),
        ("a.bag", b"#ROSBAG V2.0\n", "rosbag reindex"),
        ("a.bag.active", b"#ROSBAG V2.0\n", "rosbag reindex"),
        ("a.mcap.zstd", b"no zstd", "cut short or damaged"),
    ],
)
def test_files_without_anything_to_read(
    tmp_path: Path, name: str, content: bytes, words: str
) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(SourceError, match=words) as caught:
        open_source(tmp_path / name)
    assert name in str(caught.value) and "\n" not in str(caught.value)
