# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Start a node, spin it, and end it without a traceback whenever the signal comes.

rclpy's own signal handlers invalidate the context at once, under whatever is at work just
then. Here a signal only sets a flag: the spin ends, the worker finishes its frame, the node
takes itself down, and only then does the context go.
"""

from __future__ import annotations

import contextlib
import signal
import sys
from collections.abc import Callable
from types import FrameType

import rclpy
from rclpy.executors import ExternalShutdownException, SingleThreadedExecutor
from rclpy.node import Node
from rclpy.signals import SignalHandlerOptions

ATTENTION = 0.1
"""Seconds between looks at whether a signal came while nothing else happened."""


class StartError(Exception):
    """A node cannot start; the message says why and what to do."""


def run(make: Callable[[], Node], args: list[str] | None = None) -> int:
    """Run one node until it is told to stop, or is done by itself.

    Args:
        make: makes the node. Its ``close()``, where it has one, is called at the end, before
            it is destroyed; its ``done``, a Future, ends the run when it has a result.
        args: command line, ROS arguments included; None for the process's own.

    Returns:
        The exit code: 0, or 1 where the node could not start or finish.
    """
    stopping = False

    def stop(number: int, frame: FrameType | None) -> None:
        nonlocal stopping
        stopping = True

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, stop)
    try:
        rclpy.init(args=args, signal_handler_options=SignalHandlerOptions.NO)
    except RuntimeError as error:  # a parameter file or remapping that cannot be read
        print(f"error: {error}", file=sys.stderr)
        return 1
    try:
        with contextlib.ExitStack() as ending:
            ending.callback(rclpy.try_shutdown)
            # One thread: several of them cost an image subscriber two to three times the CPU.
            executor = SingleThreadedExecutor()
            # Left to the garbage collector, it finds its parts gone and prints a traceback.
            ending.callback(executor.shutdown)
            node = make()
            ending.callback(node.destroy_node)
            ending.callback(getattr(node, "close", lambda: None))
            executor.add_node(node)
            done = getattr(node, "done", None)
            while not stopping and not (done is not None and done.done()):
                executor.spin_once(timeout_sec=ATTENTION)
    except ExternalShutdownException:
        pass
    except StartError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0
