# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""CameraInfo as drivers publish it: which part is used, and what is refused or suspicious."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import cv2
import numpy as np
import pytest

from mask_detector_ros.perception.calibration import (
    Calibration,
    is_rectified_topic,
    read_calibration,
)
from support.camera_infos import camera_info, intrinsics, projection

NAN = float("nan")
K = [330.0, 0.0, 320.0, 0.0, 330.0, 240.0, 0.0, 0.0, 1.0]
D = [-0.28, 0.07, 0.0, 0.0, 0.0]
P = projection([250.0, 0.0, 318.0, 0.0, 251.0, 241.0, 0.0, 0.0, 1.0])
UNDISTORTED = [0.0] * 5
FISHEYE_D = [-0.02, 0.9, -0.8, 0.4]
DISTORTED = camera_info(k=K, d=D, p=P)


def read(info: SimpleNamespace, size: tuple[int, int] = (640, 480), **options: Any) -> Calibration:
    return read_calibration(info, *size, **options)


def focal(calibration: Calibration) -> float:
    assert calibration.camera is not None, calibration.problem
    return float(calibration.camera.matrix[0, 0])


def rows(calibration: Calibration) -> list[list[float]]:
    assert calibration.camera is not None, calibration.problem
    return calibration.camera.matrix[:2].tolist()


# Raw or rectified -------------------------------------------------------------------------


def test_raw_images_use_k_and_d() -> None:
    found = read(DISTORTED, topic="/camera/image_raw")
    assert focal(found) == 330.0
    assert found.camera is not None and found.camera.distortion.tolist() == D
    assert (found.problem, found.warnings) == ("", ())


@pytest.mark.parametrize("options", [{"topic": "/left/image_rect"}, {"images": "rectified"}])
def test_rectified_images_use_p_without_distortion(options: dict[str, Any]) -> None:
    found = read(DISTORTED, **options)
    assert rows(found) == [[250.0, 0.0, 318.0], [0.0, 251.0, 241.0]]
    assert found.camera is not None and not found.camera.distortion.any()
    assert found.warnings == ()


def test_both_give_the_same_direction_of_a_point() -> None:
    matrix = np.reshape(K, (3, 3))
    points, _ = cv2.projectPoints(np.array([[0.7, -0.4, 2.0]]), np.zeros(3), np.zeros(3), matrix,
                                  np.array(D))  # fmt: skip
    point = np.asarray(points, np.float64)
    new = np.reshape(P, (3, 4))[:, :3]
    moved = np.asarray(cv2.undistortPoints(point, matrix, np.array(D), P=new), np.float64)
    raw, rectified = read(DISTORTED).camera, read(DISTORTED, images="rectified").camera
    assert raw is not None and rectified is not None
    assert raw.rays(point) == pytest.approx(rectified.rays(moved), abs=1e-3)
    assert raw.rays(point) == pytest.approx(np.array([[0.35, -0.2]]), abs=1e-3)


def test_the_parameter_overrules_the_topic() -> None:
    assert focal(read(DISTORTED, topic="/image_rect", images="raw")) == 330.0


@pytest.mark.parametrize(
    ("topic", "rectified"),
    [
        ("/left/image_rect_color", True),
        ("/camera/rect/image", True),
        ("/zed/zed_node/rgb/color/rect/image", True),
        ("/camera/infra1/image_rect_raw", True),
        ("/image_rect/compressed", True),
        ("/imageRect", True),
        ("/cam/image_rectified", True),
        ("/cam/undistorted", True),
        ("/image_raw", False),
        ("/direct/image_raw", False),
        ("/corrected/image", False),
        ("/rectangle/image", False),
        ("/image_unrectified", False),
    ],
)
def test_topics_that_say_rectified(topic: str, rectified: bool) -> None:
    assert is_rectified_topic(topic) == rectified


def test_zero_k_with_p_means_rectified_images() -> None:
    found = read(camera_info(k=[0.0] * 9, d=UNDISTORTED, p=P))
    assert focal(found) == 250.0 and found.warnings == ()
    found = read(camera_info(k=[0.0] * 9, d=D, p=P))
    assert focal(found) == 250.0 and "raw images need K" in found.warnings[0]


def test_zero_d_with_equal_k_and_p_needs_no_choice() -> None:
    found = read(camera_info(k=K, d=UNDISTORTED))
    assert focal(found) == 330.0 and found.warnings == ()


