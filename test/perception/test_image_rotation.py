# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""A camera that is mounted upside down or sideways gives the same results as an upright one."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from mask_detector_ros.perception import MaskPipeline
from mask_detector_ros.perception.annotator import annotate
from mask_detector_ros.perception.depth import DepthImage
from mask_detector_ros.perception.image_rotation import ImageRotation
from mask_detector_ros.perception.pipeline import FrameResult
from mask_detector_ros.perception.pipeline_settings import (
    ROTATIONS,
    AnnotateSettings,
    PipelineSettings,
)
from mask_detector_ros.perception.types import CameraModel, Detections, EventKind, RangeSource
from support.media import demo_frame

TURNED = [90, 180, 270]
WIDTH, HEIGHT = 640, 480
POINTS = np.random.default_rng(0).uniform(-0.5, 0.5, (50, 3)) * (1.0, 0.7, 0.0) + (0.0, 0.0, 1.0)

CAMERAS = {
    "pinhole": (np.zeros(0), False),
    "plumb_bob": (np.array([0.1, -0.05, 0.004, -0.007, 0.01]), False),
    "rational_polynomial": (
        np.array([0.3, -0.1, 0.003, 0.005, 0.02, 0.2, -0.05, 0.01]),
        False,
    ),
    "thin prism": (
        np.array([0.1, -0.05, 0.004, -0.007, 0.01, 0, 0, 0, 0.02, -0.01, 0.03, 0.005]),
        False,
    ),
    "tilted": (
        np.array([0.1, -0.05, 0.004, -0.007, 0.01, 0, 0, 0, 0, 0, 0, 0, 0.02, 0.05]),
        False,
    ),
    "equidistant": (np.array([0.02, -0.01, 0.003, 0.001]), True),
}
MATRIX = np.array([[410.0, 0.0, 331.5], [0.0, 425.0, 228.25], [0.0, 0.0, 1.0]])


def project(points: np.ndarray, distortion: np.ndarray, fisheye: bool) -> np.ndarray:
    zero = np.zeros(3)
    if fisheye:
        pixels, _ = cv2.fisheye.projectPoints(points[:, None], zero, zero, MATRIX, distortion)
    else:
        pixels, _ = cv2.projectPoints(points, zero, zero, MATRIX, distortion)
    return np.asarray(pixels).reshape(-1, 2)


def pixel_in_turned(pixels: np.ndarray, degrees: int) -> np.ndarray:
    """Where OpenCV's rotation takes pixels, whose centers are at whole numbers."""
    x, y = pixels.T
    return {
        90: np.stack([HEIGHT - 1 - y, x], 1),
        180: np.stack([WIDTH - 1 - x, HEIGHT - 1 - y], 1),
        270: np.stack([y, WIDTH - 1 - x], 1),
    }[degrees]


@pytest.mark.parametrize("degrees", TURNED)
def test_pixels_are_turned_as_opencv_does_and_back(degrees: int) -> None:
    image = np.random.default_rng(0).integers(0, 255, (6, 8, 3)).astype(np.uint8)
    rotation = ImageRotation(degrees, 8, 6)
    turned = rotation.image(image)
    inverse = rotation.inverse()
    assert np.array_equal(inverse.image(turned), image)
    assert (inverse.width, inverse.height) == (turned.shape[1], turned.shape[0])
    depth = DepthImage(np.arange(12.0).reshape(3, 4))
    as_image = np.repeat(np.repeat(depth.values, 2, 0), 2, 1)
    expected = rotation.image(np.repeat(as_image[..., None], 3, 2).astype(np.uint8))[::2, ::2, 0]
    assert np.array_equal(rotation.depth(depth).values, expected)
    assert rotation.depth(depth).fits(turned.shape[1], turned.shape[0])


@pytest.mark.parametrize("degrees", TURNED)
def test_boxes_cover_the_same_pixels_of_the_turned_image(degrees: int) -> None:
    image = np.zeros((HEIGHT, WIDTH, 3), np.uint8)
    image[100:140, 50:80] = 255
    landmarks = np.array([[[60.0, 110], [70, 110], [65, 120], [60, 130], [70, 130]]])
    face = Detections.of_boxes(np.array([[50, 100, 30, 40]]), np.ones(1), landmarks)
    rotation = ImageRotation(degrees, WIDTH, HEIGHT)
    turned = rotation.faces(face)
    x, y, w, h = turned.boxes[0].astype(int)
    white = rotation.image(image)
    assert white[y : y + h, x : x + w].min() == 255
    assert (white > 0).sum() == 3 * w * h
    back = rotation.inverse().faces(turned)
    assert np.array_equal(back.boxes, face.boxes)
    assert np.array_equal(back.landmarks, face.landmarks)


