# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Every callback of every node raises once: it is answered or logged, and the node goes on."""

from __future__ import annotations

import contextlib
import importlib
import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus
from lifecycle_msgs.msg import Transition
from rcl_interfaces.srv import SetParametersAtomically
from rclpy.node import NodeNameNonExistentError
from rclpy.parameter import Parameter
from rclpy.publisher import Publisher
from rclpy.qos import QoSDurabilityPolicy, QoSProfile, QoSReliabilityPolicy
from std_srvs.srv import SetBool, Trigger

from mask_detector_ros.msg import MaskDetection, MaskDetectionArray, Reminder
from support.media import demo_frame
from support.patrol_world import PLAN, QUICK, Robot, World
from support.ros_harness import Client, NodeProcess, wait_until

pytestmark = [pytest.mark.ros, pytest.mark.timeout(600)]

ANY = QoSProfile(
    depth=5,
    reliability=QoSReliabilityPolicy.RELIABLE,
    durability=QoSDurabilityPolicy.TRANSIENT_LOCAL,
)
"""Accepted by every subscription."""
BEST_EFFORT = QoSProfile(depth=1, reliability=QoSReliabilityPolicy.BEST_EFFORT)
"""Incompatible with every reliable subscription."""


class FailingNode(NodeProcess):
    """A node in the namespace of its test, whose callbacks all raise the first time."""

    def __init__(self, module: str, name: str, space: str, *arguments: str) -> None:
        super().__init__(module, *arguments, namespace=space, launcher=["failing_node.py"])
        self.name = f"/{space}/{name}"
        self.client = Client(space)
        self._publishers: list[tuple[Publisher, Any]] = []
        self._published_at = float("-inf")

    def __enter__(self) -> FailingNode:
        super().__enter__()
        return self

    def __exit__(self, *details: object) -> None:
        super().__exit__(*details)
        self.client.close()

    def lines(self, word: str) -> set[str]:
        """Names of the callbacks after a word in the log."""
        return set(re.findall(rf"{word}: (.+)$", self.log, re.MULTILINE))

    def missing(self) -> set[str]:
        """Callbacks that have not raised yet."""
        return self.lines("callback") - self.lines("raised")

    def endpoints(self, kind: str, find: Callable[[str, str], Any]) -> list[tuple[str, Any]]:
        """Names and interfaces of all services or subscriptions of the node."""
        space, _, name = self.name.rpartition("/")

        def found() -> list[tuple[str, Any]]:
            count = sum(callback.startswith(kind) for callback in self.lines("callback"))
            with contextlib.suppress(NodeNameNonExistentError):
                ends = [
                    (end, load(kinds[0]))
                    for end, kinds in find(name, space)
                    if "/_action/" not in end
                ]
                if count and len(ends) >= count:
                    return ends
            return []

        ends: list[tuple[str, Any]] = wait_until(found, f"every {kind}", self)
        return ends

    def call_all_services(self) -> None:
        """Call each service; its callback raises, and it answers nevertheless."""
        self.wait_for_log("running\n")
        find = self.client.node.get_service_names_and_types_by_node
        for service, kind in self.endpoints("service", find):
            response = self.client.call(kind, service, request_of(kind, service))
            text = str(response)
            assert "success=True" not in text and "successful=True" not in text, (service, text)
            if hasattr(response, "message"):
                assert "injected" in response.message, (service, text)
        # The services work now; the parameters' own callbacks raise one after the other.
        results = [set_parameter(self, "use_sim_time", False) for _ in range(3)]
        assert "injected" in results[0].reason and not results[0].successful
        assert results[-1].successful, results

    def send_to_all_topics(self, *messages: Any) -> None:
        """Publish to each topic that the node subscribes to until ``finish``.

        Args:
            messages: empty messages are published on topics of other types.
        """
        given = {type(message): message for message in messages}
        find = self.client.node.get_subscriber_names_and_types_by_node
        for topic, kind in self.endpoints("subscription", find):
            publisher = self.client.publisher(kind, topic, ANY)
            self._publishers.append((publisher, given.get(kind, kind())))
            # Another publisher, which the node cannot receive from: it is told so.
            self.client.node.create_publisher(kind, topic, BEST_EFFORT)

    def finish(self, *never: str, code: int = 0) -> None:
        """Wait until every callback has raised, and end the node.

        Args:
            never: callbacks that nothing can call.
            code: the expected exit code.
        """

        def all_raised() -> bool:
            if time.monotonic() - self._published_at > 0.3:
                self._published_at = time.monotonic()
                for publisher, message in self._publishers:
                    publisher.publish(message)
            missing = [name for name in self.missing() if not name.startswith(never)]
            return not missing or not self.alive()

        with contextlib.suppress(AssertionError):
            wait_until(all_raised, "exceptions")
        assert all_raised(), (self.missing(), self.log)
        assert self.alive(), self.log
        assert self.interrupt() == code, self.log
        for name in self.lines("raised"):
            assert f"injected into {name}" in self.log.replace(f"raised: {name}", ""), name
        assert "Traceback" not in self.log, self.log


