# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Nodes in separate processes, and a client in this process that uses them over DDS."""

from __future__ import annotations

import contextlib
import itertools
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import rclpy
from lifecycle_msgs.srv import ChangeState, GetState
from rcl_interfaces.msg import Parameter as ParameterMessage
from rcl_interfaces.msg import ParameterValue
from rcl_interfaces.srv import GetParameters, ListParameters, SetParametersAtomically
from rclpy.context import Context
from rclpy.executors import ExternalShutdownException, SingleThreadedExecutor
from rclpy.parameter import Parameter
from rclpy.task import Future
from rclpy.topic_endpoint_info import TopicEndpointInfo
from std_msgs.msg import Header

from mask_detector_ros.nodes.common import qos
from mask_detector_ros.nodes.conversions import image_message
from mask_detector_ros.resources import find_resource
from support.media import demo_frame as demo_frame  # for the tests of nodes
from support.waiting import TIMEOUT_S, wait_until

_numbers = itertools.count()


class NodeProcess:
    """One node in a separate process, interrupted when the block is left."""

    def __init__(
        self,
        module: str,
        *arguments: str,
        ready: str | None = None,
        namespace: str = "",
        launcher: Sequence[str] = (),
    ) -> None:
        """Prepare a node; it is started when the block is entered.

        Args:
            module: of the node, below ``mask_detector_ros.nodes``.
            arguments: ROS arguments.
            ready: text in the log to wait for.
            namespace: of the node.
            launcher: script of this folder that runs the module, and its first arguments.
        """
        ros = ["--ros-args", *arguments]
        if namespace:
            ros += ["-r", f"__ns:=/{namespace}"]
        program = ["-m", f"mask_detector_ros.nodes.{module}"]
        if launcher:
            program = [str(Path(__file__).with_name(launcher[0])), *launcher[1:], module]
        self._command = [sys.executable, *program, *ros]
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
            self.wait_for_log(self._ready)
        return self

    def __exit__(self, *_: object) -> None:
        if self._process is None or not self.alive():
            return
        # Not killed unless it hangs: that would leave its shared memory behind.
        self._process.send_signal(signal.SIGINT)
        try:
            self._process.wait(TIMEOUT_S)
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

    def wait_for_log(self, text: str) -> None:
        wait_until(lambda: text in self.log or not self.alive(), f"{text!r} in the log", self)
        if not self.alive():  # its last lines may not have been read yet
            self._reader.join(TIMEOUT_S)
        assert text in self.log, f"the node ended without {text!r}:\n{self.log}"

    def send_signal(self, number: int) -> None:
        assert self._process is not None
        self._process.send_signal(number)

    def interrupt(self, number: int = signal.SIGINT) -> int:
        """Send a signal and return the exit code."""
        self.send_signal(number)
        return self.wait()

    @contextlib.contextmanager
    def suspended(self) -> Iterator[None]:
        """Suspend the process inside the block, as on an overloaded machine."""
        self.send_signal(signal.SIGSTOP)
        try:
            yield
        finally:
            self.send_signal(signal.SIGCONT)

    def wait(self) -> int:
        """Wait for the end of the process; returns its exit code."""
        assert self._process is not None
        code = self._process.wait(TIMEOUT_S)
        self._reader.join(TIMEOUT_S)
        return code


def detector(*arguments: str, namespace: str = "", wait: bool = True) -> NodeProcess:
    """A mask_detector node that subscribes to image_raw in its namespace."""
    ready = "waiting for images" if wait else None
    return NodeProcess("detector.mask_detector_node", *arguments, ready=ready, namespace=namespace)