def test_zero_d_with_another_p_takes_the_images_as_rectified_and_warns() -> None:
    info = camera_info(k=K, d=UNDISTORTED, p=P)
    found = read(info)
    assert focal(found) == 250.0
    assert "330" in found.warnings[0] and "ranging.calibration to raw" in found.warnings[0]
    assert focal(read(info, images="raw")) == 330.0
    assert len(read(info, topic="/image_rect").warnings) == 1
    assert read(info, images="rectified").warnings == ()


def test_the_parameter_uses_p_where_it_is_unusual() -> None:
    p = projection([250.0, 0.0, 200.0, 0.0, 250.0, 240.0, 0.0, 0.0, 1.0])
    found = read(camera_info(k=K, d=UNDISTORTED, p=p), images="rectified")
    assert focal(found) == 250.0 and "cropped" in found.warnings[0]


def test_p_in_place_of_a_broken_k_is_a_warning() -> None:
    found = read(camera_info(k=[330, 0, 0, 0, 330, 0, 320, 240, 1], d=UNDISTORTED, p=P))
    assert focal(found) == 250.0
    assert "transposed" in found.warnings[0] and "P is used" in found.warnings[0]


@pytest.mark.parametrize(
    "p",
    [
        [0.0] * 12,
        projection(np.eye(3).ravel().tolist()),
        projection(intrinsics(165.0, (320, 240))),
        [NAN] * 12,
    ],
    ids=["zero", "identity", "other resolution", "NaN"],
)
def test_a_p_that_cannot_be_right_leaves_k_where_d_is_zero(p: list[float]) -> None:
    for topic in ("/image", "/image_rect"):
        found = read(camera_info(k=K, d=UNDISTORTED, p=p), topic=topic)
        assert focal(found) == 330.0 and found.warnings == ()


def test_rectified_images_without_p_have_no_positions() -> None:
    found = read(camera_info(k=K, d=D, p=[0.0] * 12), topic="/image_rect")
    assert found.camera is None
    assert "P of CameraInfo is zero" in found.problem and "/image_rect" in found.problem


def test_the_baseline_of_a_right_camera_is_ignored() -> None:
    p = projection(intrinsics(400.0), baseline=0.12)
    assert rows(read(camera_info(k=K, d=D, p=p), topic="/right/image_rect")) == [
        [400.0, 0.0, 320.0],
        [0.0, 400.0, 240.0],
    ]


# Sizes ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("info", "size", "expected"),
    [
        (camera_info(), (320, 240), [[250, 0, 160], [0, 250, 120]]),
        (camera_info(), (1280, 960), [[1000, 0, 640], [0, 1000, 480]]),
        (camera_info((0, 0), k=intrinsics()), (640, 480), [[500, 0, 320], [0, 500, 240]]),
        (
            camera_info((1280, 960), binning_x=2, binning_y=2),
            (640, 480),
            [[250, 0, 320], [0, 250, 240]],
        ),
        (
            camera_info((640, 960), binning_x=1, binning_y=2),
            (640, 480),
            [[500, 0, 320], [0, 250, 240]],
        ),
        (
            camera_info((1280, 960), roi=(320, 200, 640, 480)),
            (640, 480),
            [[500, 0, 320], [0, 500, 280]],
        ),
        (
            camera_info((1280, 960), roi=(320, 200, 640, 480), binning_x=2, binning_y=2),
            (320, 240),
            [[250, 0, 160], [0, 250, 140]],
        ),
        # Some drivers set the region, but publish the whole image.
        (
            camera_info((1280, 960), roi=(320, 200, 640, 480)),
            (1280, 960),
            [[500, 0, 640], [0, 500, 480]],
        ),
    ],
    ids=["smaller", "larger", "no size", "binned", "binned down", "roi", "binned roi", "whole"],
)
def test_the_matrix_follows_the_size_of_the_images(
    info: SimpleNamespace, size: tuple[int, int], expected: list[list[float]]
) -> None:
    found = read(info, size)
    assert rows(found) == expected and found.warnings == ()


def test_p_is_scaled_and_shifted_as_k_is() -> None:
    info = camera_info((1280, 960), d=D, roi=(320, 200, 640, 480))
    assert rows(read(info, topic="/image_rect")) == [[500.0, 0.0, 320.0], [0.0, 500.0, 280.0]]


@pytest.mark.parametrize(
    ("info", "size", "words"),
    [
        (camera_info(), (640, 360), "640x480 pixels, images have 640x360: the aspect ratio"),
        (camera_info(), (480, 640), "turned by 90 degrees"),
        (camera_info(roi=(320, 200, 640, 480)), (320, 240), "exceeds its 640x480"),
    ],
)
def test_sizes_that_do_not_match(info: SimpleNamespace, size: tuple[int, int], words: str) -> None:
    found = read(info, size)
    assert found.camera is None and words in found.problem


