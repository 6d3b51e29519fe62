# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import json
import warnings
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mask_detector_ros.training.formats import parts_of, read_labels, recognise
from mask_detector_ros.training.formats.json_lines import load_records
from mask_detector_ros.training.formats.names import KNOWN, ClassNames, parse_names
from mask_detector_ros.training.formats.record import STATUSES, Record
from mask_detector_ros.training.formats.store import store

from .drawn_data import write_data

VOC = """<annotation>
  <folder>pictures</folder><filename>a.png</filename><path>C:\\photos\\a.png</path>
  <source><database>Unknown</database></source>
  <size><width>200</width><height>150</height><depth>3</depth></size>
  <object><name>With_Mask</name><difficult>0</difficult>
    <bndbox><xmin>20</xmin><ymin>30</ymin><xmax>60</xmax><ymax>80</ymax></bndbox></object>
  <object><name>mask_weared_incorrect</name>
    <bndbox><xmin>-4</xmin><ymin>100</ymin><xmax>36</xmax><ymax>153</ymax></bndbox></object>
</annotation>
"""
YOLO = "0 0.2 0.366667 0.2 0.333333\n2 0.08 0.843333 0.2 0.353333\n"


def picture(path: Path, width: int = 200, height: int = 150) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    assert cv2.imwrite(str(path), np.full((height, width, 3), 90, np.uint8))
    return path


