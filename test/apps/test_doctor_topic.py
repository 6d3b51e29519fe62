# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The doctor's checks of an image topic: faulty cameras in other processes, over DDS."""

from __future__ import annotations

import itertools
import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from mask_detector_ros.apps.checks import image_topic, ros
from mask_detector_ros.apps.checks.finding import Finding, Level
from mask_detector_ros.nodes.tools import topic_probe, topic_sample
from support.optional import optional
from support.ros_harness import detector
from support.waiting import TIMEOUT_S

optional("rclpy")

pytestmark = [pytest.mark.ros, pytest.mark.timeout(600)]
CAMERA = Path(__file__).resolve().parents[1] / "support" / "camera_process.py"
TOPIC = "/cam/image_raw"


@pytest.fixture(autouse=True)
def own_domain(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ROS_DOMAIN_ID", str(101 + os.getpid() % 100))
    monkeypatch.setenv("ROS_AUTOMATIC_DISCOVERY_RANGE", "LOCALHOST")


@contextmanager
def camera(**options: object) -> Iterator[None]:
    process = subprocess.Popen(
        [sys.executable, str(CAMERA), json.dumps(options)], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    try:
        assert process.stdout.readline() == "ready\n", "the camera did not start"
        yield
        assert process.poll() is None, "the camera died during the test"
    finally:
        # Not killed: that would leave its shared memory behind.
        process.send_signal(signal.SIGINT)
        process.wait(timeout=TIMEOUT_S)
        process.stdout.close()


def check(
    name: str = TOPIC, timeout: float = TIMEOUT_S, camera_info: str = ""
) -> dict[str, list[Finding]]:
    arguments = ["--topic", name, "--timeout", str(timeout)]
    if camera_info:
        arguments += ["--camera-info", camera_info]
    report = ros.probe(arguments, timeout + ros.START_TIMEOUT_S)
    found: dict[str, list[Finding]] = {}
    for finding in image_topic.check_images(report):
        found.setdefault(finding.check, []).append(finding)
    return found


def rate(finding: Finding) -> float:
    match = re.search(r"([0-9.]+) Hz", finding.text)
    assert match is not None, finding
    return float(match.group(1))


def test_a_working_camera() -> None:
    with camera(rate=20):
        found = check()
    assert found.keys() == {"topic", "images", "stamps", "camera info"}
    assert Level.ERROR not in {f.level for findings in found.values() for f in findings}, found
    assert "64x48 'bgr8'" in found["images"][0].text
    assert rate(found["images"][0]) == pytest.approx(20, rel=0.5)  # the machine may be busy
    assert "old when they arrive" in found["stamps"][0].text
    assert "calibration that fits" in found["camera info"][0].text


def test_a_topic_without_publisher_suggests_a_similar_one() -> None:
    with camera(topic="/cam/image_rect", info="none"):
        (finding,) = check(timeout=20.0)["topic"]
    assert finding.level == Level.ERROR and f"{TOPIC} has no publisher" in finding.text
    assert "/cam/image_rect" in finding.advice


def test_no_image_topic_at_all() -> None:
    (finding,) = check(timeout=2.0)["topic"]
    assert "no image topic at all" in finding.advice and "ROS_DOMAIN_ID" in finding.advice


def test_a_topic_of_another_type() -> None:
    with camera(kind="string", info="none"):
        (finding,) = check()["topic"]
    assert finding.level == Level.ERROR and "std_msgs/msg/String" in finding.text


def test_incompatible_qos_names_both_nodes() -> None:
    with camera(reliable_listener=True):
        (finding,) = check()["QoS"]
    assert finding.level == Level.ERROR
    assert "/robot/mask_detector receives nothing from /faulty_camera" in finding.text
    assert "offers best effort" in finding.text and "requests reliable" in finding.text


def test_an_unsupported_encoding_lists_the_supported_ones() -> None:
    with camera(encoding="purple10"):
        (finding,) = check()["images"]
    assert finding.level == Level.ERROR and "'purple10'" in finding.text
    assert "rgb8" in finding.advice and "nv12" in finding.advice


def test_truncated_images() -> None:
    with camera(missing_bytes=100):
        (finding,) = check()["images"]
    assert finding.level == Level.ERROR and "truncated" in finding.text


def test_compressed_garbage() -> None:
    with camera(kind="compressed", topic=f"{TOPIC}/compressed"):
        found = check(f"{TOPIC}/compressed")
    assert "not a JPEG or PNG" in found["images"][0].text
    assert found["camera info"][0].level == Level.OK


def test_compressed_images_are_judged_as_raw_ones() -> None:
    topic = f"{TOPIC}/compressed"
    with camera(kind="jpeg", content="gray", stamps="still", topic=topic):
        found = check(topic)
    assert [f.level for f in found["images"]] == [Level.OK, Level.WARN]
    assert "64x48" in found["images"][0].text and "no color" in found["images"][1].text
    assert "stand still" in found["stamps"][0].text
    assert found["camera info"][0].level == Level.OK


def test_a_publisher_without_images() -> None:
    with camera(kind="silent"):
        (finding,) = check(timeout=20.0)["images"]
    assert finding.level == Level.ERROR and "no image arrived" in finding.text


def test_slow_and_old_images() -> None:
    with camera(rate=3, age=4.0):
        found = check()
    assert found["images"][0].level == Level.WARN and rate(found["images"][0]) < 5
    assert found["stamps"][0].level == Level.WARN and "s old" in found["stamps"][0].text


@pytest.mark.parametrize(
    ("kept", "lost"), [([1] * 40, 0.0), ([1, 0] * 30, 0.0), ([1, 1, 0, 1] * 10, 0.25)]
)
def test_losses_are_estimated_from_regular_stamps(kept: list[int], lost: float) -> None:
    stamps = [1e9 + 0.033 * n for n, there in enumerate(kept) if there]
    assert topic_sample.lost_fraction(stamps) == pytest.approx(lost, abs=0.03)


def test_irregular_stamps_give_no_estimate() -> None:
    steps = [0.01, 0.043, 0.025, 0.08, 0.017, 0.05] * 5
    assert topic_sample.lost_fraction(list(itertools.accumulate(steps))) == 0.0


def test_lost_images() -> None:
    with camera(rate=30, keep=0.5):
        (finding,) = check()["images"]
    assert finding.level == Level.WARN and "are lost" in finding.text
    assert "profile" in finding.advice


@pytest.mark.parametrize(
    ("info", "message"),
    [
        ("none", "no CameraInfo on /cam/camera_info although images arrive, and none is"),
        ("zero", "K of CameraInfo is zero: the camera is not calibrated"),
    ],
)
def test_cameras_without_calibration(info: str, message: str) -> None:
    with camera(info=info):
        (finding,) = check()["camera info"]
    assert finding.level == Level.WARN and message in finding.text


def test_this_installation_has_ros_and_the_messages() -> None:
    assert [f.level for f in ros.check_ros()] == [Level.OK] * 3


@pytest.mark.parametrize(
    ("stamps", "words"),
    [
        ("zero", "no stamp"),
        ("still", "stand still"),
        ("to and fro", "jump to and fro"),
        ("boot", "as counted from the start of a camera"),
        ("local time", "set to local time"),
    ],
)
def test_broken_clocks_are_named_and_are_an_error(stamps: str, words: str) -> None:
    with camera(stamps=stamps):
        found = check()
    assert found["stamps"][0].level == Level.ERROR and words in found["stamps"][0].text
    assert "lost" not in found["images"][0].text  # the network is not to blame


@pytest.mark.parametrize(
    ("stamps", "words"),
    [("boot", "stamps are in simulated time"), ("system", "stamps are by the system's clock")],
)
def test_simulated_time(stamps: str, words: str) -> None:
    with camera(stamps=stamps, clock=True):
        found = check()
    assert found["stamps"][0].level == Level.WARN and words in found["stamps"][0].text
    assert "use_sim_time" in found["stamps"][0].advice


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("black", "images are black"),
        ("white", "overexposed"),
        ("frozen", "identical to the last bit"),
        ("gray", "no color"),
    ],
)
def test_images_that_show_little(content: str, words: str) -> None:
    with camera(content=content):
        found = check()
    (finding,) = found["images"][1:]  # the first one is about the rate
    assert finding.level == Level.WARN and words in finding.text


