# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Lifecycle transitions, errors at startup, and shutdown at any moment."""

from __future__ import annotations

import signal
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from lifecycle_msgs.msg import Transition
from lifecycle_msgs.srv import ChangeState

from mask_detector_ros.msg import MaskDetectionArray
from mask_detector_ros.nodes.conversions import image_message
from support.ros_harness import Client, demo_frame, detector, wait_until

pytestmark = pytest.mark.ros


@pytest.fixture
def own_client() -> Iterator[Client]:
    client = Client("lifecycle")
    yield client
    client.close()


def test_configure_activate_deactivate_cleanup_twice(own_client: Client) -> None:
    with detector("-p", "autostart:=false", namespace="lifecycle", wait=False) as node:
        assert own_client.state() == "unconfigured"
        for _ in range(2):
            assert own_client.transition(Transition.TRANSITION_CONFIGURE), node.log
            assert own_client.state() == "inactive"
            results = own_client.subscribe(MaskDetectionArray, "~/detections")
            for _ in range(2):
                assert own_client.transition(Transition.TRANSITION_ACTIVATE), node.log
                own_client.detect(demo_frame(), results)
                assert own_client.transition(Transition.TRANSITION_DEACTIVATE), node.log
                ignored = own_client.send(image_message(demo_frame(), own_client.header()))
                assert own_client.state() == "inactive"
            time.sleep(0.2)
            # Deactivated with live tracks, the node published nothing for the last image.
            assert results and all(result.header != ignored.header for result in results)
            assert own_client.transition(Transition.TRANSITION_CLEANUP), node.log
            assert own_client.state() == "unconfigured"
        assert own_client.transition(Transition.TRANSITION_UNCONFIGURED_SHUTDOWN), node.log
        assert own_client.state() == "finalized"
        assert node.interrupt() == 0
        assert "Traceback" not in node.log


def test_shutdown_from_active_exits_without_errors(own_client: Client) -> None:
    with detector(namespace="lifecycle") as node:
        assert own_client.transition(Transition.TRANSITION_ACTIVE_SHUTDOWN), node.log
        assert own_client.state() == "finalized"
        assert node.interrupt() == 0
        assert "Traceback" not in node.log


def test_transitions_that_are_not_possible_are_refused_with_the_possible_ones(
    own_client: Client,
) -> None:
    with detector(namespace="lifecycle") as node:
        assert own_client.state() == "active"
        for number in (
            Transition.TRANSITION_CONFIGURE,  # what Nav2's lifecycle manager asks for first
            Transition.TRANSITION_ACTIVATE,
            Transition.TRANSITION_CLEANUP,
            Transition.TRANSITION_CREATE,
            Transition.TRANSITION_ON_CONFIGURE_SUCCESS,
            250,  # no transition
        ):
            assert not own_client.transition(number)
            assert own_client.state() == "active"
        node.wait_for_log(
            "transition 250 is not possible in state active; possible: deactivate (4)"
        )
        for label in ("configure", "nonsense"):
            request = ChangeState.Request(transition=Transition(label=label))
            assert not own_client.call(ChangeState, "~/change_state", request).success
            node.wait_for_log(f"transition {label} is not possible in state active")
        results = own_client.subscribe(MaskDetectionArray, "~/detections")
        own_client.detect(demo_frame(), results)
        request = ChangeState.Request(transition=Transition(label="deactivate"))
        assert own_client.call(ChangeState, "~/change_state", request).success
        assert not own_client.transition(Transition.TRANSITION_DEACTIVATE)
        assert own_client.transition(Transition.TRANSITION_ACTIVATE)
        own_client.detect(demo_frame(), results)
        assert own_client.transition(Transition.TRANSITION_ACTIVE_SHUTDOWN)
        assert not own_client.transition(Transition.TRANSITION_CONFIGURE)
        node.wait_for_log("not possible in state finalized; possible: none")
        assert node.interrupt() == 0
        assert "Traceback" not in node.log


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["-p", "models:=/nowhere"], "/nowhere/manifest.yaml"),
        (["-p", "runtime:=abacus"], "expected one of auto, litert"),
        (["-p", "detector.score_threshold:=1.5"], "detector.score_threshold"),
        (["-p", "detector.score_threshold:=high"], "write decimals with a point"),
        (["-p", "annotate.blur:=off"], """in double quotes: '"off"'"""),
        (["-p", "use_sim_time:=1"], "'use_sim_time' to '1'"),
        (["--params-file", "/nowhere.yaml"], "/nowhere.yaml"),
        (["-r", "image_raw:=::"], "image_raw:=::"),
    ],
)
def test_a_node_that_cannot_start_reports_why_and_exits_with_an_error(
    arguments: list[str], words: str
) -> None:
    with detector(*arguments, wait=False) as node:
        assert node.wait() == 1
        assert words in node.log
        assert "Traceback" not in node.log


def test_configuring_with_invalid_models_fails_and_can_be_repeated(
    own_client: Client, tmp_path: Path
) -> None:
    arguments = ["-p", "autostart:=false", "-p", f"models:={tmp_path}"]
    with detector(*arguments, namespace="lifecycle", wait=False) as node:
        for _ in range(2):
            assert not own_client.transition(Transition.TRANSITION_CONFIGURE)
            assert own_client.state() == "unconfigured"
        node.wait_for_log("no model manifest")
        assert node.interrupt() == 0


def test_an_unknown_parameter_causes_a_warning() -> None:
    with detector("-p", "detector.score_treshold:=0.3") as node:
        assert "'detector.score_treshold' is unknown to this node" in node.log


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("delay", [0.0, 0.003, 0.02])
def test_a_signal_while_frames_run_ends_the_node_without_a_traceback(
    own_client: Client, number: int, delay: float
) -> None:
    # Large images at full speed keep the worker busy nearly all the time.
    image = np.random.default_rng(0).integers(0, 255, (1080, 1920, 3)).astype(np.uint8)
    with detector(namespace="lifecycle") as node:
        results = own_client.subscribe(MaskDetectionArray, "~/detections")
        own_client.detect(image, results)
        for _ in range(5):
            own_client.send(image_message(image, own_client.header()))
            time.sleep(0.005)
        time.sleep(delay)
        assert node.interrupt(number) == 0, node.log
        assert "Traceback" not in node.log and "Error" not in node.log


def test_a_second_signal_does_not_break_the_shutdown(own_client: Client) -> None:
    with detector(namespace="lifecycle") as node:
        own_client.detect(demo_frame(), own_client.subscribe(MaskDetectionArray, "~/detections"))
        node.send_signal(signal.SIGINT)
        time.sleep(0.05)
        node.send_signal(signal.SIGINT)  # has no effect if the process has ended
        assert node.wait() == 0
        assert "Traceback" not in node.log


def test_two_namespaces_are_independent() -> None:
    with detector(namespace="front"), detector(namespace="rear"):
        clients = {name: Client(name) for name in ("front", "rear")}
        try:
            results = {
                name: client.subscribe(MaskDetectionArray, "~/detections")
                for name, client in clients.items()
            }
            clients["front"].detect(demo_frame(), results["front"])
            wait_until(lambda: results["front"], "detections in front")
            assert results["rear"] == []
            clients["rear"].detect(np.zeros((240, 320, 3), np.uint8), results["rear"])
            assert {m.image_width for m in results["front"]} == {640}
            assert {m.image_width for m in results["rear"]} == {320}
        finally:
            for client in clients.values():
                client.close()
