# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The executor that survives exceptions, with real rclpy in this process."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from typing import Any

import pytest
import rclpy
from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus
from rcl_interfaces.srv import SetParameters, SetParametersAtomically
from rclpy.executors import ExternalShutdownException
from rclpy.node import Node
from rclpy.parameter import Parameter
from rclpy.task import Future
from std_msgs.msg import String
from std_srvs.srv import Trigger

from mask_detector_ros.nodes.common import guarded_executor
from mask_detector_ros.nodes.common.diagnostics import DiagnosticsPublisher, diagnostic_status
from mask_detector_ros.nodes.common.guarded_executor import GuardedExecutor, failure
from mask_detector_ros.nodes.common.node_runner import MAX_ERRORS_IN_A_ROW, SIGNALS, run
from mask_detector_ros.nodes.common.start_error import StartError
from mask_detector_ros.nodes.common.steady_time import steady_timer
from support.waiting import TIMEOUT_S, wait_until

pytestmark = pytest.mark.ros


@pytest.fixture
def executor() -> Iterator[GuardedExecutor]:
    rclpy.init()
    executor = GuardedExecutor()
    yield executor
    rclpy.try_shutdown()
    executor.shutdown()


@pytest.fixture
def node(executor: GuardedExecutor) -> Iterator[Node]:
    node = rclpy.create_node("guarded")
    executor.add_node(node)
    yield node
    node.destroy_node()


def spin_until(executor: GuardedExecutor, condition: Any, what: str) -> None:
    def spin() -> bool:
        executor.spin_once(timeout_sec=0.05)
        return bool(condition())

    wait_until(spin, what)


def raise_error(*_: object) -> Any:
    raise ValueError("injected")


def test_a_message_that_cannot_be_taken_costs_that_message(
    executor: GuardedExecutor, node: Node, monkeypatch: pytest.MonkeyPatch
) -> None:
    received: list[str] = []

    def on_text(message: Any) -> None:
        received.append(message.data)

    node.create_subscription(String, "texts", on_text, 10)
    publisher = node.create_publisher(String, "texts", 10)
    take = executor._take_subscription
    taken: list[Any] = []

    def take_first_badly(subscription: Any) -> Any:
        taken.append(take(subscription))
        return raise_error() if len(taken) == 1 else taken[-1]

    monkeypatch.setattr(executor, "_take_subscription", take_first_badly)
    ticks: list[int] = []
    steady_timer(node, 0.01, lambda: ticks.append(1))
    spin_until(executor, publisher.get_subscription_count, "the subscription")
    for text in ("one", "two"):
        publisher.publish(String(data=text))
    spin_until(executor, lambda: received, "the second message")
    before = len(ticks)
    spin_until(executor, lambda: len(ticks) > before, "the other callbacks of the group")
    assert received == ["two"] and executor.errors.total == 1
    assert "subscription /texts" in executor.errors.recent


def test_errors_are_counted_and_logged_once_per_kind(
    executor: GuardedExecutor, node: Node, capfd: pytest.CaptureFixture[str]
) -> None:
    calls: list[int] = []

    def tick() -> None:
        calls.append(1)
        raise ValueError(f"bad value {len(calls)}" if len(calls) != 3 else "other")

    steady_timer(node, 0.001, tick)
    spin_until(executor, lambda: len(calls) == 12, "twelve errors")
    assert executor.errors.total == executor.errors_in_a_row == 12
    log = capfd.readouterr().err
    assert log.count("bad value") == 2, "the first and the tenth of a kind"
    assert "10 times so far" in log and log.count("ValueError: other") == 1
    assert "test_guarded_executor.py:" in log


def test_diagnostics_warn_of_an_error_and_report_lasting_ones_as_errors(
    executor: GuardedExecutor, node: Node
) -> None:
    received: list[DiagnosticStatus] = []
    broken: list[int] = []

    def status() -> DiagnosticStatus:
        return raise_error() if broken else diagnostic_status(DiagnosticStatus.OK, "running", {})

    DiagnosticsPublisher(node, "test", status)

    def on_diagnostics(array: Any) -> None:
        received.extend(array.status)

    node.create_subscription(DiagnosticArray, "/diagnostics", on_diagnostics, 10)
    spin_until(executor, lambda: received, "a status")
    assert (received[-1].level, received[-1].message) == (DiagnosticStatus.OK, "running")
    failing = [1]

    def tick() -> None:
        if failing:
            if failing[0] == 1:
                failing.clear()
            raise ValueError("injected")

    steady_timer(node, 0.01, tick)
    spin_until(executor, lambda: received[-1].level == DiagnosticStatus.WARN, "a warning")
    assert received[-1].message.startswith("running; error in timer")
    assert {v.key: v.value for v in received[-1].values} == {"callback errors": "1"}
    failing.append(100)  # for ever
    spin_until(executor, lambda: received[-1].level == DiagnosticStatus.ERROR, "an error")
    assert received[-1].message.startswith("running; error in timer")
    failing.clear()
    spin_until(executor, lambda: received[-1].level == DiagnosticStatus.WARN, "a warning again")
    broken.append(1)  # the diagnostics themselves fail, and are published nevertheless
    spin_until(executor, lambda: received[-1].level == DiagnosticStatus.ERROR, "an error")
    assert "diagnostics failed: ValueError: injected" in received[-1].message