def test_a_zero_k_with_a_one_is_judged_as_the_node_does() -> None:
    fields = {"k": [0.0] * 8 + [1.0], "p": [0.0] * 10 + [1.0, 0.0],
              "distortion_model": "rational_polynomial", "d": [0.0] * 8}  # fmt: skip
    with camera(info_fields=fields):
        (finding,) = check()["camera info"]
    assert "K of CameraInfo is zero: the camera is not calibrated" in finding.text


def test_an_unknown_distortion_model_is_named() -> None:
    with camera(info_fields={"distortion_model": "double_sphere", "d": [0.1, 0.5]}):
        (finding,) = check()["camera info"]
    assert finding.level == Level.WARN and "'double_sphere'" in finding.text


def test_camera_info_elsewhere_is_found_and_can_be_named() -> None:
    """As of cameras that publish it below the image topic."""
    elsewhere = f"{TOPIC}/camera_info"
    with camera(info_topic=elsewhere):
        (missing,) = check()["camera info"]
        (named,) = check(camera_info=elsewhere)["camera info"]
        (wrong,) = check(camera_info=TOPIC)["camera info"]
    assert missing.level == Level.WARN and elsewhere in missing.text
    assert f"--camera-info {elsewhere}" in missing.advice
    assert named.level == Level.OK
    assert "the topic carries sensor_msgs/msg/Image" in wrong.text


