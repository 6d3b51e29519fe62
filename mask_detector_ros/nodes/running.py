# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Start a node, spin it, and end it without a traceback whenever the signal comes."""

from __future__ import annotations

import signal
import sys
from collections.abc import Callable
from typing import Any

import rclpy
from rclpy.executors import ExternalShutdownException, SingleThreadedExecutor
from rclpy.node import Node


class StartError(Exception):
    """A node cannot start; the message says why and what to do."""


def run(make: Callable[[], Node], args: list[str] | None = None) -> int:
    """Run one node until it is told to stop, or is done by itself.

    Args:
        make: makes the node. Its ``close()``, where it has one, is called at the end, before
            it is destroyed; its ``done``, a Future, ends the run when it has a result.
        args: command line, ROS arguments included; None for the process's own.

    Returns:
        The exit code: 0, or 1 where the node could not start.
    """
    rclpy.init(args=args)
    node: Any = None
    try:
        node = make()
        # One thread: several of them cost an image subscriber two to three times the CPU.
        executor = SingleThreadedExecutor()
        executor.add_node(node)
        if hasattr(node, "done"):
            executor.spin_until_future_complete(node.done)
        else:
            executor.spin()
    except (KeyboardInterrupt, ExternalShutdownException):
        pass
    except StartError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    finally:
        # A second Ctrl-C must not land in the middle of taking things down.
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        if node is not None:
            close = getattr(node, "close", None)
            if close is not None:
                close()
            node.destroy_node()
        rclpy.try_shutdown()
    return 0
