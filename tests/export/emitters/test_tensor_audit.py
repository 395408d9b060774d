"""The audit checks every tensor of a file, bit for bit. It names one that is missing, damaged, or stored as float32 too."""

from dataclasses import replace

import numpy as np
import onnx
import pytest

from drupelet.operations.convolution import Convolution
from drupelet.operations.recurrent import Recurrent
from drupelet.operations.reduce import Reduce
from drupelet_export.emitters import emission
from drupelet_export.emitters.drupelet_file import emit_drupelet
from drupelet_export.emitters.emission import EMITTERS, emit_model
from drupelet_export.emitters.onnx import emit_onnx
from drupelet_export.emitters.rank_order import in_rank_order
from drupelet_export.emitters.tensor_audit import _parts, tensor_findings
from drupelet_export.emitters.tflite import emit_tflite
from drupelet_export.errors import EmitError
from drupelet_export.model.description import frozen
from drupelet_export.model.quantized import Quantized, values_of
from drupelet_export.passes import PIPELINE, SCHEME_PASSES, run_passes
from export.model.small_graphs import Sketch

WORDS = (None, None, *(f"w{number}" for number in range(398)))
FORMATS = tuple(EMITTERS)
TABLE = "embedding.0.table"
KINDS = {
    "LSTM": {},
    "bidirectional": {"layers": ("lstm bidirectional",), "hidden": ("relu",), "output": "softmax"},
    "GRU": {"layers": ("gru forward",)},
    "GRU, reset before": {"layers": ("gru forward",), "reset_after": False},
}


@pytest.fixture(scope="module")
def model(random_model):
    return run_passes(random_model(words=WORDS, embedding_dim=6, units=4, hidden=("relu",)), PIPELINE)


def emitted(model, scheme, file_format):
    """The model after the passes of a scheme, and its file, not audited."""
    small = run_passes(model, SCHEME_PASSES[scheme])
    if file_format == "drupelet":
        small = in_rank_order(small)
        return small, emit_drupelet(small, scheme)
    return small, (emit_onnx if file_format == "onnx" else emit_tflite)(small)


@pytest.mark.parametrize("file_format", FORMATS)
@pytest.mark.parametrize("scheme", SCHEME_PASSES)
@pytest.mark.parametrize("kind", KINDS)
def test_an_undamaged_file_has_no_findings(random_model, kind, scheme, file_format):
    model = run_passes(random_model(words=WORDS, embedding_dim=6, units=4, **KINDS[kind]), PIPELINE)
    small, content = emitted(model, scheme, file_format)
    assert tensor_findings(content, EMITTERS[file_format].storage, small) == []


def damaged(content, stored):
    """The content with one bit flipped: the last bit of the middle byte of ``stored``, which occurs once in it."""
    assert content.count(stored) == 1
    place = content.index(stored) + len(stored) // 2
    return content[:place] + bytes([content[place] ^ 1]) + content[place + 1 :]


def stored_forms(array):
    """The bytes that a format may store an array as: unchanged, transposed, or transposed with gates in ONNX's order."""
    transposed = array.T
    forms = [array, transposed]
    if array.ndim == 2 and array.shape[1] % 4 == 0:
        i, f, g, o = np.split(transposed, 4)
        forms.append(np.concatenate([i, o, f, g]))
    return [np.ascontiguousarray(form).tobytes() for form in forms]


@pytest.mark.parametrize("file_format", ["tflite", "onnx"])
@pytest.mark.parametrize("scheme", SCHEME_PASSES)
def test_a_flipped_bit_in_any_tensor_is_found_and_named(model, scheme, file_format):
    small, content = emitted(model, scheme, file_format)
    for name, tensor in small.tensors.items():
        for part, array in _parts(name, tensor):
            if part.endswith(("bias", ".scales")):
                continue  # converters fold biases and compute scales again; scales have a test of their own below
            stored = next(form for form in stored_forms(array) if form in content)
            findings = tensor_findings(damaged(content, stored), EMITTERS[file_format].storage, small)
            assert len(findings) == 1, part
            assert findings[0].startswith(f"{part} differs from the model in "), part


@pytest.mark.parametrize("scheme", SCHEME_PASSES)
def test_any_other_value_in_a_native_file_is_found_and_named(model, scheme):
    # A flipped bit would break the checksum of its section, so this is a valid file of another model.
    small, _ = emitted(model, scheme, "drupelet")
    for name, tensor in small.tensors.items():
        if isinstance(tensor, Quantized):
            values = tensor.values.copy()
            values.flat[0] = -values.flat[0] or 1
            other = replace(tensor, values=values)
        else:
            other = tensor.copy()
            other.flat[0] += 1
        changed = replaced(small, name, other)
        content = emit_drupelet(changed, scheme)
        assert tensor_findings(content, EMITTERS["drupelet"].storage, small) == [
            f"{name} differs from the model in 1 of {count_of(tensor)} values"
        ]


