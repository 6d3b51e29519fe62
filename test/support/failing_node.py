# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Runs a node whose callbacks all raise an exception the first time they are called.

``python failing_node.py MODULE [ROS arguments]``. Prints "callback: NAME" for each callback that
the node registers and "raised: NAME" when it raises, so that a test can see that none was left out.
"""

from __future__ import annotations

import functools
import importlib
import inspect
import sys
from collections.abc import Callable
from typing import Any

from rclpy.action import ActionClient, ActionServer
from rclpy.node import Node
from rclpy.service import Service
from rclpy.subscription import Subscription
from rclpy.task import Future
from rclpy.timer import Timer

try:  # Jazzy and later
    from rclpy.event_handler import EventHandler
except ImportError:  # Humble
    from rclpy.qos_event import QoSEventHandler as EventHandler

from mask_detector_ros.nodes.common import callback_errors, managed_node
from mask_detector_ros.nodes.common.frame_worker import FrameWorker
from mask_detector_ros.nodes.common.guarded_executor import GuardedExecutor
from mask_detector_ros.speech.announcement_queue import SpeechWorker

raised: set[str] = set()
running: list[Node] = []
"""The node, once it is constructed: what its constructor calls is no callback."""


def failing(kind: str, callback: Callable[..., Any]) -> Callable[..., Any]:
    """The callback, with an exception at the first call of its name."""
    name = f"{kind} {getattr(callback, '__qualname__', callback)}"
    print(f"callback: {name}", flush=True)

    @functools.wraps(callback)
    def call(*args: Any, **kwargs: Any) -> Any:
        if running and name not in raised:
            raised.add(name)
            print(f"raised: {name}", flush=True)
            raise RuntimeError(f"injected into {name}")
        return callback(*args, **kwargs)

    return call


def patch(owner: Any, method: str, keyword: str, kind: Callable[[dict[str, Any]], str]) -> None:
    """Let the callback that a method is given raise.

    Args:
        owner: class of the method.
        method: its name.
        keyword: name of the argument that is the callback.
        kind: called with the arguments by name; describes the callback, empty to leave it alone.
    """
    original = getattr(owner, method)
    signature = inspect.signature(original)

    @functools.wraps(original)
    def replaced(*args: Any, **kwargs: Any) -> Any:
        bound = signature.bind(*args, **kwargs)
        callback = bound.arguments.get(keyword)
        if callback is not None and (what := kind(bound.arguments)):
            bound.arguments[keyword] = failing(what, callback)
        return original(*bound.args, **bound.kwargs)

    setattr(owner, method, replaced)


def constructed(given: dict[str, Any]) -> str:
    """The node is about to be run: its callbacks raise from now on."""
    running.append(given["node"])
    print("running", flush=True)
    return ""


def own(kind: str, callback: Any) -> str:
    """The kind of a callback that belongs to the product; empty for those of rclpy."""
    module = str(getattr(callback, "__module__", ""))
    return kind if module.startswith("mask_detector_ros") else ""


def unguarded(given: dict[str, Any]) -> str:
    """A callback of an action or a future, unless it is guarded and raises within the guard."""
    callback = given.get("callback", given.get("feedback_callback"))
    return "" if hasattr(callback, "guarded") else own("future", callback)


def inject() -> None:
    """Patch everything that callbacks are registered with."""
    patch(Subscription, "__init__", "callback", lambda given: f"subscription {given['topic']}")
    patch(Service, "__init__", "callback", lambda given: f"service {given['srv_name']}")
    patch(Timer, "__init__", "callback", lambda given: "timer")
    patch(EventHandler, "__init__", "callback", lambda given: own("event", given["callback"]))
    patch(Future, "add_done_callback", "callback", unguarded)
    for stage in ("on_set", "post_set"):
        method = f"add_{stage}_parameters_callback"
        if hasattr(Node, method):  # Humble has no post_set
            patch(Node, method, "callback", lambda given: own("parameters", given["callback"]))
    patch(callback_errors, "guarded", "callback", lambda given: "action")
    patch(ActionClient, "send_goal_async", "feedback_callback", unguarded)
    for name in ("handle_accepted_callback", "cancel_callback", "execute_callback"):
        patch(ActionServer, "__init__", name, lambda given: "action server")
    patch(FrameWorker, "__init__", "process", lambda given: "worker")
    patch(FrameWorker, "run", "job", lambda given: "worker")
    patch(SpeechWorker, "__init__", "speak", lambda given: "worker")
    patch(GuardedExecutor, "add_node", "node", constructed)
    logged = managed_node._logged
    managed_node._logged = lambda callback: logged(failing("transition", callback))


if __name__ == "__main__":
    inject()
    module = importlib.import_module(f"mask_detector_ros.nodes.{sys.argv.pop(1)}")
    sys.exit(module.main())
