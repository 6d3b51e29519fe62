# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""``mask_detector detect``: printed summary, JSON lines and annotated output."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from mask_detector_ros.cli import main
from support.media import plain, save, save_video
from support.tiny_models import face_box, paint

MASKED, BARE, LOW_CONFIDENCE = (3, 4, True, 220), (10, 8, False, 200), (15, 3, False, 60)


@pytest.fixture
def detect(models: Path) -> Callable[..., int]:
    def run(*arguments: object) -> int:
        return main(["detect", "--models", str(models), *map(str, arguments)])

    return run


@pytest.fixture(scope="module")
def street(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two faces with a high and one with a low detector score."""
    return save(tmp_path_factory.mktemp("in") / "street.png", paint(MASKED, BARE, LOW_CONFIDENCE))


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two seconds of a person with and one without a mask; the latter leaves after a second."""
    frames = [paint(MASKED, BARE) if n < 20 else paint(MASKED) for n in range(40)]
    return save_video(tmp_path_factory.mktemp("in") / "walk.avi", frames, 20.0)


def lines(path: Path) -> list[dict[str, Any]]:
    def refuse(constant: str) -> float:
        raise AssertionError(f"{constant} is not JSON")

    return [json.loads(line, parse_constant=refuse) for line in path.read_text().splitlines()]


def test_the_summary_of_an_image(detect: Any, street: Path, capsys: Any) -> None:
    assert detect(street) == 0
    assert capsys.readouterr().out == f"{street}: 2 faces: 1 correct, 1 no mask\n"


def test_the_keys_of_a_json_line_are_the_contract(
    detect: Any, street: Path, tmp_path: Path
) -> None:
    file = tmp_path / "deep" / "faces.jsonl"
    assert detect(street, "--jsonl", file, "--quiet") == 0
    (line,) = lines(file)
    assert list(line) == ["source", "frame", "stamp", "width", "height", "faces"]
    assert line["source"] == str(street)
    assert (line["frame"], line["stamp"], line["width"], line["height"]) == (0, 0.0, 640, 480)
    masked, bare = line["faces"]
    required = ["box", "score", "status", "confidence", "probabilities", "id"]
    assert list(masked)[:6] == required
    assert masked["box"] == face_box(3, 4)
    assert (masked["status"], bare["status"]) == ("correct", "no_mask")
    assert list(bare["probabilities"]) == ["no_mask", "below_mouth", "nose_exposed", "correct"]
    assert sum(bare["probabilities"].values()) == pytest.approx(1, abs=3e-4)
    assert bare["confidence"] == bare["probabilities"]["no_mask"]
    assert 0.9 < bare["score"] <= 1.0
    assert bare["id"] is None and bare["position"] is None
    assert "frame_status" not in bare and "reason" not in bare


def test_a_low_threshold_writes_every_face(detect: Any, street: Path, tmp_path: Path) -> None:
    file = tmp_path / "all.jsonl"
    assert detect(street, "--jsonl", file, "--min-score", "0.01") == 0
    faces = lines(file)[0]["faces"]
    assert [face["box"] for face in faces] == [face_box(3, 4), face_box(10, 8), face_box(15, 3)]
    assert faces[2]["score"] == pytest.approx(0.3, abs=0.03)


def test_all_faces_of_a_crowd_are_written(detect: Any, tmp_path: Path) -> None:
    crowd = [(c, r, False, 100 + c + r) for c in range(20) for r in range(15) if (c + r) % 2]
    image = save(tmp_path / "crowd.png", paint(*crowd))
    thresholds = ("detector.score_threshold=0.01", "detector.low_confidence_threshold=0.01")
    settings = [part for text in thresholds for part in ("--set", text)]
    for options, count in ((["--min-score=0.01"], 150), (settings, 100)):
        assert detect(image, "--jsonl", tmp_path / "c.jsonl", *options) == 0
        assert len(lines(tmp_path / "c.jsonl")[0]["faces"]) == count


def test_unknown_faces_have_a_reason_and_probabilities(
    detect: Any, street: Path, tmp_path: Path
) -> None:
    file = tmp_path / "faces.jsonl"
    assert detect(street, "--jsonl", file, "--set", "quality.min_width=60") == 0
    faces = lines(file)[0]["faces"]
    assert len(faces) == 2
    for face in faces:
        assert (face["status"], face["reason"], face["confidence"]) == ("unknown", "too_small", 0)
        assert sum(face["probabilities"].values()) == pytest.approx(1, abs=3e-4)


def test_people_in_a_video_are_tracked(
    detect: Any, clip: Path, tmp_path: Path, capsys: Any
) -> None:
    file, events = tmp_path / "walk.jsonl", tmp_path / "events.jsonl"
    assert detect(clip, "--jsonl", file, "--events", events) == 0
    assert "walk.avi: 40 frames, 2 people: 1 correct, 1 no mask" in capsys.readouterr().out
    frames = lines(file)
    assert [frame["frame"] for frame in frames] == list(range(40))
    assert [frame["stamp"] for frame in frames] == pytest.approx(np.arange(40) / 20, abs=1e-3)
    first, late = frames[0]["faces"], frames[18]["faces"]
    assert {face["id"] for face in first} == {None}
    assert {(f["status"], f["frame_status"], f["reason"]) for f in first} == {
        ("unknown", "correct", "gathering"),
        ("unknown", "no_mask", "gathering"),
    }
    assert {face["status"] for face in late} == {"correct", "no_mask"}
    ids = {face["status"]: face["id"] for face in late}
    assert len(set(ids.values())) == 2 and None not in ids.values()
    started, lost = lines(events)
    assert {started["status"], lost["status"]} == {"no_mask"}
    assert {started["id"], lost["id"]} == {ids["no_mask"]}
    # At the end of the video the violation is still open: LOST closes it, in the last frame.
    assert (started["kind"], lost["kind"], lost["frame"]) == ("started", "lost", 39)


def test_a_folder_keeps_names_and_skips_damaged_files(
    detect: Any, tmp_path: Path, capsys: Any
) -> None:
    folder = tmp_path / "photos"
    save(folder / "2.png", paint(MASKED))
    save(folder / "sub" / "1.jpg", paint(BARE, MASKED))
    (folder / "10.png").write_bytes(b"broken")
    out, file = tmp_path / "out", tmp_path / "o.jsonl"
    assert detect(f"{folder}/", "--recursive", "--out", out, "--jsonl", file) == 1
    captured = capsys.readouterr()
    assert "10.png" in captured.err and "skipped" in captured.err
    assert "2 images, 3 faces: 2 correct, 1 no mask" in captured.out
    assert "1 input could not be read" in captured.out
    assert [line["source"] for line in lines(file)] == [f"{folder}/2.png", f"{folder}/sub/1.jpg"]
    assert {face["id"] for line in lines(file) for face in line["faces"]} == {None}
    written = {str(p.relative_to(out)) for p in out.rglob("*") if p.is_file()}
    assert written == {"2.png", "sub/1.jpg"}


def test_the_annotated_image(detect: Any, street: Path, tmp_path: Path) -> None:
    before = cv2.imread(str(street))
    assert detect(street, "--out", tmp_path, "--quiet") == 0
    drawn = cv2.imread(str(tmp_path / "street.png"))
    assert before is not None and drawn is not None
    assert drawn.shape == before.shape
    x, y, w, h = map(int, face_box(3, 4))
    green = drawn[y + h, x + w // 2].astype(int)
    assert green[1] > green[0] and green[1] > green[2], "the box of a correct mask is green"
    assert np.array_equal(drawn[-50:, -50:], before[-50:, -50:])


def test_the_blur_option(detect: Any, street: Path, tmp_path: Path) -> None:
    x, y, w, h = map(int, face_box(10, 8))
    changed = {}
    original = cv2.imread(str(street))
    assert original is not None
    for mode in ("off", "eyes", "face"):
        assert detect(street, "--out", tmp_path / mode, "--blur", mode, "-q") == 0
        drawn = cv2.imread(str(tmp_path / mode / "street.png"))
        assert drawn is not None
        inside = np.s_[y + 6 : y + h - 6, x + 6 : x + w - 6]
        changed[mode] = int((drawn[inside] != original[inside]).any(axis=2).sum())
    assert changed["off"] == 0 < changed["eyes"] < changed["face"]


def test_an_annotated_video_is_an_mp4_of_the_same_length(
    detect: Any, clip: Path, tmp_path: Path
) -> None:
    assert detect(clip, "--out", tmp_path, "-q") == 0
    assert [path.name for path in tmp_path.iterdir()] == ["walk.mp4"]
    capture = cv2.VideoCapture(str(tmp_path / "walk.mp4"))
    assert capture.get(cv2.CAP_PROP_FPS) == pytest.approx(20)
    frames = 0
    while capture.grab():
        frames += 1
    assert frames == 40


def test_inputs_are_never_overwritten(detect: Any, tmp_path: Path) -> None:
    one, two = tmp_path / "a" / "x.png", tmp_path / "x.png"
    save(one, paint(BARE))
    save(two, paint(MASKED))
    before = one.read_bytes(), two.read_bytes()
    for _ in range(2):
        assert detect(one, two, two, "--out", tmp_path, "-q") == 0
    assert (one.read_bytes(), two.read_bytes()) == before
    assert {path.name for path in tmp_path.glob("*.png")} == {
        "x.png",
        "x-2.png",
        "x-3.png",
        "x-4.png",
    }


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--jsonl", "IN"], "is an input file"),
        (["--jsonl", "OUT/x", "--events", "OUT/x"], "same file"),
        (["--jsonl", "OUT"], "is a folder"),
        (["--out", "IN"], "cannot be created"),
        (["--set", "quality.min_width=2"], "expected 4 to 1000"),
        (["--set", "quality.minwidth=9"], "there is no setting"),
        (["--set", "quality.min_width"], "NAME=VALUE"),
        (["--set", "tracker.confirm_frames=2.5"], "whole number"),
        (["--set", "annotate.labels=maybe"], "true or false"),
        (["--set", "evidence.unknown_threshold=0.9"], "at most evidence.decision_threshold"),
        (["--min-score", "1.5"], "between 0 and 1"),
        (["--threads", "0"], "between 1 and 256"),
        (["--runtime", "abacus"], "invalid choice"),
    ],
)
def test_wrong_usage_is_reported_in_one_line(
    detect: Any, street: Path, tmp_path: Path, capsys: Any, arguments: list[str], message: str
) -> None:
    before = street.read_bytes()
    words = [a.replace("IN", str(street)).replace("OUT", str(tmp_path)) for a in arguments]
    assert detect(street, *words) in (1, 2)
    captured = capsys.readouterr()
    assert message in captured.err and "Traceback" not in captured.err
    assert street.read_bytes() == before