# Plausibility -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"k": [0.0] * 9}, "K of CameraInfo is zero: the camera is not calibrated"),
        # A last element of 1 is no calibration either.
        ({"k": [0.0] * 8 + [1.0]}, "K of CameraInfo is zero: the camera is not calibrated"),
        ({"k": intrinsics(NAN)}, "K of CameraInfo contains NaN"),
        ({"k": intrinsics(float("inf"))}, "K of CameraInfo contains NaN or infinity"),
        ({"k": intrinsics(-500.0)}, "focal lengths -500 and -500"),
        ({"k": [500, 0, 0, 0, 500, 0, 320, 240, 1]}, "transposed"),
        ({"k": [500, 0, 320, 0, 500, 240, 0, 0, 2]}, "last row of K in CameraInfo is 0, 0, 2"),
        ({"k": intrinsics(3.6)}, "3.6, is not in pixels"),
        ({"k": np.eye(3).ravel().tolist()}, "is not in pixels"),
        ({"k": intrinsics(3.6), "distortion_model": "equidistant"}, "is not in pixels"),
        ({"k": intrinsics(5e5)}, "is not in pixels"),
        ({"k": [500, 0, 320, 0, 5000, 240, 0, 0, 1]}, "differ by a factor of 10"),
        ({"k": intrinsics(1000.0, (1280, 960))}, "K is for another resolution"),
        ({"k": intrinsics(250.0, (320, 240))}, "K is for another resolution"),
        ({"k": intrinsics(1000.0, (1920, 1080))}, "K is for another resolution"),
        ({"k": [500, 0, 0, 0, 500, 0, 0, 0, 1]}, "K is for another resolution"),
        ({"d": [-1000.0, 300.0, 0.0, 0.0, 100.0]}, "cannot be inverted"),
        ({"d": [NAN] * 5}, "D of CameraInfo contains NaN"),
    ],
)
def test_intrinsics_with_which_positions_would_be_nonsense(
    fields: dict[str, Any], words: str
) -> None:
    fields.setdefault("p", [0.0] * 12)
    found = read(camera_info(**fields))
    assert found.camera is None and words in found.problem, found


@pytest.mark.parametrize(
    ("fields", "size", "words"),
    [
        ({"binning_x": 2, "binning_y": 2}, (640, 480), "it fits binned images (640x480)"),
        ({"roi": (300, 200, 640, 480)}, (640, 480), "it fits the region of interest (640x480)"),
        ({}, (640, 480), "it fits these images (640x480)"),
    ],
)
def test_a_k_for_another_size_than_width_and_height(
    fields: dict[str, Any], size: tuple[int, int], words: str
) -> None:
    found = read(camera_info((1280, 960), k=intrinsics(), p=[0.0] * 12, **fields), size)
    assert found.camera is None and words in found.problem


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"k": [500, 0, 150, 0, 500, 240, 0, 0, 1]}, "images are cropped"),
        ({"k": [500, 0, 320, 0, 500, 120, 0, 0, 1]}, "images are cropped"),
        ({"k": intrinsics(400.0, (800, 600))}, "another resolution"),
        ({"k": [500, 0, 320, 0, 800, 240, 0, 0, 1]}, "not square"),
        ({"k": intrinsics(10000.0)}, "3.67 degrees"),
    ],
)
def test_unusual_intrinsics_are_used_with_a_warning(fields: dict[str, Any], words: str) -> None:
    found = read(camera_info(**fields))
    assert found.camera is not None and words in found.warnings[0]


@pytest.mark.parametrize(
    "fields",
    [
        {"k": [500, 0, 350, 0, 495, 215, 0, 0, 1]},
        {"k": intrinsics(180.0), "distortion_model": "equidistant", "d": [0.01, 0.0, 0.0, 0.0]},
        {"k": intrinsics(120.0), "distortion_model": "equidistant"},
        {"k": intrinsics(60.0)},
        {"k": intrinsics(330.0), "d": [-0.35, 0.12, 0.0, 0.0, -0.02]},
        {"k": intrinsics(4000.0)},
    ],
    ids=["off center", "fisheye", "ideal fisheye", "160 degrees", "wide angle", "telephoto"],
)
def test_plausible_cameras_are_used_without_a_warning(fields: dict[str, Any]) -> None:
    found = read(camera_info(**fields))
    assert found.camera is not None and found.warnings == (), found