def test_a_service_that_fails_or_returns_nothing_answers(
    executor: GuardedExecutor, node: Node
) -> None:
    node.create_service(Trigger, "failing", raise_error)
    node.create_service(Trigger, "silent", lambda request, response: None)
    for name, words in (("failing", "ValueError: injected"), ("silent", "returned None")):
        client = node.create_client(Trigger, name)
        assert client.wait_for_service(TIMEOUT_S)
        future = client.call_async(Trigger.Request())
        spin_until(executor, future.done, "a response")
        response = future.result()
        assert not response.success and words in response.message


def test_a_task_that_raises_is_counted(executor: GuardedExecutor, node: Node) -> None:
    future: Future = Future(executor=executor)
    future.add_done_callback(raise_error)
    future.set_result(None)
    spin_until(executor, lambda: executor.errors.total == 1, "the error")
    assert executor.errors_in_a_row == 1


def test_a_success_ends_the_row_of_errors(executor: GuardedExecutor, node: Node) -> None:
    calls: list[int] = []

    def tick() -> None:
        calls.append(1)
        if len(calls) < 4:
            raise ValueError("injected")

    steady_timer(node, 0.001, tick)
    spin_until(executor, lambda: len(calls) == 3, "three errors")
    assert executor.errors_in_a_row == 3
    spin_until(executor, lambda: len(calls) >= 4, "a success")
    assert executor.errors_in_a_row == 0 and executor.errors.total == 3


def test_start_errors_and_the_end_of_the_context_are_passed_on(
    executor: GuardedExecutor, node: Node
) -> None:
    def fail() -> None:
        raise StartError("give up")

    timer = steady_timer(node, 0.001, fail)
    with pytest.raises(StartError, match="give up"):
        spin_until(executor, lambda: False, "nothing")
    timer.cancel()

    def shut_down() -> None:
        rclpy.shutdown()
        raise RuntimeError("the context is gone")

    steady_timer(node, 0.001, shut_down)
    with pytest.raises(ExternalShutdownException):
        spin_until(executor, lambda: False, "nothing")
    assert executor.errors.total == 0


def test_a_wait_that_fails_for_ever_ends_the_node(
    executor: GuardedExecutor, node: Node, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(guarded_executor, "MAX_FAILED_WAITS", 5)
    monkeypatch.setattr(GuardedExecutor.__mro__[1], "wait_for_ready_callbacks", raise_error)
    for _ in range(4):
        executor.spin_once(timeout_sec=0.01)
    with pytest.raises(StartError, match="wait for callbacks"):
        executor.spin_once(timeout_sec=0.01)


def test_responses_of_failed_parameter_requests() -> None:
    parameter = Parameter("a", value=1).to_parameter_msg()
    request = SetParameters.Request(parameters=[parameter, parameter])
    response = failure(SetParameters, request, "why")
    assert [(r.successful, r.reason) for r in response.results] == [(False, "why")] * 2
    atomic = failure(SetParametersAtomically, SetParametersAtomically.Request(), "why")
    assert (atomic.result.successful, atomic.result.reason) == (False, "why")


class Finite(Node):
    """Ends by itself after some calls, unless it fails for ever."""

    def __init__(self, failures: int) -> None:
        super().__init__("finite")
        self.done: Future = Future()
        self._left = failures
        steady_timer(self, 0.001, self._tick)

    def _tick(self) -> None:
        self._left -= 1
        if self._left >= 0:
            raise OSError("no space left on device")
        self.done.set_result(None)


@pytest.mark.parametrize(
    ("failures", "code", "words"),
    [
        (0, 0, ""),
        (2, 1, "2 callbacks failed"),
        (10**9, 1, f"{MAX_ERRORS_IN_A_ROW} callbacks failed"),
    ],
)
def test_a_node_that_ends_by_itself_reports_failures_in_its_exit_code(
    failures: int, code: int, words: str, capfd: pytest.CaptureFixture[str]
) -> None:
    previous = {number: signal.getsignal(number) for number in SIGNALS}
    try:
        assert run(lambda: Finite(failures), []) == code
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)
    error = capfd.readouterr().err
    assert words in error and "Traceback" not in error
