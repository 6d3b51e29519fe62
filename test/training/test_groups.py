# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Groups that must not dominate, and sources that stay together."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import cv2
import numpy as np
import pytest

from mask_detector_ros.cli import main
from mask_detector_training.data.datasets import load_split
from mask_detector_training.data.group_weights import group_weights

SOURCES = ("north_rmfd", "south_rmfd", "street", "press")


def test_many_images_of_one_person_do_not_dominate() -> None:
    groups = ["a"] * 36 + ["b", "c", "d", "d", "d", "d"]
    weights = group_weights(groups)
    assert weights.sum() == pytest.approx(1)
    of_group = {name: weights[[g == name for g in groups]].sum() for name in set(groups)}
    assert of_group["a"] / of_group["b"] == pytest.approx(6)
    assert of_group["d"] / of_group["b"] == pytest.approx(2)
    assert group_weights([]).shape == (0,)


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """Images of noise of four sources, each image its own group."""
    random = np.random.default_rng(7)
    (tmp_path / "in" / "images").mkdir(parents=True)
    rows = []
    for number in range(40):
        image = cv2.resize(random.integers(0, 255, (9, 8, 3), np.uint8), (64, 72))
        name = f"images/{number}.png"
        cv2.imwrite(str(tmp_path / "in" / name), image)
        face = {"box": [10, 10, 30, 36], "status": "correct" if number % 2 else "no_mask"}
        row = {"image": name, "width": 64, "height": 72, "group": str(number), "faces": [face]}
        rows.append({**row, "source": SOURCES[number % 4]})
    text = "".join(json.dumps(row) + "\n" for row in rows)
    (tmp_path / "in" / "labels.jsonl").write_text(text)
    return tmp_path / "in"


def where(root: Path) -> dict[str, Counter[str]]:
    """Number of images by split, of each source."""
    counts: dict[str, Counter[str]] = {name: Counter() for name in SOURCES}
    for split in ("train", "val", "test"):
        for record in load_split(root, split):
            counts[record.source][split] += 1
    return counts


def test_sources_that_show_the_same_people_stay_together(source: Path, tmp_path: Path) -> None:
    command = ["data", "split", str(source), "--val", "0.2", "--test", "0.2"]
    assert main([*command, "--out", str(tmp_path / "loose" / "faces")]) == 0
    assert any(len(splits) > 1 for splits in where(tmp_path / "loose").values())
    for option in ("*_rmfd", "north_rmfd,south_rmfd"):
        root = tmp_path / option.replace("*", "")
        out = ["--out", str(root / "faces"), "--keep-together", option]
        assert main([*command, *out]) == 0
        counts = where(root)
        assert len(counts["north_rmfd"]) == 1
        assert counts["north_rmfd"] == counts["south_rmfd"]
        # They stay separate groups, by which a training weights them.
        train = load_split(root, "train")
        assert len({record.group for record in train}) == len(train)


def test_several_families(source: Path, tmp_path: Path) -> None:
    root = tmp_path / "new"
    command = ["data", "split", str(source), "--val", "0.25", "--test", "0.25"]
    families = [
        "--keep-together",
        "*_rmfd",
        "--keep-together",
        "street",
        "--keep-together",
        "press",
    ]
    assert main([*command, "--out", str(root / "faces"), *families]) == 0
    assert all(len(splits) == 1 for splits in where(root).values())


def test_a_family_that_cannot_stay_together_is_named(
    source: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command = ["data", "split", str(source), "--out", str(tmp_path / "new" / "faces")]
    assert main([*command, "--keep-together", "rmfd"]) == 2
    assert "there are no such sources, only north_rmfd, press, south" in capsys.readouterr().err
    text = (source / "labels.jsonl").read_text().splitlines(keepends=True)
    (source / "train.jsonl").write_text("".join(text[:20]))
    (source / "test.jsonl").write_text("".join(text[20:]))
    (source / "labels.jsonl").unlink()
    assert main([*command, "--keep-together", "*rmfd"]) == 2
    error = capsys.readouterr().err
    assert "--keep-together *rmfd: these sources are in" in error
    assert "give --ignore-splits to split anew" in error