def count_of(tensor):
    if isinstance(tensor, Quantized) and tensor.bits == 4:
        return tensor.shape[0] * -(-tensor.shape[1] // 2)
    return tensor.values.size if isinstance(tensor, Quantized) else tensor.size


def replaced(model, name, tensor):
    """The model with one tensor replaced."""
    assert name in model.tensors
    return replace(model, tensors={**model.tensors, name: tensor})


@pytest.mark.parametrize("file_format", FORMATS)
@pytest.mark.parametrize(("scheme", "other"), [("f32", "wi8"), ("wi8", "f32"), ("wi8", "wi4"), ("f16", "f32")])
def test_a_file_of_another_scheme_is_refused(model, scheme, other, file_format):
    _, content = emitted(model, scheme, file_format)
    findings = tensor_findings(content, EMITTERS[file_format].storage, run_passes(model, SCHEME_PASSES[other]))
    assert any(finding.startswith(f"{TABLE} is not in the file: no ") for finding in findings)


@pytest.mark.parametrize("file_format", FORMATS)
@pytest.mark.parametrize("scheme", SCHEME_PASSES)
def test_a_file_of_another_model_is_refused(model, random_model, scheme, file_format):
    other = run_passes(random_model(words=WORDS, embedding_dim=6, units=4, hidden=("relu",), seed=1), PIPELINE)
    small = run_passes(model, SCHEME_PASSES[scheme])
    findings = tensor_findings(emitted(other, scheme, file_format)[1], EMITTERS[file_format].storage, small)
    named = {finding.split()[0] for finding in findings}
    assert {name for name in small.tensors if name.endswith(("kernel", ".table"))} <= named


@pytest.mark.parametrize("scheme", ["f16", "wi8", "wi4"])
@pytest.mark.parametrize("name", [TABLE, "recurrent.1.forward.kernel", "dense.4.kernel"])
def test_a_float_copy_is_found(model, scheme, name):
    small, content = emitted(model, scheme, "onnx")
    proto = onnx.load_model_from_string(content)
    floats = values_of(small.tensors[name])
    proto.graph.initializer.append(onnx.numpy_helper.from_array(floats.T.copy(), "copy"))
    findings = tensor_findings(proto.SerializeToString(), EMITTERS["onnx"].storage, small)
    assert findings == [f"{name} is in the file as float32 too, although a pass reduced it to fewer bits"]


def test_gates_in_another_order_of_columns_are_the_same_tensor_and_mixed_rows_are_not(model):
    name = "recurrent.1.forward.kernel"
    upside_down = replaced(model, name, frozen(model.tensors[name][::-1]))
    (finding,) = tensor_findings(emit_onnx(upside_down), EMITTERS["onnx"].storage, model)
    assert finding.startswith(f"{name} differs from the model in ")


@pytest.mark.parametrize("file_format", FORMATS)
def test_a_direction_that_has_the_weights_of_the_other_is_found(random_model, file_format):
    model = run_passes(random_model(("lstm bidirectional",), words=WORDS, embedding_dim=6), PIPELINE)
    small, content = emitted(model, "wi8", file_format)
    forward_twice = {name: small.tensors[name.replace(".backward.", ".forward.")] for name in small.tensors}
    wrong = replace(small, tensors=forward_twice)
    assert tensor_findings(content, EMITTERS[file_format].storage, small) == []
    other = emit_drupelet(wrong, "wi8") if file_format == "drupelet" else (
        emit_onnx(wrong) if file_format == "onnx" else emit_tflite(wrong)
    )  # fmt: skip
    assert any(
        "recurrent.1.backward" in finding for finding in tensor_findings(other, EMITTERS[file_format].storage, small)
    )


@pytest.mark.parametrize("file_format", FORMATS)
def test_scales_that_are_off_are_found(model, file_format):
    small = EMITTERS[file_format].arranged(run_passes(model, SCHEME_PASSES["wi8"]))
    kernel = small.tensors["dense.2.kernel"]
    off = replaced(small, "dense.2.kernel", replace(kernel, scales=kernel.scales * np.float32(1.5)))
    content = {
        "drupelet": lambda: emit_drupelet(off, "wi8"),
        "onnx": lambda: emit_onnx(off),
        "tflite": lambda: emit_tflite(off),
    }[file_format]()
    findings = tensor_findings(content, EMITTERS[file_format].storage, small)
    assert any(finding.startswith("dense.2.kernel") for finding in findings)


def test_emission_refuses_a_file_that_is_not_the_model(model, monkeypatch):
    small = run_passes(model, SCHEME_PASSES["wi8"])
    other = replaced(small, TABLE, replace(small.tensors[TABLE], values=-small.tensors[TABLE].values))
    monkeypatch.setattr(emission, "emit_onnx", lambda model: emit_onnx(other))
    with pytest.raises(
        EmitError,
        match=r"^the wi8 onnx file differs from the model: embedding.0.table differs from the model in \d+ of",
    ):
        emit_model(small, "wi8", "onnx")


@pytest.mark.parametrize(("place", "part"), [(0, "columns 0 to 3"), (1, "columns 3 to 6")])
def test_each_group_of_a_convolution_is_looked_for_in_a_tflite_file(place, part):
    sketch = Sketch(padded=True)
    convolved = sketch.add(Convolution(6, 3, 1, 1, 2, 1, 1), sketch.embedded(4))
    model = sketch.model(sketch.add(Reduce("max"), convolved))
    kernel = model.tensors["convolution.1.kernel"].copy()
    content = emit_tflite(model)
    assert tensor_findings(content, EMITTERS["tflite"].storage, model) == []
    kernel[0, 3 * place] += 1
    changed = replace(model, tensors={**model.tensors, "convolution.1.kernel": kernel})
    [finding] = tensor_findings(content, EMITTERS["tflite"].storage, changed)
    assert finding == f"convolution.1.kernel ({part}) differs from the model in 1 of 18 values"


def test_gates_and_candidate_of_a_gru_that_resets_first_are_looked_for():
    sketch = Sketch()
    layer = Recurrent("gru", "forward", "none", 3, "tanh", "sigmoid", False, "last")
    model = sketch.model(sketch.add(layer, sketch.embedded()))
    content = emit_tflite(model)
    name = "recurrent.1.forward.recurrent_kernel"
    kernel = model.tensors[name].copy()
    kernel[0, 7] += 1
    [finding] = tensor_findings(
        content, EMITTERS["tflite"].storage, replace(model, tensors={**model.tensors, name: kernel})
    )
    assert finding == f"{name} (columns 6 to 9) differs from the model in 1 of 9 values"
