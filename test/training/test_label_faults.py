# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""All faults in one run, going on without them, and the checks before a training."""

from __future__ import annotations

import json
import logging
import re
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from mask_detector_ros.cli import main
from mask_detector_training.data.class_mapping import CLASS_MAPPINGS
from mask_detector_training.data.datasets import load_split
from mask_detector_training.data.formats.faults import MAX_LISTED
from mask_detector_training.data.run_labels import LABELS, labels_of_run
from mask_detector_training.data.training_data import check_classes, load_training_data
from mask_detector_training.training_loop import CONFIG
from support.drawn_data import write_data
from support.label_files import set_orientation, write_noise, write_voc

FACE = ("with_mask", 10, 20, 60, 80)


def convert(source: Path, *options: str) -> int:
    out = source.with_name(f"{source.name}_out")
    shutil.rmtree(out, ignore_errors=True)
    return main(["data", "convert", str(source), str(out), "--to", "jsonl", *options])


@pytest.fixture
def faulty(tmp_path: Path) -> Path:
    """40 images; 5 have a box without area, one has two faults."""
    root = tmp_path / "set"
    for number in range(40):
        write_noise(root / f"{number:02d}.jpg", number)
        objects = [FACE]
        objects += [("with_mask", 50, 50, 50, 50)] if number % 8 == 3 else []
        objects += [("bandana", 50, 50, 90, 90), ("hat", 9, 9, 9, 9)] if number == 39 else []
        write_voc(root / f"{number:02d}.xml", f"{number:02d}.jpg", *objects)
    return root


