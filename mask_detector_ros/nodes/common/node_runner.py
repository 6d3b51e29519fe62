# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Runs a node and shuts it down cleanly, whenever a signal arrives.

The signal handlers of rclpy invalidate the context immediately, while callbacks and worker
threads still use it. The ones here only set a flag: spinning ends, the worker finishes its frame,
the node is destroyed, and the context is shut down last.
"""

from __future__ import annotations

import contextlib
import signal
import sys
from collections.abc import Callable
from types import FrameType

import rclpy
from rclpy.exceptions import ParameterException
from rclpy.executors import ExternalShutdownException
from rclpy.node import Node
from rclpy.signals import SignalHandlerOptions

from mask_detector_ros.nodes.common.guarded_executor import GuardedExecutor
from mask_detector_ros.nodes.common.start_error import StartError as StartError

POLL_PERIOD_S = 0.1
"""Period at which the signal flag is checked while no callback runs."""
MAX_ERRORS_IN_A_ROW = 50
"""A node that ends by itself gives up when one of its callbacks fails so often in a row."""
PARAMETER_FILE_HINT = (
    "; expected '/**:', below it 'ros__parameters:', and below that the parameters, each "
    "indented further"
)
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
"""The last one arrives when the terminal or the ssh connection of the node is closed."""


def run(make: Callable[[], Node], args: list[str] | None = None) -> int:
    """Run one node until a signal arrives or the node is done.

    What a callback raises is logged and counted, and the node goes on: see ``GuardedExecutor``.

    Args:
        make: creates the node. Its ``close()``, if it has one, is called before it is
            destroyed; its ``done``, a Future, ends the run when it has a result. With it, the
            run has failed if any callback has raised an exception.
        args: command line with ROS arguments; None for the arguments of the process.

    Returns:
        The exit code: 0, or 1 if the node could not start or finish.
    """
    stopping = False

    def stop(number: int, frame: FrameType | None) -> None:
        nonlocal stopping
        stopping = True

    for number in SIGNALS:
        if number != signal.SIGHUP or signal.getsignal(number) != signal.SIG_IGN:  # nohup
            signal.signal(number, stop)
    try:
        rclpy.init(args=args, signal_handler_options=SignalHandlerOptions.NO)
    except RuntimeError as error:  # an unreadable parameter file or an invalid remapping
        hint = PARAMETER_FILE_HINT if "ros__parameters" in str(error) else ""
        print(f"error: {error}{hint}", file=sys.stderr)
        return 1
    try:
        with contextlib.ExitStack() as cleanup:
            cleanup.callback(_ignore_signals)
            cleanup.callback(rclpy.try_shutdown)
            executor = GuardedExecutor()
            # Collected as garbage after its node, it would print a traceback.
            cleanup.callback(executor.shutdown)
            node = make()
            cleanup.callback(node.destroy_node)
            cleanup.callback(getattr(node, "close", lambda: None))
            executor.add_node(node)
            done = getattr(node, "done", None)
            while not stopping and not (done is not None and done.done()):
                executor.spin_once(timeout_sec=POLL_PERIOD_S)
                if done is not None and executor.errors_in_a_row >= MAX_ERRORS_IN_A_ROW:
                    break
    except ExternalShutdownException:
        pass
    # ParameterException: of a parameter that rclpy declares, such as use_sim_time; OSError: while
    # finishing its output.
    except (StartError, ParameterException, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    if done is not None and executor.errors.total:
        count = executor.errors.total
        print(f"error: {count} callbacks failed; the last: {executor.errors.last}", file=sys.stderr)
        return 1
    return 0


def _ignore_signals() -> None:
    """Ignore a second signal while the process exits.

    Python resets other handlers to the default, which would kill the process with an error.
    """
    for number in SIGNALS:
        signal.signal(number, signal.SIG_IGN)
