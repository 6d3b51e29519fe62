# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""``mask_detector data``: convert, split, check."""

from __future__ import annotations

import json
import shutil
from collections import Counter
from pathlib import Path

import cv2
import numpy as np
import pytest

from mask_detector_ros.cli import main
from mask_detector_training.commands import data as command
from mask_detector_training.data.datasets import check_groups, load_records, load_split
from mask_detector_training.data.formats import FORMATS
from support.drawn_data import write_data


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """The drawn data with images of coarse noise, as the drawn faces are near-duplicates."""
    root = write_data(tmp_path / "data")
    random = np.random.default_rng(4)
    for path in sorted(root.glob("*/images/*")):
        cv2.imwrite(str(path), noise(random, read_image(str(path)).shape[:2]))
    return root


def read_image(path: str) -> np.ndarray:
    image = cv2.imread(path)
    assert image is not None
    return image


def noise(random: np.random.Generator, shape: tuple[int, int]) -> np.ndarray:
    return cv2.resize(random.integers(0, 255, (9, 8, 3), np.uint8), shape[::-1])


def edit(file: Path, number: int, **changes: object) -> None:
    rows = [json.loads(line) for line in file.read_text().splitlines()]
    rows[number].update(changes)
    file.write_text("".join(json.dumps(row) + "\n" for row in rows))


def class_folders(root: Path, count: int = 20) -> Path:
    """Images of noise in folders of two classes."""
    random = np.random.default_rng(5)
    for name in ("with_mask", "odd"):
        (root / name).mkdir(parents=True)
        for number in range(count):
            cv2.imwrite(str(root / name / f"{number}.png"), noise(random, (72, 64)))
    return root


def test_the_command_offers_all_formats() -> None:
    assert command.FORMATS == FORMATS