def test_all_faults_come_in_one_run(faulty: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data = (faulty / "07.jpg").read_bytes()
    (faulty / "07.jpg").write_bytes(data[: len(data) // 3])
    (faulty / "08.jpg").unlink()
    (faulty / "09.xml").write_text("<annotation>")
    assert convert(faulty) == 2
    error = capsys.readouterr().err
    assert "11 faults in" in error
    assert "or go on without these images with --skip-faulty" in error
    for line in ("6 x box without area", "1 x class 'bandana' is not known",
                 "1 x class 'hat' is not known", "1 x image is missing",
                 "1 x label file cannot be read", "1 x image cannot be read"):  # fmt: skip
        assert line in error
    for number in (3, 11, 19, 27, 35):
        assert f"{number:02d}.xml object 2: box [50, 50, 0, 0]" in error
    assert "07.jpg cannot be read as an image" in error
    assert not faulty.with_name("set_out").exists()


def test_going_on_without_faults(faulty: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert convert(faulty, "--skip-faulty") == 0
    out, error = capsys.readouterr()
    assert "labels: 34 images, 34 faces" in out
    assert "6 images of" in error
    assert "left out because of 8 faults" in error
    assert "6 x box without area" in error


def test_contradictions_can_be_left_out_as_well(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    root = tmp_path / "set"
    for number in range(5):
        write_noise(root / "images" / f"{number}.jpg", number)
        write_voc(root / "Annotations" / f"{number}.xml", f"{number}.jpg", FACE)
    write_voc(root / "images" / "1.xml", "1.jpg", FACE)  # a second label file
    write_noise(root / "images" / "2.png", 9)  # a second image
    write_voc(root / "Annotations" / "2.xml", "2", FACE)
    set_orientation(root / "images" / "3.jpg", 8)
    split = ["data", "split", str(root), "--out", str(tmp_path / "out"), "--val", ".3", "--test",
             ".3"]  # fmt: skip
    assert main(split) == 2
    error = capsys.readouterr().err
    for line in (
        "3 faults in",
        "1 x two label files for one image",
        "1 x more than one image for a label",
        "1 x labels drawn without the EXIF",
    ):
        assert line in error
    assert convert(root, "--skip-faulty") == 0
    out, error = capsys.readouterr()
    assert "labels: 2 images, 2 faces" in out
    assert "3 images of" in error


def test_a_long_report_lists_the_first_of_each_kind(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    root = tmp_path / "set"
    for number in range(MAX_LISTED + 5):
        write_noise(root / f"{number:02d}.jpg", number)
        write_voc(root / f"{number:02d}.xml", "", FACE, ("hat", 10, 10, 50, 50))
    assert convert(root) == 2
    error = capsys.readouterr().err
    assert f"{MAX_LISTED + 5} x class 'hat' is not known" in error
    assert error.count("--names 'hat=STATUS'") == MAX_LISTED
    assert "… and 5 more" in error
    assert convert(root, "--skip-faulty") == 2
    assert "no labeled images to write" in capsys.readouterr().err


def test_one_fault_is_one_line(faulty: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for number in (3, 11, 19, 27, 35):
        (faulty / f"{number:02d}.xml").unlink()
    write_voc(faulty / "39.xml", "39.jpg", ("bandana", 50, 50, 90, 90))
    assert convert(faulty) == 2
    skipped, error = capsys.readouterr().err.strip().splitlines()
    assert "5 images without labels were skipped" in skipped
    assert error.endswith("; or go on without these images with --skip-faulty")


def test_a_nearly_complete_image_is_used_with_a_warning(
    faulty: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data = (faulty / "07.jpg").read_bytes()
    (faulty / "07.jpg").write_bytes(data[:-2])
    assert convert(faulty, "--skip-faulty") == 0
    out, error = capsys.readouterr()
    assert "labels: 34 images" in out
    assert "1 images that were cut short but are nearly complete are used" in error
    assert "07.jpg" in error


def test_faulty_lines_of_own_labels(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data = write_data(tmp_path / "data")
    file = data / "faces" / "train.jsonl"
    lines = file.read_text().splitlines()
    lines[0] = lines[0].replace('"box": [', '"box": [9999, ', 1)
    lines[2] = lines[2].replace('"status": "', '"status": "x', 1)
    file.write_text("\n".join(lines))
    (data / "crops" / "images" / "val_1.png").write_bytes(b"")
    assert main(["data", "check", "--data", str(data)]) == 1
    error = capsys.readouterr().err
    assert "3 faults in" in error
    assert "train.jsonl line 1" in error
    assert "train.jsonl line 3" in error
    assert "val_1.png" in error
    assert main(["data", "check", "--data", str(data), "--skip-faulty"]) == 0
    assert "3 images of" in capsys.readouterr().err
    with pytest.raises(ValueError, match="2 faults in"):
        load_split(data, "train")
    assert len(load_split(data, "test")) == 12


def test_identical_images_in_two_splits_fail(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    data = write_data(tmp_path / "data")
    assert main(["data", "check", "--data", str(data)]) == 0
    images = data / "faces" / "images"
    shutil.copyfile(images / "train_2.png", images / "val_1.png")
    assert main(["data", "check", "--data", str(data)]) == 1
    error = capsys.readouterr().err
    assert "1 images are identical in several splits (train: " in error
    assert "train_2.png and val: " in error
    with caplog.at_level(logging.WARNING):
        load_training_data(data)
    assert "1 images are both in train and in val" in caplog.text


@pytest.mark.parametrize(("split", "other"), [("val", "train"), ("train", "val")])
def test_train_and_val_must_have_the_same_classes(
    split: str, other: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data = write_data(tmp_path / "data")
    for file in data.glob(f"*/{split}.jsonl"):
        file.write_text(file.read_text().replace("below_mouth", "ignore"))
    assert main(["data", "check", "--data", str(data)]) == 1
    said = capsys.readouterr()
    assert f"{split} has no faces of below_mouth, but {other} has" in said.err
    assert "--classes" not in said.out


@pytest.mark.parametrize(
    ("statuses", "advice"),
    [
        (["correct", "no_mask", "ignore"], "with and without mask only train .* --classes 2"),
        (["correct", "no_mask", "incorrect"], "no_mask, incorrect, correct train .* --classes 3"),
        (["correct", "no_mask", "nose_exposed"], "--classes 3"),
        (["correct"], None),
    ],
)
def test_fewer_classes_are_advised(
    statuses: list[str],
    advice: str | None,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    data = write_data(tmp_path / "data", scenes=4)
    for file in data.glob("*/*.jsonl"):
        rows = [json.loads(line) for line in file.read_text().splitlines()]
        for number, row in enumerate(rows):
            for face in row["faces"]:
                face["status"] = statuses[number % len(statuses)]
        file.write_text("".join(json.dumps(row) + "\n" for row in rows))
    train, val = load_training_data(data)
    found = {status for record in val for status in record.statuses if status != "ignore"}
    with pytest.raises(ValueError, match=f"no val faces of .*{advice or 'needs some$'}"):
        check_classes("val", found, CLASS_MAPPINGS[4], train)
    assert main(["data", "check", "--data", str(data)]) == 0
    assert re.search(f"train has no faces of .*{advice or ''}", capsys.readouterr().out)


def test_all_classes_need_no_advice(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data = write_data(tmp_path / "data")
    train, val = load_training_data(data)
    check_classes("val", (s for r in val for s in r.statuses), CLASS_MAPPINGS[4], train)
    assert main(["data", "check", "--data", str(data)]) == 0
    assert "has no faces of" not in capsys.readouterr().out


def test_data_is_checked_before_a_training(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    data = write_data(tmp_path / "data")
    (data / "crops" / "images" / "train_3.png").write_bytes(b"<html>404</html>")
    (data / "faces" / "images" / "val_2.png").unlink()
    with pytest.raises(ValueError, match=r"2 faults in .*--skip-faulty") as caught:
        load_training_data(data)
    for name in ("train_3.png", "val_2.png"):
        assert name in str(caught.value)
    with caplog.at_level(logging.WARNING):
        train, val = load_training_data(data, skip_faulty=True)
    assert (len(train), len(val)) == (11, 11)
    assert "2 images of" in caplog.text
    assert "train_3.png" in caplog.text


def test_val_is_held_to_the_rules_of_train(tmp_path: Path) -> None:
    data = write_data(tmp_path / "data")
    file = data / "faces" / "val.jsonl"
    file.write_text(file.read_text() * 2)
    with pytest.raises(ValueError, match="6 image names are used more than once"):
        load_training_data(data)


def test_a_removed_row_does_not_forbid_to_resume(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    data, run = write_data(tmp_path / "data"), tmp_path / "run"
    records = load_split(data, "train")
    before = labels_of_run(run, records)
    assert labels_of_run(run, records) == before
    (run / CONFIG).write_text("{}")
    with caplog.at_level(logging.WARNING):
        assert labels_of_run(run, records) == before
        assert not caplog.text
        assert labels_of_run(run, records[:3] + records[4:]) == before
    assert f"1 images with which {run} was started are gone ({records[3].key})" in caplog.text
    changed = replace(records[2], statuses=("ignore",) * len(records[2].statuses))
    with pytest.raises(ValueError, match=rf"other settings \(labels\): 1 .*{records[2].key}"):
        labels_of_run(run, [*records[:2], changed, *records[3:]])
    new = replace(records[0], path=Path("new.png"), name="")
    with pytest.raises(ValueError, match=r"1 images are new or have other labels .*new\.png"):
        labels_of_run(run, [*records, new])
    # A run of an older version has no list of its labels.
    (run / LABELS).unlink()
    assert labels_of_run(run, records) == before != labels_of_run(run, records[1:])
    assert not (run / LABELS).exists()
