"""The script of the committed bundle of format 3 still writes the same bundle with today's compiler."""

from __future__ import annotations

from pathlib import Path

from golden.make_bundle_v3 import EMITTERS, WORDS, tiny_model, write_bundle
from runtime.networks import GOLDEN_BUNDLE, TINY_WORDS


def test_its_script_writes_it_again(tmp_path: Path) -> None:
    model = tiny_model()
    write_bundle(tmp_path / "bundle-v3", model, {name: emit(model) for name, emit in EMITTERS.items()})
    for name in ("model.f32.drupelet", "vocabulary.bin", "goldens.jsonl"):
        assert (tmp_path / "bundle-v3" / name).read_bytes() == (GOLDEN_BUNDLE / name).read_bytes(), name
    assert WORDS == TINY_WORDS
