# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Real nodes in their own processes, and a client in this one that talks to them over DDS."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import rclpy
from lifecycle_msgs.srv import ChangeState, GetState
from rcl_interfaces.msg import Parameter as ParameterMessage
from rcl_interfaces.msg import ParameterValue
from rcl_interfaces.srv import GetParameters, ListParameters, SetParametersAtomically
from rclpy.context import Context
from rclpy.executors import ExternalShutdownException, SingleThreadedExecutor
from rclpy.parameter import Parameter
from rclpy.task import Future
from std_msgs.msg import Header

from mask_detector_ros.nodes.common import qos
from mask_detector_ros.nodes.conversions import image_message
from mask_detector_ros.perception.types import Image
from mask_detector_ros.resources import find_resource

START = 30.0
"""Seconds a node may take to start; this machine may be busy."""
REPLY = 15.0
"""Seconds anything may take to arrive."""


class NodeProcess:
    """One node in a process of its own; ended with Ctrl-C when the block is left."""

    def __init__(
        self, module: str, *arguments: str, ready: str | None = None, namespace: str = ""
    ) -> None:
        ros = ["--ros-args", *arguments]
        if namespace:
            ros += ["-r", f"__ns:=/{namespace}"]
        self._command = [sys.executable, "-m", f"mask_detector_ros.nodes.{module}", *ros]
        self._ready = ready
        self._lines: list[str] = []
        self._process: subprocess.Popen[str] | None = None

    def __enter__(self) -> NodeProcess:
        self._process = subprocess.Popen(
            self._command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        if self._ready is not None:
            self.wait_for_log(self._ready, START)
        return self

    def __exit__(self, *_: object) -> None:
        if self._process is None or not self.alive():
            return
        # Gently: a killed process leaves its shared memory behind.
        self._process.send_signal(signal.SIGINT)
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def _read(self) -> None:
        assert self._process is not None and self._process.stdout is not None
        for line in self._process.stdout:
            self._lines.append(line)

    @property
    def log(self) -> str:
        return "".join(self._lines)

    def alive(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def wait_for_log(self, text: str, timeout: float = REPLY) -> None:
        wait_until(
            lambda: text in self.log or not self.alive(), timeout, f"{text!r} in the log", self
        )
        assert text in self.log, f"the node ended without {text!r}:\n{self.log}"

    def interrupt(self, number: int = signal.SIGINT) -> int:
        """Send a signal and return the exit code."""
        assert self._process is not None
        self._process.send_signal(number)
        return self.wait()

    @contextlib.contextmanager
    def held_up(self) -> Iterator[None]:
        """The process stands still inside the block, as on a machine that is too busy."""
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP)
        try:
            yield
        finally:
            self._process.send_signal(signal.SIGCONT)

    def wait(self, timeout: float = REPLY) -> int:
        assert self._process is not None
        code = self._process.wait(timeout)
        self._reader.join(5)
        return code


def detector(*arguments: str, namespace: str = "", wait: bool = True) -> NodeProcess:
    """A mask_detector that listens to image_raw of its namespace."""
    ready = "waiting for images" if wait else None
    return NodeProcess("detector.mask_detector_node", *arguments, ready=ready, namespace=namespace)


def wait_until(
    condition: Callable[[], Any], timeout: float, what: str, process: NodeProcess | None = None
) -> Any:
    """Poll until the condition holds; fail loudly, with the node's log, if it never does."""
    deadline = time.monotonic() + timeout
    while time.monotonic() < deadline:
        value = condition()
        if value:
            return value
        time.sleep(0.01)
    log = f"\nlog of the node:\n{process.log}" if process is not None else ""
    raise AssertionError(f"waited {timeout:g} s in vain for {what}{log}")


class Client:
    """Publishes images and collects whatever comes back, in a thread of its own."""

    def __init__(self, namespace: str = "") -> None:
        self._namespace = f"/{namespace}" if namespace else ""
        self._context = Context()
        rclpy.init(context=self._context)
        self.node = rclpy.create_node(f"client_{os.getpid()}", context=self._context)
        self._executor = SingleThreadedExecutor(context=self._context)
        self._executor.add_node(self.node)
        self._thread = threading.Thread(target=self._spin)
        self._thread.start()
        self._publishers: dict[str, Any] = {}
        self.received: dict[str, list[Any]] = defaultdict(list)
        self._stamp = 1000.0

    def _spin(self) -> None:
        with contextlib.suppress(ExternalShutdownException):
            while True:
                self._executor.spin_once(timeout_sec=0.05)

    def close(self) -> None:
        self._context.try_shutdown()
        self._thread.join(10)  # before the executor: shutting that down first aborts
        self._executor.shutdown()
        self.node.destroy_node()

    def topic(self, name: str) -> str:
        """An absolute name; "~/x" is of the detector in this client's namespace."""
        if name.startswith("/"):
            return name
        return f"{self._namespace}/{name.replace('~', 'mask_detector')}"

    def subscribe(self, kind: type, name: str, profile: Any = None) -> list[Any]:
        """Collect messages of a topic; returns the list they are collected in."""
        topic = self.topic(name)
        self.node.create_subscription(
            kind, topic, self.received[topic].append, profile or qos.results(100)
        )
        wait_until(lambda: self.node.count_publishers(topic), START, f"somebody publishing {topic}")
        return self.received[topic]

    def publisher(self, kind: type, name: str, profile: Any = None) -> Any:
        """A publisher that somebody listens to."""
        topic = self.topic(name)
        if topic not in self._publishers:
            publisher = self.node.create_publisher(kind, topic, profile or qos.results(5))
            wait_until(publisher.get_subscription_count, START, f"somebody listening to {topic}")
            self._publishers[topic] = publisher
        return self._publishers[topic]

    def header(self, stamp: float | None = None) -> Header:
        """A header with the next stamp, 33 ms after the last, or with a given one."""
        self._stamp = self._stamp + 1 / 30 if stamp is None else stamp
        header = Header(frame_id="test_optical_frame")
        header.stamp.sec = int(self._stamp)
        header.stamp.nanosec = int(self._stamp % 1 * 1e9)
        return header

    def send(self, message: Any, name: str = "image_raw") -> Any:
        """Publish; returns the message."""
        self.publisher(type(message), name).publish(message)
        return message

    def detect(self, picture: Any, results: list[Any], timeout: float = REPLY) -> Any:
        """Send a picture or image message until its detections are among the results.

        Cameras are best effort, so one image alone may rightly be lost.
        """
        deadline = time.monotonic() + timeout
        while time.monotonic() < deadline:
            message = (
                image_message(picture, self.header()) if not hasattr(picture, "header") else picture
            )
            self.send(message)
            until = time.monotonic() + 2.0
            while time.monotonic() < until:
                for result in results:
                    if result.header == message.header:
                        return result
                time.sleep(0.005)
        raise AssertionError(f"no detections for the image within {timeout:g} s")

    def call(self, kind: type, name: str, request: Any) -> Any:
        """Call a service and wait for its reply."""
        service = self.topic(name)
        client = self.node.create_client(kind, service)
        assert client.wait_for_service(START), f"no service {service}"
        self._be_known_to(service.rpartition("/")[0])
        future = client.call_async(request)
        wait_until(future.done, REPLY, f"a reply from {service}")
        self.node.destroy_client(client)
        return future.result()

    def _be_known_to(self, node: str) -> None:
        """Wait until a node can answer this client.

        A service drops a reply when it has not yet discovered who reads it, which a client cannot
        see. Clients are discovered in the order of their making, so when a later one has had an
        answer, an earlier one will have one, too.
        """
        probe = self.node.create_client(ListParameters, f"{node}/list_parameters")
        assert probe.wait_for_service(START), f"no node {node}"
        answers: list[Future] = []

        def ask() -> bool:
            if len(answers) < 1 + (time.monotonic() - asked) / 0.5:
                answers.append(probe.call_async(ListParameters.Request()))
            return any(answer.done() for answer in answers)

        asked = time.monotonic()
        wait_until(ask, REPLY, f"an answer from {node}")
        self.node.destroy_client(probe)

    def transition(self, number: int) -> bool:
        """Trigger a lifecycle transition."""
        request = ChangeState.Request()
        request.transition.id = number
        return bool(self.call(ChangeState, "~/change_state", request).success)

    def state(self) -> str:
        """The lifecycle state's label."""
        return str(self.call(GetState, "~/get_state", GetState.Request()).current_state.label)

    def set_parameters(self, **values: Any) -> Any:
        """Set parameters in one request; write dots as double underscores."""
        messages: list[ParameterMessage] = [
            Parameter(name.replace("__", "."), value=value).to_parameter_msg()
            for name, value in values.items()
        ]
        request = SetParametersAtomically.Request(parameters=messages)
        return self.call(SetParametersAtomically, "~/set_parameters_atomically", request).result

    def get_parameter(self, name: str) -> ParameterValue:
        request = GetParameters.Request(names=[name])
        return self.call(GetParameters, "~/get_parameters", request).values[0]


def demo_frame(index: int = 0) -> Image:
    """A picture of the demo clip."""
    import cv2

    video = cv2.VideoCapture(str(find_resource("demo/patrol.mp4")))
    video.set(cv2.CAP_PROP_POS_FRAMES, index)
    ok, image = video.read()
    video.release()
    assert ok, f"the demo clip has no frame {index}"
    return image


def environment(domain: int) -> dict[str, str]:
    """DDS on this machine only, in a domain of its own, with room for images."""
    profile = str(find_resource(Path("config") / "fastdds_images.xml"))
    return {
        "ROS_DOMAIN_ID": str(domain),
        "ROS_AUTOMATIC_DISCOVERY_RANGE": "LOCALHOST",
        "FASTRTPS_DEFAULT_PROFILES_FILE": profile,
        "FASTDDS_DEFAULT_PROFILES_FILE": profile,
        "PYTHONUNBUFFERED": "1",
    }