def test_results_inside_a_recursive_input_are_refused(
    detect: Any, tmp_path: Path, capsys: Any
) -> None:
    save(tmp_path / "a.png", paint(BARE))
    assert detect(tmp_path, "--recursive", "--out", tmp_path / "drawn") == 2
    assert "inside" in capsys.readouterr().err


def test_a_missing_input_does_not_stop_the_others(
    detect: Any, street: Path, tmp_path: Path, capsys: Any
) -> None:
    file = tmp_path / "o.jsonl"
    assert detect(tmp_path / "nowhere.png", street, "--jsonl", file) == 1
    assert "nowhere.png does not exist" in capsys.readouterr().err
    assert len(lines(file)) == 1
    assert detect(tmp_path / "nowhere.png") == 1


def test_lines_to_standard_output(detect: Any, street: Path, clip: Path, capsys: Any) -> None:
    assert detect(street, clip, "--jsonl", "-") == 0
    captured = capsys.readouterr()
    records = [json.loads(line) for line in captured.out.splitlines()]
    assert len(records) == 41
    assert "1 image, 2 faces" in captured.err and "2 people" in captured.err


def test_output_to_a_device_does_not_replace_it(detect: Any, street: Path) -> None:
    assert detect(street, "--jsonl", "/dev/null", "-q") == 0
    assert not Path("/dev/null").is_file()


