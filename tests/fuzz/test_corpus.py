"""The seeds of the fuzzers are valid: a fuzzer learns nothing from a model that is refused at its first bytes."""

from pathlib import Path

import pytest

from drupelet.model_file import read_model_file
from drupelet.operations.table import OPERATIONS
from drupelet.schemes import SCHEMES
from fuzz.make_corpus import EMBEDDED_GOLDENS, TEXT_RULES, models

CORPUS = Path(__file__).with_name("corpus")


def test_a_model_of_every_operation():
    """These are written by the tests alone, with the same bytes everywhere."""
    written = models()
    assert {path.name for path in (CORPUS / "model").iterdir()} == set(written)
    for name in (*OPERATIONS, "fast_filter", "decision"):
        assert (CORPUS / "model" / name).read_bytes() == written[name]


@pytest.mark.parametrize("scheme", SCHEMES)
def test_a_model_of_every_scheme(scheme):
    file = read_model_file((CORPUS / "model" / scheme).read_bytes())
    assert file.scheme == scheme
    # Another numpy may draw other weights, but the rest of the seed must be the same.
    written = read_model_file(models()[scheme])
    assert (file.graph, file.text_rules, file.labels) == (
        written.graph,
        written.text_rules,
        written.labels,
    )


def test_seeds_of_text_rules_are_what_the_script_writes():
    assert {path.name: path.read_bytes() for path in (CORPUS / "text_rules").iterdir()} == TEXT_RULES


def test_seeds_of_embedded_goldens_are_what_the_script_writes():
    assert {path.name: path.read_bytes() for path in (CORPUS / "embedded_goldens").iterdir()} == EMBEDDED_GOLDENS


def test_the_corpus_stays_small():
    assert sum(path.stat().st_size for path in CORPUS.rglob("*") if path.is_file()) < 200_000
