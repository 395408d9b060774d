from __future__ import annotations

import math
import re
import subprocess
from collections.abc import Sequence
from typing import Any

import pytest

from pi import rounds
from pi.environments import Installed
from pi.fakes import FakePlace, suite, with_row
from pi.rounds import Finding, RoundError, broken, diagnose, memory_mb

INSTALLED = Installed("/opt/bin", 300_000)


def play(name: str, place: FakePlace) -> list[Finding]:
    return rounds.play(name, INSTALLED, diagnose(INSTALLED, place), place)


def only(findings: Sequence[Finding]) -> Finding:
    (finding,) = findings
    return finding


def test_native_is_tried_on_every_tier_and_with_every_network(healthy: FakePlace) -> None:
    findings = play("wheel", healthy)
    assert [(finding.engine, finding.tier) for finding in findings] == [("native", "scalar"), ("native", "neon")]
    for finding in findings:
        assert (finding.library, finding.n, finding.flips, finding.failures) == ("native 1.0", 8, 0, ())
        assert finding.networks == {"lstm.f32.drupelet": [["0x1p-1", "0x1p-1"]]}
        rows = finding.answers["imdb", "model.wi8.drupelet", "edge"]
        assert rows[0] == [0.25, 0.75]
        assert all(math.isnan(value) for value in rows[1])


def test_a_diagnosis_has_python_machine_and_reasons(healthy: FakePlace) -> None:
    healthy.answers[" doctor "]["engines"][2]["reason"] = "has no wheel"
    diagnosis = diagnose(INSTALLED, healthy)
    assert (diagnosis.python, diagnosis.machine) == ("3.11.2", "aarch64")
    assert (diagnosis.reasons["native"], diagnosis.reasons["onnx"]) == (None, "has no wheel")


def test_an_engine_of_a_library_is_tried_once(healthy: FakePlace) -> None:
    finding = only(play("onnxruntime", healthy))
    assert (finding.engine, finding.tier, finding.networks, finding.failures) == ("onnx", None, None, ())
    assert not any("answer_networks" in " ".join(command) for command in healthy.commands)


def test_an_engine_that_doctor_cannot_run_is_a_failure(healthy: FakePlace) -> None:
    healthy.answers[" doctor "]["engines"][1]["reason"] = "killed by SIGILL"
    finding = only(play("ai-edge-litert", healthy))
    assert finding.failures == ("does not run: killed by SIGILL",)


@pytest.mark.parametrize(
    ("change", "failure"),
    [
        ({"passed": False}, "does not answer like Keras"),
        ({"passed": None, "not_run_because": "refused", "scheme": "wi8"}, "refused"),
        ({"passed": None, "not_run_because": "refused", "scheme": "f16"}, "refused"),
    ],
)
def test_a_file_that_fails_or_is_not_run_is_a_failure(healthy: FakePlace, change: dict[str, Any], failure: str) -> None:
    healthy.answers["verify_bundles.py"] = with_row(lambda row: row.update(change))
    finding = only(play("onnxruntime", healthy))
    assert finding.failures == (
        f"imdb: model.wi8.drupelet: {failure}",
        f"bundle-schemes: model.wi8.drupelet: {failure}",
    )


def test_a_scheme_that_a_library_may_refuse_is_no_failure(healthy: FakePlace) -> None:
    refused: dict[str, Any] = {
        "passed": None,
        "not_run_because": "float16",
        "scheme": "f16",
        "suites": {},
        "answers": {},
    }
    healthy.answers["verify_bundles.py"] = with_row(lambda row: None, lambda row: row.update(refused))
    finding = only(play("tflite-runtime", healthy))
    assert (finding.failures, finding.n) == ((), 4)


def test_nothing_compared_is_a_failure(healthy: FakePlace) -> None:
    healthy.answers["verify_bundles.py"] = with_row(lambda row: row.update(suites={}, answers={}))
    assert only(play("numpy", healthy)).failures == ("nothing was compared",)


