# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Parameters of the nodes: generated files, validation, live changes."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from lifecycle_msgs.msg import Transition

from mask_detector_ros.msg import MaskDetectionArray
from mask_detector_ros.nodes.conversions import image_message
from mask_detector_ros.nodes.detector.mask_detector_settings import MaskDetectorSettings
from mask_detector_ros.nodes.parameter_files import DETECTOR_PARAMETERS, GENERATED_FILES
from support.ros_harness import Client, NodeProcess, demo_frame, detector, wait_until

DEFAULT_THRESHOLD = MaskDetectorSettings().detector.score_threshold
ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize("name", sorted(GENERATED_FILES))
def test_generated_files_are_up_to_date(name: str) -> None:
    assert (ROOT / name).read_text(encoding="utf-8") == GENERATED_FILES[name](), (
        f"{name} is not up to date; run: make parameters"
    )


def test_the_parameters_file_sets_every_parameter_to_its_default() -> None:
    content = yaml.safe_load((ROOT / "config" / "mask_detector.yaml").read_text())
    assert content["/**"]["ros__parameters"] == {p.name: p.default for p in DETECTOR_PARAMETERS}


@pytest.mark.parametrize("parameter", DETECTOR_PARAMETERS, ids=lambda p: p.name)
def test_every_parameter_is_described_and_its_default_is_allowed(parameter) -> None:  # type: ignore[no-untyped-def]
    assert parameter.description.endswith(".")
    assert parameter.check(parameter.default) == parameter.default
    if parameter.type in (int, float):
        assert parameter.allowed, "a number needs a range"
        with pytest.raises(ValueError, match=parameter.name):
            parameter.check(parameter.type(max([parameter.high or 0, *parameter.choices]) + 1))
    with pytest.raises(ValueError, match="expected "):
        parameter.check(object())


@pytest.fixture(scope="module")
def own_client(node: NodeProcess) -> Iterator[Client]:
    client = Client()
    yield client
    client.close()


@pytest.fixture(scope="module")
def results(own_client: Client) -> list[MaskDetectionArray]:
    return own_client.subscribe(MaskDetectionArray, "~/detections")


@pytest.mark.ros
def test_a_live_parameter_takes_effect(
    own_client: Client, results: list[MaskDetectionArray]
) -> None:
    image = demo_frame(60)
    before = own_client.detect(image, results)
    assert before.detections
    assert own_client.set_parameters(detector__score_threshold=1.0).successful
    assert list(own_client.detect(image, results).detections) == []
    assert own_client.set_parameters(detector__score_threshold=DEFAULT_THRESHOLD).successful
    assert len(own_client.detect(image, results).detections) == len(before.detections)


@pytest.mark.ros
@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"detector__score_threshold": 1.5}, "score_threshold"),
        (
            {"detector__score_threshold": "high"},
            f"is 'high'; expected a number, such as {DEFAULT_THRESHOLD}",
        ),
        ({"detector__score_threshold": 1}, "is 1, an integer; write decimals with a point"),
        ({"ranging__box_width_std": 2}, "box_width_std is 2, an integer; write decimals"),
        ({"tracker__confirm_frames": 2.0}, "expected a whole number, such as 3"),
        ({"annotate__labels": "yes"}, "expected true or false"),
        ({"annotate__blur": "everything"}, "expected one of face, eyes, off"),
        ({"tracker__confirm_frames": 0}, "confirm_frames"),
        ({"models": "/elsewhere"}, "deactivate and cleanup the node first"),
        ({"image_transport": "compressed"}, "read at the transition activate"),
        ({"image_transport": "theora"}, "expected one of raw, compressed"),
        ({"autostart": False}, "read-only"),
        ({"annotate__blur": False}, "in double quotes"),
        ({"evidence__decision_threshold": float("nan")}, "decision_threshold"),
    ],
)
def test_a_request_with_an_invalid_value_is_refused_as_a_whole_with_a_reason(
    own_client: Client, values: dict[str, object], words: str
) -> None:
    result = own_client.set_parameters(detector__nms_iou=0.77, **values)
    assert not result.successful
    assert words in result.reason
    assert own_client.get_parameter("detector.nms_iou").double_value == pytest.approx(0.4)


CONTRADICTIONS = [
    ({"evidence__unknown_threshold": 0.7}, "evidence.unknown_threshold at most evidence.decision"),
    ({"evidence__decision_threshold": 0.3}, "evidence.unknown_threshold at most evidence.decision"),
    ({"detector__low_confidence_threshold": 0.9}, "at most detector.score_threshold"),
    ({"ranging__child_width": 0.2}, "ranging.child_width at most ranging.face_width"),
    ({"diagnostics__slow_after": 5.0}, "at most diagnostics.stale_after"),
]


