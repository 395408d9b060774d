"""The compiler: a source is read and rewritten once, and each scheme's passes run once."""

import pytest

from drupelet_export.compiled import compile_source
from drupelet_export.errors import ModelError
from drupelet_export.passes import SCHEME_PASSES
from drupelet_export.passes.pipeline import Pass
from drupelet_export.reading.source import Source


def test_an_error_names_the_model(source, tmp_path, text_options):
    with pytest.raises(ModelError, match=r"nothing.keras: not found"):
        compile_source(Source(tmp_path / "nothing.keras", text_options(), None))
    refuse = Pass("picky", lambda model: model, lambda model: "not today", lambda model: None)
    with pytest.raises(ModelError, match=rf"^{source.model_path}: pass 1 of 1, picky \(before it: none\): not today$"):
        compile_source(source, (refuse,))


def test_the_passes_of_a_scheme_run_once(source, monkeypatch):
    runs = []

    def counted(model):
        runs.append(model)
        return model

    once = Pass("count", counted, lambda model: None, lambda model: None)
    monkeypatch.setitem(SCHEME_PASSES, "f16", (once,))
    compiled = compile_source(source)
    assert runs == []
    first = compiled.scheme("f16")
    assert compiled.scheme("f16") is first
    assert len(runs) == 1
    assert runs[0] is compiled.final


def test_f32_is_the_model_after_the_common_passes(compiled):
    assert compiled.scheme("f32") is compiled.final


def test_an_error_of_a_scheme_names_it(compiled):
    message = rf"^{compiled.model_path}: scheme wi8: the model is too small to quantize usefully"
    with pytest.raises(ModelError, match=message):
        compiled.scheme("wi8")