def test_a_difference_that_is_no_number_counts_as_infinite(healthy: FakePlace) -> None:
    healthy.answers["verify_bundles.py"] = with_row(lambda row: row["suites"].update(edge=suite(max_difference=None)))
    assert only(play("numpy", healthy)).max_difference == math.inf


def test_predict_from_stdin_must_answer(healthy: FakePlace) -> None:
    healthy.answers[" predict "] = subprocess.CompletedProcess([], 2, "positive\t0.9\n", "killed")
    failures = play("wheel", healthy)[-1].failures
    assert failures == ("predict answered ['positive'] with exit status 2, expected ['positive', 'negative']: killed",)


def test_a_command_that_fails_is_an_error_with_its_output(healthy: FakePlace) -> None:
    healthy.answers[" doctor "] = subprocess.CompletedProcess([], -4, "", "illegal instruction")
    with pytest.raises(RoundError, match=r"drupelet doctor .*: exit status -4: illegal instruction"):
        play("wheel", healthy)


def test_a_round_that_cannot_be_played_fails_for_each_of_its_engines() -> None:
    findings = broken("tflite-runtime, apt's numpy", "no space left")
    assert [(finding.engine, finding.failures) for finding in findings] == [
        ("litert", ("no space left",)),
        ("numpy", ("no space left",)),
    ]
    assert only(broken("debootstrap", "no mirror")).failures == ("no mirror",)


def test_memory_is_the_one_that_bench_prints(healthy: FakePlace) -> None:
    healthy.answers = {" bench ": {"results": [{"cold_start": {"peak_memory_mb": 24.5}}]}}
    assert memory_mb("onnxruntime", INSTALLED, healthy) == 24.5
    assert healthy.commands[0][-3:] == ["--engine", "onnx", "--json"]


def test_a_debian_package_finds_the_system_s_bundle_by_its_name(healthy: FakePlace) -> None:
    answers = {" list": "imdb  /usr/share/drupelet/imdb", " verify imdb": "verified", " predict imdb ": "positive\t0.9"}
    for command, said in answers.items():
        healthy.answers = {command: subprocess.CompletedProcess([], 0, said, ""), **healthy.answers}
    assert [finding.failures for finding in play("deb", healthy)] == [(), ()]
    healthy.answers[" verify imdb"] = subprocess.CompletedProcess([], 2, "", "no such bundle")
    healthy.answers[" list"] = subprocess.CompletedProcess([], 0, "no bundle", "")
    assert play("deb", healthy)[-1].failures == (
        "drupelet list: exit status 0, no /usr/share/drupelet/imdb in: no bundle",
        "drupelet verify imdb: exit status 2, no verified in: no such bundle",
    )


def test_a_server_is_asked_once_on_the_tier_that_it_chooses(healthy: FakePlace) -> None:
    healthy.answers["ask_server.py"] = {"label": "positive", "server_status": 0}
    finding = only(play("serve", healthy))
    assert (finding.tier, finding.failures) == ("neon", ())
    (asked,) = [command for command in healthy.commands if "ask_server.py" in " ".join(command)]
    assert asked[-2:] == [f"{healthy.inbox}/imdb", "a quiet, wonderful film"]


@pytest.mark.parametrize(
    ("answer", "failure"),
    [
        ({"label": "positive", "server_status": 1}, r"serve answered .*server_status.*, expected the label positive"),
        ({"label": "negative", "server_status": 0}, r"serve answered .*negative.*, expected the label positive"),
        (subprocess.CompletedProcess([], 1, "", "HTTP status 500"), "serve: exit status 1: HTTP status 500"),
    ],
)
def test_a_server_that_does_not_answer_or_stop_is_a_failure(healthy: FakePlace, answer: Any, failure: str) -> None:
    healthy.answers["ask_server.py"] = answer
    (said,) = only(play("serve", healthy)).failures
    assert re.match(failure, said)