def load(kind: str) -> Any:
    """The class of an interface, such as "std_srvs/srv/Trigger"."""
    package, group, name = kind.split("/")
    return getattr(importlib.import_module(f"{package}.{group}"), name)


def request_of(kind: Any, service: str) -> Any:
    """A request that reaches the callbacks behind the service."""
    request = kind.Request()
    if hasattr(request, "parameters"):
        request.parameters = [Parameter("use_sim_time", value=False).to_parameter_msg()]
    if service.endswith("change_state"):
        request.transition.id = Transition.TRANSITION_CONFIGURE
    return request


def set_parameter(node: FailingNode, name: str, value: Any) -> Any:
    request = SetParametersAtomically.Request(
        parameters=[Parameter(name, value=value).to_parameter_msg()]
    )
    service = f"{node.name}/set_parameters_atomically"
    return node.client.call(SetParametersAtomically, service, request).result


def warned_of(node: FailingNode, statuses: list[DiagnosticArray]) -> DiagnosticStatus:
    """A diagnostic status of the node that warns of an error in a callback."""

    def find() -> DiagnosticStatus | None:
        for array in statuses:
            for status in array.status:
                if node.name.lstrip("/") in status.name and "injected" in status.message:
                    return status
        return None

    status: DiagnosticStatus = wait_until(find, "a warning in the diagnostics", node)
    return status


@contextlib.contextmanager
def diagnostics(node: FailingNode) -> Iterator[None]:
    """Check that the diagnostics warn of what happens in the block."""
    received: list[DiagnosticArray] = []
    node.client.node.create_subscription(DiagnosticArray, "/diagnostics", received.append, 100)
    yield
    status = warned_of(node, received)
    assert status.level in (DiagnosticStatus.WARN, DiagnosticStatus.ERROR)
    assert int({v.key: v.value for v in status.values}["callback errors"]) > 0


def reach(client: Client, state: str, node: FailingNode) -> None:
    """Configure and activate until the node is in a state; some attempts fail."""
    for _ in range(15):
        now = client.state()
        if now == state:
            return
        configure = now == "unconfigured"
        client.transition(
            Transition.TRANSITION_CONFIGURE if configure else Transition.TRANSITION_ACTIVATE
        )
    raise AssertionError(f"{state} was not reached:\n{node.log}")


def test_the_detector() -> None:
    arguments = ("-p", "autostart:=false", "-p", "ranging.depth:=true")
    with FailingNode("detector.mask_detector_node", "mask_detector", "failing", *arguments) as node:
        client = node.client
        with diagnostics(node):
            node.call_all_services()
            assert client.state() == "unconfigured"
            for change, state in (
                (Transition.TRANSITION_DEACTIVATE, "active"),
                (Transition.TRANSITION_CLEANUP, "inactive"),
                (Transition.TRANSITION_ACTIVE_SHUTDOWN, "active"),
            ):
                reach(client, state, node)
                assert not client.transition(change), "it raises the first time"
                assert client.state() == "unconfigured", "an error releases everything"
            for change, state in (
                (Transition.TRANSITION_DEACTIVATE, "inactive"),
                (Transition.TRANSITION_CLEANUP, "unconfigured"),
            ):
                reach(client, "active" if state == "inactive" else "inactive", node)
                assert client.transition(change), node.log
                assert client.state() == state
            reach(client, "active", node)
            node.send_to_all_topics()
        reset = client.call(Trigger, "~/reset", Trigger.Request())
        assert reset.success
        assert client.call(SetBool, "~/enable", SetBool.Request(data=True)).success
        assert set_parameter(node, "tracker.lost_after", 2.0).successful
        assert client.get_parameter("tracker.lost_after").double_value == 2.0
        # Everything has failed once, and now everything works.
        results = client.subscribe(MaskDetectionArray, "~/detections")
        assert client.detect(demo_frame(), results).detections
        incompatible = QoSProfile(depth=1, durability=QoSDurabilityPolicy.TRANSIENT_LOCAL)
        for topic in ("detections", "markers", "image_annotated", "image_annotated/compressed"):
            kind = load(dict(publishers(node))[f"{node.name}/{topic}"][0])
            client.node.create_subscription(kind, f"{node.name}/{topic}", print, incompatible)
        node.finish()