@pytest.mark.parametrize("degrees", TURNED)
@pytest.mark.parametrize("name", CAMERAS)
def test_the_calibration_is_turned_exactly(name: str, degrees: int) -> None:
    distortion, fisheye = CAMERAS[name]
    camera = CameraModel(MATRIX, distortion, fisheye)
    rotation = ImageRotation(degrees, WIDTH, HEIGHT)
    pixels = pixel_in_turned(project(POINTS, distortion, fisheye), degrees)
    rays = rotation.camera(camera).rays(pixels)
    x, y = POINTS[:, :2].T
    expected = {90: (-y, x), 180: (-x, -y), 270: (y, -x)}[degrees]
    assert rays == pytest.approx(np.stack(expected, 1), abs=2e-3)
    turned = rotation.camera(camera)
    assert turned.rays(np.zeros((0, 2))).shape == (0, 2)
    center = pixel_in_turned(MATRIX[:2, 2][None], degrees)[0]
    assert turned.matrix[:2, 2] == pytest.approx(center)
    focal = (410, 425) if degrees == 180 else (425, 410)
    assert np.diag(turned.matrix) == pytest.approx([*focal, 1])


@pytest.fixture(scope="module")
def pipeline() -> MaskPipeline:
    return MaskPipeline()


def as_mounted(image: np.ndarray, degrees: int) -> np.ndarray:
    """What a camera sees that ``rotate: degrees`` turns upright."""
    return ImageRotation(degrees, image.shape[1], image.shape[0]).inverse().image(image)


def watch(pipeline: MaskPipeline, degrees: int) -> list[FrameResult]:
    """Results of a short clip seen by a camera whose images must be turned."""
    pipeline.settings = PipelineSettings(rotate=degrees)
    pipeline.reset()
    upright = ImageRotation(degrees, WIDTH, HEIGHT)
    sideways = degrees in (90, 270)
    size = (HEIGHT, WIDTH) if sideways else (WIDTH, HEIGHT)
    upright = ImageRotation(degrees, *size)
    camera = upright.inverse().camera(CameraModel(MATRIX, CAMERAS["plumb_bob"][0]))
    values = np.full((HEIGHT // 2, WIDTH // 2), 3.0, np.float32)
    values[:, : WIDTH // 4] = 0.0  # on the left, the face size is used
    depth = upright.inverse().depth(DepthImage(values))
    return [
        pipeline.process(as_mounted(demo_frame(140 + i), degrees), i / 10, camera, lambda: depth)
        for i in range(20)
    ]


def test_a_turned_camera_gives_the_same_people_in_its_own_frame(pipeline: MaskPipeline) -> None:
    expected = watch(pipeline, 0)
    assert len(expected[-1].faces) >= 2
    assert sum(len(result.events) for result in expected) >= 1
    assert {RangeSource.DEPTH, RangeSource.FACE_SIZE} == set(expected[-1].faces.range_source)
    for degrees in TURNED:
        size = (HEIGHT, WIDTH) if degrees in (90, 270) else (WIDTH, HEIGHT)
        turn = ImageRotation(degrees, *size)
        for reference, result in zip(expected, watch(pipeline, degrees), strict=True):
            assert result.rotation == turn
            image, faces, _ = result.upright(as_mounted(demo_frame(140), degrees))
            assert image.shape == (HEIGHT, WIDTH, 3)
            assert faces.boxes == pytest.approx(reference.faces.boxes, abs=1e-2)
            assert faces.landmarks == pytest.approx(reference.faces.landmarks, abs=1e-2)
            assert faces.positions == pytest.approx(reference.faces.positions, abs=1e-4)
            assert faces.covariances == pytest.approx(reference.faces.covariances, abs=1e-5)
            assert np.array_equal(faces.status, reference.faces.status)
            assert np.array_equal(faces.range_source, reference.faces.range_source)
            x, y, z = faces.positions.T
            own = {90: (y, -x, z), 180: (-x, -y, z), 270: (-y, x, z)}[degrees]
            assert result.faces.positions == pytest.approx(np.stack(own, 1), abs=1e-6)
            assert [e.kind for e in result.events] == [e.kind for e in reference.events]
            for event in result.events:
                box = event.face.boxes[0]
                assert (box[:2] >= -1).all() and (box[:2] + box[2:] <= np.array(size) + 1).all()


def test_a_change_of_the_rotation_closes_open_violations(pipeline: MaskPipeline) -> None:
    results = watch(pipeline, 0)
    started = {event.person for result in results for event in result.events}
    assert started
    pipeline.settings = PipelineSettings(rotate=180)
    events = pipeline.process(demo_frame(160), 2.0).events
    assert {event.person for event in events} == started
    assert {event.kind for event in events} == {EventKind.LOST}


@pytest.mark.parametrize("degrees", ROTATIONS)
def test_the_annotated_image_is_upright(pipeline: MaskPipeline, degrees: int) -> None:
    pipeline.settings = PipelineSettings(rotate=degrees)
    seen = as_mounted(demo_frame(170), degrees)
    result = pipeline.process(seen)
    image, faces, low_confidence = result.upright(seen)
    settings = AnnotateSettings(labels=False)
    shown = annotate(image, faces, settings, low_confidence)
    changed = np.asarray((np.abs(shown.astype(int) - demo_frame(170)) > 8).any(axis=2))
    for x, y, w, h in faces.boxes.astype(int):
        assert changed[max(y, 0) : y + h, max(x, 0) : x + w].mean() > 0.1
    assert changed.mean() < 0.2


def test_up_is_where_the_turned_image_has_it() -> None:
    ups = {degrees: ImageRotation(degrees, 4, 3).up.tolist() for degrees in ROTATIONS}
    assert ups == {0: [0, -1, 0], 90: [-1, 0, 0], 180: [0, 1, 0], 270: [1, 0, 0]}