def test_convert(data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "yolo"
    assert main(["data", "convert", str(data / "faces"), str(out), "--to", "yolo", "--link"]) == 0
    assert "train: 6 images, 12 faces" in capsys.readouterr().out
    assert (out / "train" / "images" / "train_0.png").is_symlink()
    assert "val: val/images" in (out / "data.yaml").read_text()
    back = tmp_path / "new" / "faces"
    assert main(["data", "convert", str(out), str(back), "--to", "jsonl"]) == 0
    assert not (back / "images" / "train_0.png").is_symlink()
    assert len(load_split(tmp_path / "new", "val")) == 6
    (back / "labels.jsonl").write_text((back / "train.jsonl").read_text())
    again = ["data", "convert", str(back / "labels.jsonl"), str(tmp_path / "again")]
    assert main([*again, "--to", "yolo"]) == 0
    assert main([*again[:2], str(tmp_path / "again"), str(tmp_path / "voc"), "--to", "voc"]) == 0
    assert len(list((tmp_path / "voc" / "Annotations").iterdir())) == 6
    (out / "train.jsonl").write_text("")
    assert main(["data", "convert", str(out), str(tmp_path / "from"), "--to", "voc"]) == 2
    assert "no labeled images to write" in capsys.readouterr().err
    from_yolo = [
        "data",
        "convert",
        str(out),
        str(tmp_path / "from"),
        "--to",
        "voc",
        "--from",
        "yolo",
    ]
    assert main(from_yolo) == 0
    assert main(["data", "convert", str(data / "faces"), str(back), "--to", "voc"]) == 2
    assert "is not empty" in capsys.readouterr().err


def test_convert_class_folders(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source, out = class_folders(tmp_path / "in", 2), tmp_path / "out"
    to = ["data", "convert", str(source), str(out), "--to", "jsonl"]
    assert main(to) == 2
    assert "class 'odd' is not known" in capsys.readouterr().err
    named = [*to, "--names", "odd=incorrect"]
    assert main([*named, "--box", "0,0,2,1"]) == 2
    assert "--box 0,0,2,1: the face must be inside the image" in capsys.readouterr().err
    assert main([*named, "--box", "1,2"]) == 2
    assert "expected four numbers X,Y,W,H" in capsys.readouterr().err
    assert main([*named, "--box", ".25,.25,.5,.5"]) == 0
    records = load_records(out / "labels.jsonl")
    assert sorted(r.statuses for r in records) == [("correct",)] * 2 + [("incorrect",)] * 2
    assert records[0].boxes.tolist() == [[16, 18, 32, 36]]
    assert records[0].source == "in"


def test_split_keeps_near_duplicates_together(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source = class_folders(tmp_path / "in")
    for number in range(0, 20, 4):  # mirrored copies with other names, in another class
        image = read_image(str(source / "odd" / f"{number}.png"))
        cv2.imwrite(str(source / "with_mask" / f"copy{number}.jpg"), image[:, ::-1])
    out = tmp_path / "new" / "faces"
    to = ["data", "split", str(source), "--names", "odd=no_mask", "--val", "0.2", "--test", "0.2"]
    assert main([*to, "--out", str(out)]) == 0
    assert "| test | all |" in capsys.readouterr().out
    splits = {name: load_split(tmp_path / "new", name) for name in ("train", "val", "test")}
    assert [len(part) for part in splits.values()] == pytest.approx([27, 9, 9], abs=2)
    check_groups(splits["train"], [*splits["val"], *splits["test"]])
    check_groups(splits["val"], splits["test"])
    for part in splits.values():
        statuses = Counter(status for record in part for status in record.statuses)
        assert statuses["no_mask"] / len(part) == pytest.approx(20 / 45, abs=0.15)
    groups = {r.path.stem: r.group for part in splits.values() for r in part}
    assert all(groups[f"copy{n}"].startswith("in/odd/") for n in range(0, 20, 4))
    assert main(["data", "check", "--data", str(tmp_path / "new")]) == 0

    def names(root: Path) -> list[str]:
        return [r.path.name for r in load_records(root / "train.jsonl")]

    assert main([*to, "--out", str(tmp_path / "again")]) == 0
    assert names(tmp_path / "again") == names(out)
    assert main([*to, "--out", str(tmp_path / "other"), "--seed", "2"]) == 0
    assert names(tmp_path / "other") != names(out)
    assert main([*to, "--out", str(out)]) == 2
    assert "train.jsonl already exists" in capsys.readouterr().err


def test_split_in_the_folder_of_the_images(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    faces = data / "faces"
    (faces / "train.jsonl").rename(faces / "all.jsonl")
    (faces / "val.jsonl").unlink()
    (faces / "test.jsonl").unlink()
    to = ["data", "split", str(faces / "all.jsonl"), "--out", str(faces)]
    assert main([*to, "--val", "0.7", "--test", "0.3"]) == 2
    assert "every split needs a fraction above 0" in capsys.readouterr().err
    assert main([*to, "--val", "0.01", "--test", "0.01"]) == 2
    assert "val and test would be empty" in capsys.readouterr().err
    (faces / "heads.jsonl").write_text((faces / "all.jsonl").read_text())
    to[2] = str(faces)
    assert main([*to, "--val", "0.3", "--test", "0.3"]) == 0
    assert "heads are skipped" in capsys.readouterr().err
    assert len(list((faces / "images").iterdir())) == 18
    assert sum(len(load_records(faces / f"{s}.jsonl")) for s in ("train", "val", "test")) == 6
    # The file that was split stays, and is no split itself.
    shutil.rmtree(data / "crops")
    capsys.readouterr()
    main(["data", "check", "--data", str(data)])
    out, error = capsys.readouterr()
    assert "| train | all |" in out
    assert "two splits" not in out + error


def test_check_counts(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    shutil.rmtree(data / "crops")
    assert main(["data", "check", "--data", str(data)]) == 0
    out = capsys.readouterr().out
    assert "No near-duplicates." in out
    header, line, first = out.splitlines()[:3]
    assert header.startswith("| split | folder | source | images | no_mask |")
    assert line.count("|") == header.count("|")
    assert first == "| train | faces | drawn | 6 | 3 | 4 | 3 | 2 | 0 | 0 | 0 |"


def test_check_finds_leakage(
    data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    images = data / "faces" / "images"
    copy = read_image(str(images / "train_2.png"))[:, ::-1]
    cv2.imwrite(str(images / "val_1.png"), copy)
    sheet = tmp_path / "pairs.png"
    assert main(["data", "check", "--data", str(data), "--sheet", str(sheet)]) == 0
    out = capsys.readouterr().out
    assert "| train and val | 0 | 1 |" in out
    assert "| train | faces/train_2.png | val | faces/val_1.png |" in out
    assert read_image(str(sheet)).shape[1] > 1000
    edit(data / "faces" / "val.jsonl", 1, group="facestrain2")
    edit(data / "faces" / "test.jsonl", 0, image="images/test_1.png")
    assert main(["data", "check", "--data", str(data), "--sheet", str(sheet)]) == 1
    out, error = capsys.readouterr()
    assert "| train and val | 1 | 0 |" in out
    assert "1 groups are in several splits (facestrain2); move all images" in error
    assert "1 image names are used more than once (faces/test_1.png)" in error
    assert main(["data", "check", "--data", str(data), "--sheet", "pairs.txt"]) == 2
    assert "expected a name that ends with .png or .jpg" in capsys.readouterr().err


def test_check_needs_data(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["data", "check", "--data", str(tmp_path)]) == 2
    assert "has no splits; expected faces/ or crops/" in capsys.readouterr().err