def write(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def voc_beside(root: Path) -> None:
    picture(root / "a.png")
    write(root / "a.xml", VOC)


def voc_apart(root: Path) -> None:
    picture(root / "images" / "a.png")
    write(root / "Annotations" / "a.xml", VOC.replace("<width>200", "<width>0"))


def voc_without_suffix(root: Path) -> None:
    picture(root / "JPEGImages" / "a.png")
    write(root / "Annotations" / "a.xml", VOC.replace("a.png</filename>", "a</filename>"))


def yolo_beside(root: Path) -> None:
    picture(root / "a.png")
    write(root / "a.txt", YOLO)
    write(root / "classes.txt", "with_mask\nwithout_mask\r\nincorrect_mask\n")


def yolo_apart(root: Path) -> None:
    picture(root / "images" / "a.png")
    write(root / "labels" / "a.txt", YOLO)
    write(root / "README.txt", "not a label file")
    write(root.parent / "data.yaml", "names: [mask, no-mask, improper mask]\n")


def yolo_darknet(root: Path) -> None:
    picture(root / "obj_train_data" / "a.png")
    write(root / "obj_train_data" / "a.txt", YOLO)
    write(root / "obj.names", "Masked\nunmasked\nincorrectly-masked\n")


@pytest.mark.parametrize(
    "layout", [voc_beside, voc_apart, voc_without_suffix, yolo_beside, yolo_apart, yolo_darknet]
)
def test_every_layout_gives_the_same_record(layout: Callable[[Path], None], tmp_path: Path) -> None:
    root = tmp_path / "mine"
    layout(root)
    picture(root / "images" / "nobody_labelled_this.png")
    (record,) = read_labels(root)
    assert recognise(root) == layout.__name__.partition("_")[0]
    assert record.statuses == ("correct", "incorrect")
    assert record.boxes.dtype == np.float32
    # The second box reached over the left and lower edge.
    np.testing.assert_allclose(record.boxes, [[20, 30, 40, 50], [0, 100, 36, 50]], atol=0.01)
    assert (record.size, record.source, record.group) == ((200, 150), "mine", "a")
    assert record.load().shape == (150, 200, 3)


def test_class_folders(tmp_path: Path) -> None:
    for name in ("with_mask", "without_mask"):
        picture(tmp_path / name / "1.png", 80, 100)
    assert recognise(tmp_path) == "classes"
    masked, bare = read_labels(tmp_path)
    assert (masked.statuses, bare.statuses) == (("correct",), ("no_mask",))
    assert masked.boxes.tolist() == [[0, 0, 80, 100]]
    assert masked.key != bare.key
    assert masked.group != bare.group
    inner = read_labels(tmp_path, face=(0.25, 0.2, 0.5, 0.6))[0]
    np.testing.assert_allclose(inner.boxes, [[20, 20, 40, 60]])


def test_a_picture_without_faces_is_kept(tmp_path: Path) -> None:
    yolo_beside(tmp_path)
    write(tmp_path / "a.txt", "")
    (record,) = read_labels(tmp_path)
    assert record.boxes.shape == (0, 4)
    assert record.statuses == ()


def test_upright_as_exif_says(tmp_path: Path) -> None:
    jpeg = cv2.imencode(".jpg", np.full((60, 100, 3), 90, np.uint8))[1].tobytes()
    turned = b"Exif\0\0MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0\0\0\0\0"
    tag = b"\xff\xe1" + (len(turned) + 2).to_bytes(2, "big") + turned
    (tmp_path / "a.jpg").write_bytes(jpeg[:2] + tag + jpeg[2:])
    write(tmp_path / "classes.txt", "mask")
    write(tmp_path / "a.txt", "0 0.5 0.5 0.5 0.5")
    (record,) = read_labels(tmp_path)
    assert record.size == (60, 100)
    assert record.load().shape[:2] == (100, 60)


def test_names() -> None:
    names = ClassNames(parse_names("foo=ignore,Mask On=nose_exposed"))
    file = Path("a.xml")
    for status in STATUSES:
        assert names.status(status, file) == status
    for status, known in KNOWN.items():
        assert {names.status(name, file) for name in known} == {status}
    assert names.status("Without-Mask ", file) == "no_mask"
    assert names.status("FOO", file) == "ignore"
    assert names.status("mask-on", file) == "nose_exposed"
    everything = [name for known in KNOWN.values() for name in known]
    assert len(everything) == len(set(everything))


@pytest.mark.parametrize(
    ("option", "message"),
    [
        ("foo", "--names 'foo': expected name=status"),
        ("=correct", "expected name=status"),
        ("foo=happy", r"--names foo=happy: 'happy' is none of no_mask"),
    ],
)
def test_wrong_names_are_explained(option: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        ClassNames(parse_names(option))


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("</annotation>", "", r"a\.xml is not well-formed XML: no element found"),
        ("annotation>", "svg>", r"a\.xml is no PASCAL VOC file: expected <annotation>, not <svg>"),
        ("With_Mask", "hat", r"a\.xml: class 'hat' is not known.*--names 'hat=STATUS'.*no_mask"),
        ("<xmin>20", "<xmin>x", r"a\.xml object 1: expected <bndbox> with numbers.*'x'"),
        ("<xmin>20</xmin>", "", r"a\.xml object 1: expected <bndbox>.*None"),
        ("<xmax>60", "<xmax>20", r"a\.xml object 1: box \[20, 30, 0, 50\].* has no area"),
        ("<xmax>36", "<xmax>nan", r"a\.xml object 2: .* has no area"),
        ("<xmin>20<", "<xmin>-90<", r"object 1: box .* lies outside .* 200 x 150 pixels"),
        ("a.png</filename>", "b.png</filename>", None),
    ],
)
def test_what_is_wrong_in_voc_is_named(
    tmp_path: Path, old: str, new: str, message: str | None
) -> None:
    voc_beside(tmp_path)
    write(tmp_path / "a.xml", VOC.replace(old, new))
    if message is None:  # renamed pictures are found by the XML file's name
        assert len(read_labels(tmp_path)) == 1
        (tmp_path / "a.png").unlink()
        message = r"a\.xml: its picture 'b\.png' is neither beside it nor in JPEGImages/"
    with pytest.raises(ValueError, match=message):
        read_labels(tmp_path)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("\n0 0.5 0.5 0.5", r"a\.txt line 2: 4 columns; expected 5: class number, centre x"),
        ("0 0.5 0.5 0.1 0.1 0.9", r"a\.txt line 1: 6 columns"),
        ("mask 0.5 0.5 0.1 0.1", r"a\.txt line 1: invalid literal.*a whole class number"),
        ("0 0.5 0.5 0.1 wide", r"a\.txt line 1: could not convert"),
        ("3 0.5 0.5 0.1 0.1", r"line 1: class number 3, but .*classes\.txt names 3 classes"),
        ("-1 0.5 0.5 0.1 0.1", r"line 1: class number -1"),
        ("0 0.5 0.5 0 0.1", r"a\.txt line 1: box .* has no area"),
        ("0 inf 0.5 0.1 0.1", r"a\.txt line 1: box .* has no area"),
        ("0 100 75 40 50", r"a\.txt line 1: box .* lies outside of the picture"),
    ],
)
def test_what_is_wrong_in_yolo_is_named(tmp_path: Path, text: str, message: str) -> None:
    yolo_beside(tmp_path)
    write(tmp_path / "a.txt", text)
    with pytest.raises(ValueError, match=message):
        read_labels(tmp_path)


