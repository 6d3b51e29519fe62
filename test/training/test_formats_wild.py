# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Arbitrary file contents give records or an error that names the file."""

from __future__ import annotations

import json
import warnings
from pathlib import Path

import numpy as np
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mask_detector_training.data.formats import read_labels
from mask_detector_training.data.formats.record import STATUSES
from support.label_files import (
    VOC,
    write_image,
)

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
WILD_COCO = st.fixed_dictionaries(
    {
        "images": st.lists(st.fixed_dictionaries(
            {"id": st.just(1) | JSON, "file_name": st.just("a.png") | JSON, "width": JSON}
        ), max_size=3) | JSON,
        "annotations": st.lists(st.fixed_dictionaries(
            {"image_id": st.just(1) | JSON, "category_id": st.just(1) | JSON,
             "bbox": st.lists(st.floats() | st.integers(), max_size=5) | JSON,
             "segmentation": JSON, "iscrowd": JSON}
        ), max_size=3) | JSON,
        "categories": st.just([{"id": 1, "name": "mask"}]) | JSON,
    }
)  # fmt: skip
WILD_CVAT = st.builds(
    lambda *v: '<annotations><image name="a.png" width="{}"><box label="mask" xtl="{}" ytl="1" '
    'xbr="{}" ybr="60" rotation="{}"/><polygon label="mask" points="{}"/></image></annotations>'
    .format(*v),
    NUMBERS, NUMBERS, NUMBERS, NUMBERS, st.lists(NUMBERS).map(",".join),
)  # fmt: skip
WILD_CSV = st.lists(st.lists(NUMBERS | st.just("a.png"), min_size=6, max_size=8).map(",".join)).map(
    lambda lines: "\n".join(["filename,width,height,class,xmin,ymin,xmax,ymax", *lines])
)
SUFFIXES = {"jsonl": ".jsonl", "voc": ".xml", "yolo": ".txt", "coco": ".json", "cvat": ".xml",
            "csv": ".csv"}  # fmt: skip
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
    format_name=st.sampled_from(sorted(SUFFIXES)),
    content=st.one_of(
        st.binary(max_size=60),
        st.text(max_size=60).map(lambda t: t.encode("utf-8", "replace")),
        JSON.map(json.dumps).map(str.encode),
        ROW.map(json.dumps).map(str.encode),
        st.just(b"[" * 100_000),
        WILD_VOC.map(str.encode),
        st.just(b"<?xml version='1.0' encoding='klingon'?><annotation/>"),
        WILD_YOLO.map(str.encode),
        WILD_COCO.map(json.dumps).map(str.encode),
        WILD_CVAT.map(str.encode),
        WILD_CSV.map(str.encode),
    ),
    names_file=st.binary(max_size=10) | WILD_YAML.map(str.encode) | st.just(b"names: [mask]"),
)
@settings(
    max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_arbitrary_files_give_records_or_errors(
    format_name: str, content: bytes, names_file: bytes, tmp_path: Path
) -> None:
    if not (tmp_path / "a.png").exists():
        write_image(tmp_path / "a.png")
    (tmp_path / "data.yaml").write_bytes(names_file)
    file = tmp_path / f"a{SUFFIXES[format_name]}"
    file.write_bytes(content)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            records = read_labels(
                file if format_name == "jsonl" else tmp_path, format_name=format_name
            )
    except ValueError as error:
        names = (file.name, "data.yaml", f"its label files ({format_name}) list none")
        assert any(name in str(error) for name in names)
    else:
        for record in records:
            assert np.isfinite(record.boxes).all()
            assert (record.boxes[:, 2:] > 0).all()
            assert set(record.statuses) <= set(STATUSES)
    finally:
        file.unlink()
