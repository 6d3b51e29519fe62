# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from support.ros_harness import Client, NodeProcess, detector, environment


@pytest.fixture(scope="module", autouse=True)
def own_domain() -> Iterator[None]:
    """Keep these tests apart from any other ROS on this machine."""
    before = dict(os.environ)
    os.environ.update(environment(domain=1 + os.getpid() % 100))
    yield
    os.environ.clear()
    os.environ.update(before)


@pytest.fixture(scope="module")
def node() -> Iterator[NodeProcess]:
    """One detector for all tests of a module that leave it as they found it."""
    with detector() as process:
        yield process
        assert process.alive(), f"the node died:\n{process.log}"
        assert process.interrupt() == 0
        assert "Traceback" not in process.log


@pytest.fixture(scope="module")
def client() -> Iterator[Client]:
    """A client in the root namespace."""
    client = Client()
    yield client
    client.close()
