# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""TF_CONFIG: the workers of a distributed training, and every way to get it wrong."""

from __future__ import annotations

import argparse
import json
import socket
from typing import Any

import pytest

from mask_detector_ros.cli import main
from mask_detector_training.commands.train import add_subcommand
from mask_detector_training.distribution.cluster import Cluster, read_cluster

WORKERS = ["a:2222", "b:2222"]


def config(task: Any = None, **cluster: Any) -> dict[str, str]:
    task = {"type": "worker", "index": 0} if task is None else task
    return {"TF_CONFIG": json.dumps({"cluster": cluster, "task": task})}


def test_the_chief_is_the_first() -> None:
    found = read_cluster(config({"type": "worker", "index": 1}, worker=WORKERS))
    assert found == Cluster(("worker 0", "worker 1"), ("a:2222", "b:2222"), 1)
    found = read_cluster(
        config({"type": "worker", "index": "0"}, worker=["b:1"], chief=["[::1]:2"])
    )
    assert found == Cluster(("chief 0", "worker 0"), ("[::1]:2", "b:1"), 1)


@pytest.mark.parametrize(
    ("environment", "message"),
    [
        ({}, "is not set"),
        ({"TF_CONFIG": " "}, "is not set"),
        ({"TF_CONFIG": "{'cluster': {}}"}, "is no JSON"),
        ({"TF_CONFIG": "[1]"}, r"is \[1\], not an object"),
        ({"TF_CONFIG": '{"task": {"type": "worker", "index": 0}}'}, "no workers: cluster is None"),
        (config(), r"no workers: cluster is \{\}"),
        (config(worker=[]), "no workers: its lists are empty"),
        (config(worker="a:2222"), "cluster.worker is 'a:2222', not a list"),
        (config(worker=["a:2222", "b"]), r"cluster.worker\[1\] is 'b', not host:port"),
        (config(worker=["grpc://a:2222"]), r"is 'grpc://a:2222', not host:port"),
        (config(worker=["a:0"]), "is 'a:0', not host:port"),
        (config(worker=["a:70000"]), "is 'a:70000', not host:port"),
        (config(worker=[":2222"]), "is ':2222', not host:port"),
        (config(worker=[2222]), "is 2222, not host:port"),
        (config(worker=["a:1", "b:1", "a:1"]), "gives the address a:1 to several workers"),
        (config(worker=WORKERS, chief=["c:1", "d:1"]), "has 2 chiefs; expected one"),
        (config(worker=WORKERS, ps=["c:1"]), "has tasks of type ps"),
        (config([], worker=WORKERS), r"which worker this is: task is \[\]"),
        (config({"type": "worker"}, worker=WORKERS), "which worker this is"),
        (config({"type": "worker", "index": 2}, worker=WORKERS), "task is worker 2, but cluster"),
        (config({"type": "evaluator", "index": 0}, worker=WORKERS), "task is evaluator 0, but"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_named_with_an_example(environment: dict[str, str], message: str) -> None:
    with pytest.raises(ValueError, match=message) as raised:
        read_cluster(environment)
    assert str(raised.value).startswith("environment variable TF_CONFIG ")
    assert 'expected for example {"cluster": {"worker": [' in str(raised.value)


def test_a_port_in_use_is_named_before_tensorflow_waits_for_it() -> None:
    with socket.socket() as other:
        other.bind(("", 0))
        other.listen()
        port = other.getsockname()[1]
        cluster = Cluster(("worker 0", "worker 1"), (f"localhost:{port}", "b:1"), 0)
        with pytest.raises(ValueError, match=f"worker 0 cannot listen on port {port}: Address"):
            cluster.check_port()
    cluster.check_port()


def test_the_workers_that_cannot_be_reached_are_named() -> None:
    with socket.socket() as other, socket.socket() as closed:
        other.bind(("localhost", 0))
        other.listen()
        closed.bind(("localhost", 0))
        ports = [s.getsockname()[1] for s in (other, closed)]
        addresses = ("own:1", *(f"localhost:{port}" for port in ports), "no.invalid:5")
        cluster = Cluster(("chief 0", "worker 0", "worker 1", "worker 2"), addresses, 0)
        missing = cluster.unreachable()
    assert len(missing) == 2
    assert missing[0] == f"worker 1 at localhost:{ports[1]} (Connection refused)"
    assert missing[1].startswith("worker 2 at no.invalid:5 (")


def test_a_training_without_tf_config_ends_at_once(
    tmp_path: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("TF_CONFIG", raising=False)
    command = ["train", "detector", "--out", str(tmp_path / "run"), "--data", str(tmp_path)]
    assert main([*command, "--distribute", "multiworker"]) == 2
    assert "TF_CONFIG is not set; every worker needs it" in capsys.readouterr().err
    assert main([*command, "--distribute", "both"]) == 2
    assert "choose from" in capsys.readouterr().err
    assert not (tmp_path / "run").exists()


def test_without_the_option_nothing_is_distributed() -> None:
    parser = argparse.ArgumentParser()
    add_subcommand(parser.add_subparsers())
    assert parser.parse_args(["train", "classifier", "--out", "run"]).distribute == "none"