def test_what_else_is_wrong_is_named(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"neither a folder nor a \.jsonl file"):
        recognise(tmp_path / "nowhere")
    with pytest.raises(ValueError, match="does not exist"):
        parts_of(tmp_path / "nowhere")
    with pytest.raises(ValueError, match=r"holds no labels; expected \.jsonl files"):
        recognise(tmp_path)
    yolo_beside(tmp_path)
    write(tmp_path / "classes.txt", "mask\nbad\n")
    with pytest.raises(ValueError, match=r"line 2: class number 2, but .* names 2 classes"):
        read_labels(tmp_path)
    write(tmp_path / "a.txt", "1 0.5 0.5 0.1 0.1")
    with pytest.raises(ValueError, match=r"classes\.txt: class 'bad' is not known"):
        read_labels(tmp_path)
    (tmp_path / "a.txt").write_bytes(b"\xff\xfe0")
    with pytest.raises(ValueError, match=r"a\.txt is not UTF-8 text"):
        read_labels(tmp_path)
    (tmp_path / "a.png").write_bytes(b"no picture")
    with pytest.raises(ValueError, match=r"a\.png cannot be read as a picture"):
        read_labels(tmp_path)
    (tmp_path / "a.png").unlink()
    with pytest.raises(ValueError, match=r"a\.txt: its picture is neither beside it"):
        read_labels(tmp_path)
    voc_beside(tmp_path)
    with pytest.raises(ValueError, match="several formats; say which with --from"):
        read_labels(tmp_path)
    write(tmp_path / "data.yaml", "names: 3")
    (tmp_path / "classes.txt").unlink()
    with pytest.raises(ValueError, match=r"data\.yaml: names must be a list, not 3"):
        read_labels(tmp_path, kind="yolo")
    write(tmp_path / "data.yaml", "nc: 2")
    with pytest.raises(ValueError, match=r"data\.yaml does not name the classes"):
        read_labels(tmp_path, kind="yolo")
    (tmp_path / "data.yaml").unlink()
    with pytest.raises(ValueError, match=r"no file that names their classes; expected classes"):
        read_labels(tmp_path, kind="yolo")


def assert_same(before: list[Record], after: list[Record]) -> None:
    assert len(before) == len(after)
    named = {record.path.name: record for record in after}
    for record in before:
        other = named[record.path.name]
        assert other.statuses == record.statuses
        assert other.size == record.size
        edges = [
            np.hstack([r.boxes[:, :2], r.boxes[:, :2] + r.boxes[:, 2:]]) for r in (record, other)
        ]
        np.testing.assert_allclose(*edges, atol=0.501)
        assert np.array_equal(record.load(), other.load())


@pytest.mark.parametrize("between", ["voc", "yolo"])
def test_there_and_back(between: str, tmp_path: Path) -> None:
    faces = write_data(tmp_path / "data", scenes=4) / "faces"
    rows = [json.loads(line) for line in (faces / "train.jsonl").read_text().splitlines()]
    for number, face in enumerate(face for row in rows for face in row["faces"]):
        face["status"] = STATUSES[number % len(STATUSES)]
        face["box"] = [value + 0.37 for value in face["box"]]
    rows[0]["faces"] = []
    write(faces / "train.jsonl", "".join(json.dumps(row) + "\n" for row in rows))
    (faces / "val.jsonl").rename(faces / "heads.jsonl")
    parts = {name: read_labels(path) for name, path in parts_of(faces).items()}
    assert set(parts) == {"train", "heads", "test"}
    store(tmp_path / "there", parts, between, link=True)
    there = {name: read_labels(path) for name, path in parts_of(tmp_path / "there").items()}
    store(tmp_path / "back", there, "jsonl", link=False)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["back", "data", "there"]
    for name, records in parts.items():
        back = load_records(tmp_path / "back" / f"{name}.jsonl")
        assert_same(records, back)
        if between == "voc":
            assert [r.group for r in back] == [r.group for r in records]
            assert {r.source for r in back} == {"drawn"}


def test_boxes_over_the_edge_are_clipped_for_others(tmp_path: Path) -> None:
    faces = write_data(tmp_path / "data", scenes=1) / "faces"
    row = json.loads((faces / "train.jsonl").read_text())
    row["faces"] = [{"box": [-10.0, 100.0, 40.0, 60.0], "status": "correct"}]
    write(faces / "train.jsonl", json.dumps(row))
    records = load_records(faces / "train.jsonl")
    assert records[0].boxes.tolist() == [[-10, 100, 40, 60]]
    for to in ("voc", "yolo"):
        store(tmp_path / to, {"": records}, to, link=True)
        (record,) = read_labels(tmp_path / to)
        np.testing.assert_allclose(record.boxes, [[0, 100, 30, 50]], atol=0.01)