def test_images_at_a_rate_are_a_sequence(detect: Any, tmp_path: Path) -> None:
    for number in range(12):
        save(tmp_path / "in" / f"{number}.png", paint(BARE))
    file = tmp_path / "o.jsonl"
    assert detect(tmp_path / "in", "--rate", 10, "--jsonl", file, "--out", tmp_path / "out") == 0
    last = lines(file)[-1]
    assert last["stamp"] == 1.1 and last["faces"][0]["status"] == "no_mask"
    assert isinstance(last["faces"][0]["id"], int)
    assert len(list((tmp_path / "out").glob("*.png"))) == 12


def test_an_image_without_faces(detect: Any, tmp_path: Path, capsys: Any) -> None:
    for name, image in (("wall.png", plain()), ("dot.png", plain(width=1, height=1))):
        file = tmp_path / "o.jsonl"
        assert detect(save(tmp_path / name, image), "--jsonl", file, "--out", tmp_path / "o") == 0
        assert lines(file)[0]["faces"] == []
        assert "0 faces" in capsys.readouterr().out


def test_file_names_that_are_not_utf8(detect: Any, tmp_path: Path, capfd: Any) -> None:
    path = tmp_path / "caf\udce9 \uac00.png"
    try:
        save(tmp_path / "a.png", paint(BARE)).rename(path)
    except (OSError, UnicodeError):
        pytest.skip("this file system does not allow such names")
    file, out = tmp_path / "o.jsonl", tmp_path / "out"
    assert detect(path, "--jsonl", file, "--out", out) == 0
    assert lines(file)[0]["source"] == str(path)
    assert (out / path.name).is_file()


