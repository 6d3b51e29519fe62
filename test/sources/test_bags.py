# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Images of ROS bags written by the test."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from mask_detector_ros.sources import SourceError, open_source
from support.media import BLUE, GREEN, RED, plain
from support.optional import optional

TOPIC = "/cam/image_raw"


def sample_image() -> np.ndarray:
    image = plain(BLUE)
    image[24:] = RED
    image[:, :12] = GREEN
    return image


def encoded(encoding: str) -> np.ndarray:
    """The sample image in an encoding, (rows, bytes) uint8."""
    image = sample_image()
    if encoding in ("rgb8", "bgra8", "mono8"):
        code = {
            "rgb8": cv2.COLOR_BGR2RGB,
            "bgra8": cv2.COLOR_BGR2BGRA,
            "mono8": cv2.COLOR_BGR2GRAY,
        }
        image = cv2.cvtColor(image, code[encoding])
    elif encoding == "nv12":
        planes = cv2.cvtColor(image, cv2.COLOR_BGR2YUV_I420)
        chroma = [planes[48:60].reshape(24, 32), planes[60:].reshape(24, 32)]
        image = np.concatenate([planes[:48], np.stack(chroma, -1).reshape(24, 64)])
    elif encoding == "bayer_rggb8":
        mosaic = np.zeros(image.shape[:2], np.uint8)
        for (row, column), channel in {(0, 0): 2, (0, 1): 1, (1, 0): 1, (1, 1): 0}.items():
            mosaic[row::2, column::2] = image[row::2, column::2, channel]
        image = mosaic
    return image.reshape(image.shape[0], -1)


@pytest.fixture
def make_bag(tmp_path: Path) -> Any:
    rosbag2 = optional("rosbags.rosbag2")
    optional("rosbags.highlevel")
    typesys = optional("rosbags.typesys")
    store = typesys.get_typestore(typesys.Stores.ROS2_JAZZY)

    def message(kind: str, *values: Any) -> Any:
        return store.types[kind](*values)

    def make(
        images: list[tuple[float, str]], plugin: str = "MCAP", compressed: bool = False
    ) -> Path:
        """A bag with these (header stamp, encoding), recorded 0.1 s apart."""
        path = tmp_path / "bag"
        storage = rosbag2.StoragePlugin[plugin]
        with rosbag2.Writer(path, version=9, storage_plugin=storage) as writer:
            raw = writer.add_connection(TOPIC, "sensor_msgs/msg/Image", typestore=store)
            writer.add_connection("/chatter", "std_msgs/msg/String", typestore=store)
            for number, (stamp, encoding) in enumerate(images):
                time = message("builtin_interfaces/msg/Time", int(stamp), round(stamp % 1 * 1e9))
                header = message("std_msgs/msg/Header", time, "cam")
                rows = np.pad(encoded(encoding), ((0, 0), (0, 5)), constant_values=99)
                data = rows.reshape(-1).copy()
                image = message(
                    "sensor_msgs/msg/Image", header, 48, 64, encoding, 0, rows.shape[1], data
                )
                recorded = int(1e9 * (2000 + 0.1 * number))
                writer.write(raw, recorded, store.serialize_cdr(image, "sensor_msgs/msg/Image"))
            if compressed:
                kind = "sensor_msgs/msg/CompressedImage"
                twin = writer.add_connection(f"{TOPIC}/compressed", kind, typestore=store)
                jpeg = cv2.imencode(".png", sample_image())[1].reshape(-1)
                twin_message = message(kind, header, "png", jpeg)
                writer.write(twin, recorded, store.serialize_cdr(twin_message, kind))
        return path

    return make


def test_images_of_a_bag(make_bag: Any) -> None:
    encodings = ["bgr8", "rgb8", "bgra8", "8UC3", "nv12", "bayer_rggb8"]
    bag = make_bag([(1000 + 0.2 * n, encoding) for n, encoding in enumerate(encodings)])
    with open_source(bag) as source:
        assert source.timed and source.length == 6
        assert source.rate == pytest.approx(10.0)
        frames = list(source)
    assert [frame.stamp for frame in frames] == pytest.approx([1000 + 0.2 * n for n in range(6)])
    for frame, encoding in zip(frames, encodings, strict=True):
        difference = np.abs(frame.image.astype(int) - sample_image())
        assert np.median(difference) <= 2 and difference[4:20, 20:].max() < 12, encoding


def test_the_raw_topic_is_read_unless_another_is_chosen(make_bag: Any) -> None:
    bag = make_bag([(5.0, "mono8"), (6.0, "mono8")], plugin="SQLITE3", compressed=True)
    assert len(list(open_source(f"bag:{bag}"))) == 2
    (frame,) = list(open_source(f"bag:{bag}#{TOPIC}/compressed"))
    np.testing.assert_array_equal(frame.image, sample_image())
    (database,) = bag.glob("*.db3")
    assert open_source(database).length == 2
    with pytest.raises(SourceError, match=rf"/nose is not in the bag.*{TOPIC}"):
        open_source(f"bag:{bag}#/nose")
    with pytest.raises(SourceError, match="/chatter is not an image topic"):
        open_source(f"bag:{bag}#/chatter")


@pytest.mark.parametrize("plugin", ["MCAP", "SQLITE3"])
def test_a_topic_without_messages(make_bag: Any, plugin: str) -> None:
    bag = make_bag([], plugin)
    with pytest.raises(SourceError, match=rf"bag {bag} has no message on {TOPIC}"):
        open_source(bag)


def test_the_slash_of_a_topic_may_be_forgotten(make_bag: Any) -> None:
    bag = make_bag([(1.0, "bgr8")])
    assert len(list(open_source(f"bag:{bag}#{TOPIC.removeprefix('/')}"))) == 1


def test_stamps_never_decrease(make_bag: Any) -> None:
    bag = make_bag([(t, "bgr8") for t in (10.0, 10.1, 3.0, 3.1, 10.35)])
    stamps = [frame.stamp for frame in open_source(bag)]
    assert stamps == sorted(stamps) and stamps[0] == 10.0


def test_frozen_stamps_are_reported_once(make_bag: Any) -> None:
    bag = make_bag([(10.0, "bgr8")] * 20)
    warnings: list[str] = []
    stamps = [frame.stamp for frame in open_source(bag, warn=warnings.append)]
    assert stamps[-1] - stamps[0] == pytest.approx(1.9, abs=0.4)
    assert len(warnings) == 1 and "stand still" in warnings[0] and str(bag) in warnings[0]


def test_unreadable_messages_are_skipped(make_bag: Any) -> None:
    bag = make_bag([(1.0, "bgr8"), (1.1, "secret"), (1.2, "bgr8")])
    warnings: list[str] = []
    source = open_source(bag, warn=warnings.append)
    assert [frame.index for frame in source] == [0, 2]
    assert source.skipped == 1 and "secret" in warnings[0]


def test_a_file_that_is_not_a_bag_is_refused(tmp_path: Path) -> None:
    optional("rosbags.highlevel")
    path = tmp_path / "broken.mcap"
    path.write_bytes(b"no bag")
    with pytest.raises(SourceError, match=r"broken\.mcap cannot be read"):
        open_source(path)


def test_a_missing_extra_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "rosbags.typesys", None)
    path = tmp_path / "some.mcap"
    path.touch()
    with pytest.raises(SourceError, match=r"pip install 'mask-detector-ros\[bags\]'"):
        open_source(path)