def test_pictures_of_one_name_stay_apart(tmp_path: Path) -> None:
    for place in ("mask/1.png", "mask/1.bmp", "no_mask/1.png", "no_mask/classes.png"):
        picture(tmp_path / "in" / place)
    records = read_labels(tmp_path / "in")
    for to in ("jsonl", "voc", "yolo"):
        store(tmp_path / to, {"": records}, to, link=False)
        again = [r for path in parts_of(tmp_path / to).values() for r in read_labels(path)]
        assert len({r.path for r in again}) == 4
        assert sorted(r.statuses for r in again) == sorted(r.statuses for r in records)


def test_nothing_half_written_stays(tmp_path: Path) -> None:
    faces = write_data(tmp_path / "data", scenes=2) / "faces"
    records = load_records(faces / "train.jsonl")
    picture(records[1].path, 100, 75)
    with pytest.raises(ValueError, match=r"is 100 x 75 pixels, but its labels .* 200 x 150"):
        store(tmp_path / "out", {"train": records}, "voc", link=False)
    records[1].path.unlink()
    with pytest.raises(ValueError, match="cannot be read as a picture"):
        store(tmp_path / "out", {"train": records}, "jsonl", link=False)
    assert [p.name for p in tmp_path.iterdir()] == ["data"]
    with pytest.raises(ValueError, match="is in use; name a new or an empty folder"):
        store(faces, {"train": records}, "voc", link=False)
    with pytest.raises(ValueError, match="no labelled pictures to write"):
        store(tmp_path / "out", {"train": []}, "voc", link=False)


NUMBERS = st.sampled_from(
    ["0", "1", "-3", "1e400", "nan", "0.5", "60", "1e308", "9" * 5000, "", "x", "१"]
)
JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(
        st.sampled_from(["image", "faces", "box", "status", "width", "height", "group", "source"]),
        inner, max_size=8,
    ),
    max_leaves=12,
)  # fmt: skip
ROW = st.fixed_dictionaries(
    {
        "image": st.just("a.png") | JSON, "source": JSON, "group": JSON,
        "width": st.just(200) | JSON, "height": st.just(150) | JSON,
        "faces": st.lists(
            st.fixed_dictionaries(
                {
                    "box": st.lists(st.floats() | st.integers(), min_size=3, max_size=5) | JSON,
                    "status": st.sampled_from(STATUSES) | JSON,
                }
            ),
            max_size=3,
        ) | JSON,
    }
)  # fmt: skip
WILD_VOC = st.builds(
    lambda *v: VOC.replace(">20<", f">{v[0]}<").replace(">200<", f">{v[1]}<").replace(
        "With_Mask", v[2]).replace("Unknown", v[3]),
    NUMBERS, NUMBERS, st.text(max_size=4), st.text(max_size=4),
)  # fmt: skip
WILD_YOLO = st.lists(st.lists(NUMBERS, min_size=4, max_size=6).map(" ".join)).map("\n".join)
WILD_YAML = st.sampled_from(
    [
        "names: &a [*a]",
        "names: {1: x}",
        "{",
        "- a",
        "names: 2020-99-99",
        "&a {*a : 1}",
        "!!binary x",
    ]
)


@given(
    kind=st.sampled_from(["jsonl", "voc", "yolo"]),
    content=st.one_of(
        st.binary(max_size=60),
        st.text(max_size=60).map(lambda t: t.encode("utf-8", "replace")),
        JSON.map(json.dumps).map(str.encode),
        ROW.map(json.dumps).map(str.encode),
        st.just(b"[" * 100_000),
        WILD_VOC.map(str.encode),
        st.just(b"<?xml version='1.0' encoding='klingon'?><annotation/>"),
        WILD_YOLO.map(str.encode),
    ),
    naming=st.binary(max_size=10) | WILD_YAML.map(str.encode) | st.just(b"names: [mask]"),
)
@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_wild_files_give_records_or_explanations(
    kind: str, content: bytes, naming: bytes, tmp_path: Path
) -> None:
    if not (tmp_path / "a.png").exists():
        picture(tmp_path / "a.png")
    (tmp_path / "data.yaml").write_bytes(naming)
    file = tmp_path / {"jsonl": "a.jsonl", "voc": "a.xml", "yolo": "a.txt"}[kind]
    file.write_bytes(content)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            records = read_labels(file if kind == "jsonl" else tmp_path, kind=kind)
    except ValueError as error:
        assert file.name in str(error) or "data.yaml" in str(error)
    else:
        for record in records:
            assert np.isfinite(record.boxes).all()
            assert (record.boxes[:, 2:] > 0).all()
            assert set(record.statuses) <= set(STATUSES)
    finally:
        file.unlink()