class Client:
    """Publishes images and collects received messages, in a separate thread.

    Nothing is sent before the nodes have discovered the publishers and subscriptions of this
    client: until then, a volatile or best effort message is lost, which no sender can see.
    """

    def __init__(self, namespace: str = "") -> None:
        self._namespace = f"/{namespace}" if namespace else ""
        self._context = Context()
        rclpy.init(context=self._context)
        name = f"client_{os.getpid()}_{next(_numbers)}"
        self.node = rclpy.create_node(name, context=self._context)
        self._executor = SingleThreadedExecutor(context=self._context)
        self._executor.add_node(self.node)
        # A daemon: a test that fails before close() must not hang at exit.
        self._thread = threading.Thread(target=self._spin, daemon=True)
        self._thread.start()
        self._publishers: dict[str, Any] = {}
        self.received: dict[str, list[Any]] = {}
        self._known: set[tuple[int, ...]] = set()
        """Ids of the endpoints at the other side of topics whose nodes have discovered ours."""
        self._stamp = 1000.0

    def _spin(self) -> None:
        with contextlib.suppress(ExternalShutdownException):
            while True:
                self._executor.spin_once(timeout_sec=0.05)

    def close(self) -> None:
        self._context.try_shutdown()
        self._thread.join(TIMEOUT_S)  # before the executor: the other order aborts
        self._executor.shutdown()
        self.node.destroy_node()

    def topic(self, name: str) -> str:
        """Absolute topic name; "~/x" is a topic of the detector in the client's namespace."""
        if name.startswith("/"):
            return name
        return f"{self._namespace}/{name.replace('~', 'mask_detector')}"

    def subscribe(self, kind: type, name: str, profile: Any = None) -> list[Any]:
        """Collect the messages of a topic in the returned list."""
        topic = self.topic(name)
        if topic not in self.received:
            self.received[topic] = []
            append = self.received[topic].append
            self.node.create_subscription(kind, topic, append, profile or qos.results(100))
        wait_until(lambda: self.node.count_publishers(topic), f"a publisher of {topic}")
        return self.received[topic]

    def publisher(self, kind: type, name: str, profile: Any = None) -> Any:
        """A publisher that at least one other node has discovered, if it subscribes to the topic.

        A subscription of this client's own node does not count.
        """
        topic = self.topic(name)
        if topic not in self._publishers:
            self._publishers[topic] = self.node.create_publisher(
                kind, topic, profile or qos.results(5)
            )
        publisher = self._publishers[topic]
        wait_until(
            lambda: publisher.get_subscription_count() and self._subscribers(topic),
            f"a subscriber of {topic}",
        )
        self._wait_for_discovery()
        return publisher

    def header(self, stamp: float | None = None) -> Header:
        """A header with a given stamp in seconds, or 33 ms after the last one."""
        self._stamp = self._stamp + 1 / 30 if stamp is None else stamp
        header = Header(frame_id="test_optical_frame")
        header.stamp.sec = int(self._stamp)
        header.stamp.nanosec = int(self._stamp % 1 * 1e9)
        return header

    def send(self, message: Any, name: str = "image_raw") -> Any:
        """Publish a message and return it; the first one waits for a subscriber."""
        topic = self.topic(name)
        if topic in self._publishers:
            self._wait_for_discovery()
        else:
            self.publisher(type(message), name)
        self._publishers[topic].publish(message)
        return message

    def send_until(
        self,
        make: Callable[[], Any],
        condition: Callable[[], Any],
        what: str,
        process: NodeProcess,
        name: str = "image_raw",
    ) -> list[Any]:
        """Send messages until something has happened; returns them.

        One is sent every 2 s: image subscriptions are best effort, so one image may be lost.
        """
        sent: list[Any] = []
        sent_at = float("-inf")

        def happened() -> Any:
            nonlocal sent_at
            if time.monotonic() - sent_at > 2.0:
                sent.append(self.send(make(), name))
                sent_at = time.monotonic()
            return condition()

        wait_until(happened, what, process)
        return sent

    def detect(self, image: Any, results: list[Any], topic: str = "image_raw") -> Any:
        """Send an image (BGR array or message) until its detections are received; returns them.

        Sent again after 2 s: image subscriptions are best effort, so one image may be lost.
        """
        stamps: list[Any] = []
        sent_at = float("-inf")

        def received() -> Any:
            nonlocal sent_at
            if time.monotonic() - sent_at > 2.0:
                is_array = isinstance(image, np.ndarray)
                message = image_message(image, self.header()) if is_array else image
                stamps.append(self.send(message, topic).header.stamp)
                sent_at = time.monotonic()
            return next((r for r in reversed(results) if r.header.stamp in stamps), None)

        return wait_until(received, "detections of the image")

    def call(self, kind: type, name: str, request: Any) -> Any:
        """Call a service and wait for its reply."""
        service = self.topic(name)
        client = self.node.create_client(kind, service)
        assert client.wait_for_service(TIMEOUT_S), f"no service {service}"
        self.wait_for_discovery_by(service.rpartition("/")[0])
        future = client.call_async(request)
        wait_until(future.done, f"a reply from {service}")
        self.node.destroy_client(client)
        return future.result()

    def _subscribers(self, topic: str) -> list[TopicEndpointInfo]:
        """Subscriptions of other nodes."""
        return self._others(self.node.get_subscriptions_info_by_topic(topic))

    def _others(self, endpoints: list[TopicEndpointInfo]) -> list[TopicEndpointInfo]:
        """Endpoints of other nodes, whose names are known a little after the endpoints."""
        unnamed = (self.node.get_name(), qos.UNKNOWN_NODE)
        return [endpoint for endpoint in endpoints if endpoint.node_name not in unnamed]

    def _wait_for_discovery(self) -> None:
        """Wait until all nodes have discovered the publishers and subscriptions of this client."""
        ends = [end for topic in self._publishers for end in self._subscribers(topic)]
        for topic in self.received:
            ends += self._others(self.node.get_publishers_info_by_topic(topic))
        new = {tuple(end.endpoint_gid): qos.node_name(end) for end in ends}
        for node in {name for gid, name in new.items() if gid not in self._known}:
            self.wait_for_discovery_by(node)
        self._known.update(new)

    def wait_for_discovery_by(self, node: str) -> None:
        """Wait until a node has discovered all that this client has created, or has ended.

        A service drops a reply to a client that it has not discovered yet, and subscriptions drop
        messages of such a publisher. What a process creates is discovered in the order of its
        creation: once a new client receives a reply, everything before it is discovered, too.
        """
        probe = self.node.create_client(ListParameters, f"{node}/list_parameters")
        replies: list[Future] = []

        def asked() -> bool:
            if len(replies) < 1 + (time.monotonic() - started) / 0.5 and probe.service_is_ready():
                replies.append(probe.call_async(ListParameters.Request()))
            answered = any(reply.done() for reply in replies)
            return answered or not (probe.service_is_ready() or self._is_running(node))

        started = time.monotonic()
        wait_until(asked, f"a reply from {node}")
        self.node.destroy_client(probe)

    def _is_running(self, node: str) -> bool:
        space, _, name = node.rpartition("/")
        return (name, space or "/") in self.node.get_node_names_and_namespaces()

    def transition(self, number: int) -> bool:
        """Trigger a lifecycle transition."""
        request = ChangeState.Request()
        request.transition.id = number
        return bool(self.call(ChangeState, "~/change_state", request).success)

    def state(self) -> str:
        """Label of the lifecycle state."""
        return str(self.call(GetState, "~/get_state", GetState.Request()).current_state.label)

    def set_parameters(self, **values: Any) -> Any:
        """Set parameters in one request; dots are written as double underscores."""
        messages: list[ParameterMessage] = [
            Parameter(name.replace("__", "."), value=value).to_parameter_msg()
            for name, value in values.items()
        ]
        request = SetParametersAtomically.Request(parameters=messages)
        return self.call(SetParametersAtomically, "~/set_parameters_atomically", request).result

    def get_parameter(self, name: str) -> ParameterValue:
        request = GetParameters.Request(names=[name])
        return self.call(GetParameters, "~/get_parameters", request).values[0]


def environment(domain: int) -> dict[str, str]:
    """Environment for DDS on this machine only, in a separate domain, with the image profile."""
    profile = str(find_resource("config/fastdds_images.xml"))
    return {
        "ROS_DOMAIN_ID": str(domain),
        "ROS_AUTOMATIC_DISCOVERY_RANGE": "LOCALHOST",
        "FASTRTPS_DEFAULT_PROFILES_FILE": profile,
        "FASTDDS_DEFAULT_PROFILES_FILE": profile,
        "PYTHONUNBUFFERED": "1",
    }
