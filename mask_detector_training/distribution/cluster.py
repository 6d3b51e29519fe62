# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The workers of a distributed training, as ``TF_CONFIG`` describes them; imports no TensorFlow."""

from __future__ import annotations

import json
import os
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

TF_CONFIG = "TF_CONFIG"
"""Environment variable in which TensorFlow expects the workers and which of them this one is."""
EXAMPLE = (
    '{"cluster": {"worker": ["host0:2222", "host1:2222"]}, "task": {"type": "worker", "index": 0}}'
)
TYPES = ("chief", "worker")
"""Types of tasks that train, in the order in which TensorFlow numbers them."""
CONNECT_TIMEOUT_S = 2.0


@dataclass(frozen=True)
class Cluster:
    """The workers of a training.

    Attributes:
        names: of all workers, such as "worker 0"; the first one is the chief.
        addresses: host:port of each.
        own: index of this worker.
    """

    names: tuple[str, ...]
    addresses: tuple[str, ...]
    own: int

    def check_port(self) -> None:
        """Check that this worker can listen on its port.

        Raises:
            ValueError: it cannot.
        """
        _, port = _split(self.addresses[self.own])
        try:
            with socket.socket() as trial:
                trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                trial.bind(("", port))
        except OSError as error:
            raise ValueError(
                f"{TF_CONFIG}: {self.names[self.own]} cannot listen on port {port}: "
                f"{error.strerror}; end the program that uses it, or give this worker another "
                f"port in the {TF_CONFIG} of all workers"
            ) from error

    def unreachable(self) -> list[str]:
        """The other workers that accept no connection, each with the reason."""
        found = []
        for index, (name, address) in enumerate(zip(self.names, self.addresses, strict=True)):
            if index == self.own:
                continue
            try:
                socket.create_connection(_split(address), CONNECT_TIMEOUT_S).close()
            except OSError as error:
                found.append(f"{name} at {address} ({error.strerror or error})")
        return found


def read_cluster(environment: Mapping[str, str] | None = None) -> Cluster:
    """Read and check ``TF_CONFIG``.

    Args:
        environment: the environment variables; those of the process if None.

    Raises:
        ValueError: it is missing or unusable; the message says what is wrong.
    """
    text = (os.environ if environment is None else environment).get(TF_CONFIG, "")
    if not text.strip():
        raise _fault("is not set; every worker needs it")
    try:
        content = json.loads(text)
    except ValueError as error:
        raise _fault(f"is no JSON ({error})") from error
    if not isinstance(content, dict):
        raise _fault(f"is {content!r}, not an object")
    names, addresses = _workers(content.get("cluster"))
    return Cluster(names, addresses, names.index(_own(content.get("task"), names)))


def _workers(cluster: Any) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Names and addresses of all workers, the chief first."""
    if not isinstance(cluster, dict) or not cluster:
        raise _fault(f"has no workers: cluster is {cluster!r}")
    unknown = sorted(set(cluster) - set(TYPES))
    if unknown:
        raise _fault(
            f"has tasks of type {', '.join(unknown)}; all workers train together, so there are "
            f"only {' and '.join(TYPES)}"
        )
    names, addresses = [], []
    for kind in TYPES:
        hosts = cluster.get(kind, [])
        if not isinstance(hosts, list):
            raise _fault(f"cluster.{kind} is {hosts!r}, not a list of addresses")
        for index, address in enumerate(hosts):
            if not _is_address(address):
                raise _fault(f"cluster.{kind}[{index}] is {address!r}, not host:port")
            names.append(f"{kind} {index}")
            addresses.append(address)
    if not names:
        raise _fault("has no workers: its lists are empty")
    if "chief 1" in names:
        raise _fault(f"has {len(cluster['chief'])} chiefs; expected one at most")
    twice = sorted({address for address in addresses if addresses.count(address) > 1})
    if twice:
        raise _fault(f"gives the address {', '.join(twice)} to several workers")
    return tuple(names), tuple(addresses)


def _own(task: Any, names: tuple[str, ...]) -> str:
    """The name of this worker."""
    if not isinstance(task, dict) or not {"type", "index"} <= set(task):
        raise _fault(f"does not say which worker this is: task is {task!r}")
    name = f"{task['type']} {task['index']}"
    if name not in names:
        raise _fault(f"task is {name}, but cluster has only {', '.join(names)}")
    return name


def _is_address(address: Any) -> bool:
    if not isinstance(address, str):
        return False
    host, _, port = address.rpartition(":")
    return bool(host) and "/" not in host and port.isdecimal() and 0 < int(port) < 2**16


def _split(address: str) -> tuple[str, int]:
    host, _, port = address.rpartition(":")
    return host.strip("[]"), int(port)


def _fault(what: str) -> ValueError:
    return ValueError(f"environment variable {TF_CONFIG} {what}; expected for example {EXAMPLE}")