# Distortion models ------------------------------------------------------------------------


@pytest.mark.parametrize(
    "model",
    ["equidistant", "fisheye", "kannala_brandt", "kannala_brandt4", "KANNALA_BRANDT4",
     "Kannala Brandt", "Kannala-Brandt", "opencvFisheye"],
)  # fmt: skip
def test_names_of_the_equidistant_model(model: str) -> None:
    found = read(camera_info(k=intrinsics(286.0), d=FISHEYE_D, distortion_model=model))
    assert found.camera is not None and found.camera.fisheye
    assert found.camera.distortion.tolist() == FISHEYE_D


@pytest.mark.parametrize(
    "model", ["plumb_bob", "Plumb Bob", "radtan", "brown_conrady", "rational_polynomial"]
)
def test_names_of_the_polynomial_models(model: str) -> None:
    found = read(camera_info(d=D, distortion_model=model))
    assert found.camera is not None and not found.camera.fisheye
    assert found.camera.distortion.tolist()[:2] == D[:2]


@pytest.mark.parametrize(
    "model",
    ["fisheyePolynomial", "double_sphere", "inverse_brown_conrady", "ftheta", "omni", "none", ""],
)
def test_unknown_models_give_no_position_unless_d_is_zero(model: str) -> None:
    found = read(camera_info(d=D, distortion_model=model))
    assert found.camera is None
    assert repr(model) in found.problem and "plumb_bob" in found.problem
    for zero in (UNDISTORTED, []):
        found = read(camera_info(d=zero, distortion_model=model))
        assert found.camera is not None and found.warnings == ()


@pytest.mark.parametrize(
    ("model", "d", "expected"),
    [
        ("plumb_bob", [-0.1], [-0.1, 0, 0, 0]),
        ("plumb_bob", [-0.1, 0.02], [-0.1, 0.02, 0, 0]),
        ("plumb_bob", [-0.1, 0.02, 0, 0, -0.01, 0, 0, 0], [-0.1, 0.02, 0, 0, -0.01, 0, 0, 0]),
        ("plumb_bob", [-0.1, 0.02, 0, 0, -0.01, 0.1, 0, 0], [-0.1, 0.02, 0, 0, -0.01, 0.1, 0, 0]),
        ("plumb_bob", [-0.1, 0.02, 0, 0, -0.01, 0, 0], [-0.1, 0.02, 0, 0, -0.01]),
        ("rational_polynomial", [*D, *[0.0] * 10], D[:4]),
        ("thin_prism", [*D, *[0.0] * 3, 1e-3, 0, 0, 0], [*D, 0, 0, 0, 1e-3, 0, 0, 0]),
        ("fisheye", [0.01, 0, 0, 0, 0], [0.01, 0, 0, 0]),
        ("equidistant", [0.01, 0.02, 0.003], [0.01, 0.02, 0.003, 0]),
    ],
)
def test_numbers_of_coefficients_that_are_unambiguous(
    model: str, d: list[float], expected: list[float]
) -> None:
    found = read(camera_info(d=d, distortion_model=model))
    assert found.camera is not None, found.problem
    assert found.camera.distortion.tolist() == expected


@pytest.mark.parametrize(
    ("model", "count"),
    [("plumb_bob", 3), ("plumb_bob", 6), ("rational_polynomial", 15), ("fisheye", 5),
     ("thin_prism", 5)],
)  # fmt: skip
def test_numbers_of_coefficients_that_no_model_has(model: str, count: int) -> None:
    found = read(camera_info(d=[0.01] * count, distortion_model=model))
    assert found.camera is None
    assert f"{count} coefficients" in found.problem and model in found.problem


def test_rectified_images_need_no_known_model() -> None:
    info = camera_info(k=K, d=D, p=P, distortion_model="double_sphere")
    assert focal(read(info, topic="/image_rect")) == 250.0


# Frames -----------------------------------------------------------------------------------


def test_a_camera_info_of_another_frame_is_suspicious() -> None:
    found = read(camera_info(frame="left_optical"), frame_id="right_optical")
    assert found.camera is not None
    assert "'left_optical'" in found.warnings[0] and "'right_optical'" in found.warnings[0]
    for ours, theirs in (("/cam", "cam"), ("cam", "/cam"), ("", "cam"), ("cam", "")):
        assert read(camera_info(frame=theirs), frame_id=ours).warnings == ()
