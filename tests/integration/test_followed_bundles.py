"""Every bundle in the repository, in every scheme and on every engine, follows a text to the bits of predict."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import drupelet
from drupelet.engines import ENGINES
from drupelet.goldens import read_goldens

ROOT = Path(__file__).parents[2]
BUNDLES = (
    *(ROOT / "artifacts" / name for name in ("imdb", "imdb-tiny", "imdb-nano")),
    *(ROOT / "tests" / "golden" / name for name in ("bundle-v3", "bundle-schemes")),
)
MOST_CHARACTERS = 600
"""The engine numpy takes milliseconds for a review, and each piece of one is answered twice."""


@cache
def classifier_of(path: Path, engine: str, scheme: str) -> drupelet.Classifier:
    """Loaded once."""
    return drupelet.load(path, engine=engine, scheme=scheme)


@cache
def texts_of(path: Path) -> tuple[str, ...]:
    """The texts of the goldens: reviews, and odd ones."""
    bundle = drupelet.open_bundle(path)
    assert bundle.manifest.goldens is not None
    goldens = read_goldens(bundle.read(bundle.manifest.goldens), "goldens.jsonl")
    return tuple(golden.whole_text[:MOST_CHARACTERS] for golden in goldens)


FILES = [
    pytest.param(path, model.scheme, engine.name, id=f"{path.name}-{model.scheme}-{engine.name}")
    for path in BUNDLES
    for model in drupelet.open_bundle(path).manifest.models
    for engine in ENGINES.values()
    if engine.format == model.format
]


@pytest.mark.parametrize(("path", "scheme", "engine"), FILES)
@given(st.data())
@settings(max_examples=12, deadline=None)
def test_a_bundle_follows_pieces_of_any_golden(path: Path, scheme: str, engine: str, data: st.DataObject) -> None:
    reason = ENGINES[engine].check()
    if reason is not None:
        pytest.skip(f"{engine}: {reason}")
    classifier = classifier_of(path, engine, scheme)
    text = data.draw(st.sampled_from(texts_of(path)))
    follower, start = classifier.follow(), 0
    for stop in [*sorted(data.draw(st.sets(st.integers(0, len(text)), max_size=6))), len(text)]:
        answer = follower.feed(text[start:stop])
        assert repr(answer) == repr(classifier.predict([text[:stop]])[0])
        start = stop
    assert follower.text == text