def test_write_errors_are_reported(
    detect: Any, clip: Path, tmp_path: Path, capsys: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("mask_detector_ros.video_file.VideoFile.write", full)
    file = tmp_path / "o.jsonl"
    assert detect(clip, "--jsonl", file, "--out", tmp_path / "out") == 1
    error = capsys.readouterr().err
    assert "No space left" in error and "Traceback" not in error
    assert not file.exists()
    (partial,) = tmp_path.glob(".o.*")
    assert str(partial) in error and len(lines(partial)) == 1


def test_videos_of_odd_size(detect: Any, tmp_path: Path) -> None:
    clip = save_video(tmp_path / "odd.avi", [plain(width=63, height=47)] * 5)
    assert detect(clip, "--out", tmp_path / "out", "-q") == 0
    assert cv2.VideoCapture(str(tmp_path / "out" / "odd.mp4")).read()[0]


def test_nan_and_infinity_become_null() -> None:
    from mask_detector_ros.apps.json_lines import face_record
    from mask_detector_ros.perception.types import WearStatus

    record = face_record(
        box=[math.nan, 1.23456, math.inf, 2],
        score=0.123456,
        status=WearStatus.NO_MASK,
        confidence=math.nan,
        probabilities=[math.nan] * 4,
        person=None,
        position=[math.nan] * 3,
    )
    back = json.loads(json.dumps(record, allow_nan=False))
    assert back["box"] == [None, 1.23, None, 2.0]
    assert back["score"] == 0.1235
    assert back["confidence"] is None and back["position"] is None


def test_inputs_that_show_nothing_are_named(detect: Any, tmp_path: Path, capsys: Any) -> None:
    black = np.zeros((480, 640, 3), np.uint8)
    image = save(tmp_path / "cap.png", black)
    video = save_video(tmp_path / "night.avi", [black] * 30, 20.0)
    assert detect(image, video) == 0
    errors = capsys.readouterr().err
    for path in (image, video):
        assert f"{path}: images are black: the lens is covered" in errors