def publishers(node: FailingNode) -> list[tuple[str, list[str]]]:
    space, _, name = node.name.rpartition("/")
    found: list[tuple[str, list[str]]] = node.client.node.get_publisher_names_and_types_by_node(
        name, space
    )
    return found


def test_the_announcer() -> None:
    arguments = ("-p", "engine:=none")
    with FailingNode("announcer.announcer_node", "announcer", "failing", *arguments) as node:
        with diagnostics(node):
            node.call_all_services()
            node.send_to_all_topics(Reminder(status=MaskDetection.STATUS_NO_MASK))
        assert node.client.call(SetBool, f"{node.name}/mute", SetBool.Request(data=False)).success
        node.finish()


@pytest.mark.parametrize("navigation", ["action", "topic"])
def test_the_patrol(navigation: str, tmp_path: Path) -> None:
    (tmp_path / "plan.yaml").write_text(PLAN)
    values = {**QUICK, "plan": tmp_path / "plan.yaml", "navigation": navigation}
    arguments = [word for name, value in values.items() for word in ("-p", f"{name}:={value}")]
    space = "failing"
    world = World(space)
    try:
        with (
            Robot(space, speed=4.0, action=navigation == "action") as robot,
            FailingNode("patrol.patrol_node", "patrol", space, *arguments) as node,
        ):
            with diagnostics(node):
                node.call_all_services()
            world.wait_for_state("PATROL", node)
            wait_until(
                lambda: {3.0, 6.0} <= {goal.x for goal in robot.goals()},
                "both waypoints",
                node,
                timeout=90,
            )
            assert world.ask("pause").success
            assert world.ask("resume").success
            node.send_to_all_topics()
            node.finish()
    finally:
        world.close()


def test_the_player_ends_and_reports_what_failed(tmp_path: Path) -> None:
    import cv2

    for index in range(2):
        cv2.imwrite(str(tmp_path / f"{index}.png"), demo_frame(index))
    # All services are called before there is a subscriber.
    wait_for = ("-p", "wait_for.image_subscribers:=1", "-p", "wait_for.timeout:=120.0")
    arguments = ("-p", f"source:={tmp_path}", *wait_for)
    with FailingNode("tools.image_player", "image_player", "failing", *arguments) as node:
        node.call_all_services()
        images = node.client.subscribe(load("sensor_msgs/msg/Image"), "/failing/image_raw")
        assert node.wait() == 1
        wait_until(lambda: len(images) == 2, "both images", node)
        assert not node.missing()
        assert "callbacks failed; the last: " in node.log and "2 images published" in node.log
        assert "Traceback" not in node.log


@pytest.mark.parametrize("name", ["recorder", "film", "patrol_world"])
def test_the_tools(name: str, tmp_path: Path) -> None:
    module = "tools.recorder" if name == "recorder" else f"demo.{name}"
    given = [] if name == "patrol_world" else ["-p", f"output:={tmp_path}"]
    if name == "recorder":
        given += ["-p", "idle_timeout:=0.0"]
    with FailingNode(module, name, "failing", *given) as node:
        node.call_all_services()
        node.send_to_all_topics()
        if name == "patrol_world":
            node.client.subscribe(load("sensor_msgs/msg/Image"), "/failing/image_raw")
        node.finish("action server", code=1)