@pytest.mark.ros
@pytest.mark.parametrize(("values", "words"), CONTRADICTIONS)
def test_contradictory_values_are_refused_before_any_is_applied(
    own_client: Client, values: dict[str, object], words: str
) -> None:
    result = own_client.set_parameters(detector__nms_iou=0.77, **values)
    assert not result.successful
    assert words in result.reason
    assert own_client.get_parameter("detector.nms_iou").double_value == pytest.approx(0.4)


@pytest.mark.ros
def test_values_that_fit_each_other_are_accepted_in_one_request(own_client: Client) -> None:
    both = {"evidence__unknown_threshold": 0.7, "evidence__decision_threshold": 0.8}
    assert own_client.set_parameters(**both).successful
    assert not own_client.set_parameters(evidence__decision_threshold=0.6).successful
    defaults = MaskDetectorSettings().evidence
    both = {
        "evidence__unknown_threshold": defaults.unknown_threshold,
        "evidence__decision_threshold": defaults.decision_threshold,
    }
    assert own_client.set_parameters(**both).successful


@pytest.mark.ros
def test_an_unchanged_value_is_accepted_in_every_state(own_client: Client) -> None:
    """As rqt_reconfigure and ``ros2 param load`` set all parameters."""
    assert own_client.set_parameters(threads=1, image_transport="raw", runtime="auto").successful


@pytest.mark.ros
def test_a_refused_request_leaves_nothing_behind(own_client: Client) -> None:
    refused = own_client.set_parameters(detector__score_threshold=1, unknown_name=2)
    assert not refused.successful
    assert own_client.set_parameters(detector__score_threshold=DEFAULT_THRESHOLD).successful


@pytest.mark.ros
def test_contradictory_values_end_the_start(tmp_path: Path) -> None:
    file = tmp_path / "robot.yaml"
    file.write_text("/**: {ros__parameters: {evidence.unknown_threshold: 0.8}}", encoding="utf-8")
    with detector("--params-file", str(file), wait=False) as node:
        assert node.wait() == 1
        assert "evidence.unknown_threshold is 0.8 and evidence.decision_threshold" in node.log
        assert "Traceback" not in node.log


@pytest.mark.ros
def test_what_is_read_at_a_transition_can_be_set_before_it() -> None:
    client = Client(namespace="stages")
    try:
        with detector("-p", "autostart:=false", namespace="stages", wait=False) as node:
            assert client.set_parameters(threads=2, runtime="opencv", models="").successful
            assert client.transition(Transition.TRANSITION_CONFIGURE), node.log
            node.wait_for_log("runtime: opencv")
            refused = client.set_parameters(threads=1)
            assert not refused.successful
            assert "threads is read at the transition configure" in refused.reason
            assert "cleanup the node first (ros2 lifecycle set /stages/mask_detector" in (
                refused.reason
            )
            assert client.set_parameters(image_transport="compressed").successful
            assert client.transition(Transition.TRANSITION_ACTIVATE), node.log
            node.wait_for_log("waiting for images on /stages/image_raw/compressed")
            refused = client.set_parameters(image_transport="raw", ranging__depth=False)
            assert not refused.successful and "deactivate the node first" in refused.reason
            assert client.transition(Transition.TRANSITION_DEACTIVATE), node.log
            assert client.set_parameters(image_transport="raw", ranging__depth=False).successful
            assert client.transition(Transition.TRANSITION_CLEANUP), node.log
            assert client.set_parameters(threads=1).successful
            assert client.transition(Transition.TRANSITION_CONFIGURE), node.log
            assert client.transition(Transition.TRANSITION_ACTIVATE), node.log
            node.wait_for_log("waiting for images on /stages/image_raw,")
    finally:
        client.close()


@pytest.mark.ros
@pytest.mark.slow
@pytest.mark.timeout(900)
def test_many_parameter_changes_while_frames_are_processed(
    own_client: Client, node: NodeProcess, results: list[MaskDetectionArray]
) -> None:
    image, stop = demo_frame(60), threading.Event()
    publisher = own_client.publisher(type(image_message(image, own_client.header())), "image_raw")

    def camera() -> None:
        while not stop.wait(1 / 60):
            publisher.publish(image_message(image, own_client.header()))

    before = len(results)
    thread = threading.Thread(target=camera)
    thread.start()
    try:
        for i in range(100):
            valid = {"detector__score_threshold": 0.4 + 0.004 * i, "annotate__labels": i % 2 == 0}
            invalid = {"detector__score_threshold": 7.0}
            assert own_client.set_parameters(**valid).successful
            assert not own_client.set_parameters(**invalid).successful
    finally:
        stop.set()
        thread.join()
    assert own_client.set_parameters(detector__score_threshold=DEFAULT_THRESHOLD).successful
    wait_until(lambda: len(results) > before + 20, "frames during the changes", node)
    assert "a frame failed" not in node.log
    assert len(own_client.detect(image, results).detections) > 0