def test_latched_camera_info_and_a_frame_with_a_slash() -> None:
    with camera(latched=True, frame="/cam_optical"):
        found = check()
    assert found["camera info"][0].level == Level.OK
    assert "'/cam_optical'" in found["stamps"][1].text


def test_what_the_running_detector_reports_is_passed_on() -> None:
    with camera(diagnosis="qos_overrides have no effect"):
        (finding,) = check()["detector"]
    assert finding.level == Level.WARN
    assert "/robot/mask_detector" in finding.text
    assert "qos_overrides have no effect" in finding.text


def test_the_report_of_a_detector_on_a_busy_machine_is_waited_for() -> None:
    """A node reports every second, later where the processor is busy."""
    late = topic_probe.SAMPLE_S + 2.0
    with camera(diagnosis="no images", diagnosis_after=late):
        (finding,) = check()["detector"]
    assert "no images" in finding.text


def test_qos_overrides_without_effect_of_a_running_detector() -> None:
    override = "qos_overrides./image_raw.subscription.depth:=5"  # of the name before remapping
    arguments = ("-r", f"image_raw:={TOPIC}", "-p", override, "-p", "ranging.calibration:=none")
    with camera(), detector(*arguments):
        found = check()
    (finding,) = found["detector"]
    assert "qos_overrides./image_raw.subscription.depth" in finding.text
    assert found["camera info"][0].level == Level.OK


def test_what_the_running_detector_is_set_to_is_judged() -> None:
    elsewhere = "/calibration/camera_info"
    arguments = ["-r", f"image_raw:={TOPIC}", "-r", f"camera_info:={elsewhere}"]
    arguments += ["-p", "ranging.calibration:=rectified"]
    # Which is right for rectified images, though not for raw ones.
    fields = {"distortion_model": "double_sphere", "d": [0.1, 0.2]}
    with camera(info_topic=elsewhere, info_fields=fields):
        with detector(*arguments):
            (used,) = check()["camera info"]
        (named,) = check(camera_info=elsewhere)["camera info"]
    assert used.level == Level.OK
    assert used.text == f"{elsewhere} has a calibration that fits: P, rectified images"
    assert named.level == Level.WARN and "double_sphere" in named.text


def test_a_topic_with_two_types() -> None:
    with camera(), camera(kind="jpeg", info="none"):
        (finding,) = check()["topic"]
    assert finding.level == Level.ERROR
    assert "sensor_msgs/msg/CompressedImage, sensor_msgs/msg/Image" in finding.text
