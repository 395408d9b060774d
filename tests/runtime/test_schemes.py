"""The .drupelet file of every scheme: what is stored, how it is read and run, and what damage is named."""

import math
import struct
from dataclasses import replace

import numpy as np
import pytest

import drupelet
from drupelet.architecture import SCHEMES, Architecture, Dense, Recurrent
from drupelet.bundle import open_bundle
from drupelet.engines import ENGINES
from drupelet.errors import FormatError
from drupelet.ledger import PARTS, size_ledger
from drupelet.model_file import (
    DTYPE_FLOAT16,
    DTYPE_FLOAT32,
    DTYPE_INT4,
    DTYPE_INT8,
    DTYPE_UINT8,
    HEADER,
    SECTION,
    read_model_file,
    stored_tensors,
    tensor_size_bytes,
)
from drupelet_export import passes
from drupelet_export.emitters.onnx import emit_onnx
from drupelet_export.model.description import CellWeights, DenseLayer, RecurrentLayer, check, frozen
from drupelet_export.model.evaluator import evaluate_ids
from drupelet_export.model.quantized import values_of
from drupelet_export.passes import run_passes
from golden.make_bundle_v1 import vocabulary

ROWS = 402
NAME, DTYPE, RANK, SHAPE, OFFSET = 0, 52, 56, 64, 80
LSTM = ("lstm", "forward", "none", False)
LAYERS = {
    "LSTM": (LSTM,),
    "backward LSTM": (("lstm", "backward", "none", False),),
    "bidirectional LSTM": (("lstm", "bidirectional", "concat", False),),
    "GRU": (("gru", "forward", "none", True),),
    "GRU reset before": (("gru", "forward", "none", False),),
    "bidirectional GRU": (("gru", "bidirectional", "sum", True),),
    "stacked": (("gru", "bidirectional", "concat", True), LSTM),
}
IDS = [[], [3], [0, 1, 2], list(range(40, 60)), [ROWS - 1, 7, ROWS - 1, 255, 256]]


def u32(*values):
    return struct.pack(f"<{len(values)}I", *values)


def build(model, layers, dim, units=4):
    """A model of these recurrent layers, large enough to be worth quantizing; its rows differ in scale by a lot."""
    random = np.random.default_rng(5)

    def weights(*shape):
        return frozen(random.normal(0, 0.5, shape))

    recurrent, width = [], dim
    for cell, direction, merge, reset_after in layers:
        shape = Recurrent(cell, direction, merge, width, units, "tanh", "sigmoid", reset_after)
        columns = units * shape.gates
        bias = (2, columns) if reset_after else (columns,)
        cells = {
            way: CellWeights(weights(width, columns), weights(units, columns), weights(*bias)) for way in shape.passes
        }
        recurrent.append(RecurrentLayer(cell, shape, cells, False))
        width = shape.output_dim
    table = weights(ROWS, dim) * 2.0 ** random.uniform(-6, 2, (ROWS, 1))
    table[2] = 0
    described = replace(
        model,
        vocabulary=(None, None, *(f"w{number:03}" for number in range(ROWS - 2))),
        embedding=frozen(table),
        recurrent=tuple(recurrent),
        dense=(
            DenseLayer("h", "relu", weights(width, 3), weights(3)),
            DenseLayer("o", "linear", weights(3, 2), weights(2)),
        ),
    )
    check(described)
    return described


@pytest.fixture(scope="module")
def small(model):
    """A function that gives a model after the passes of a scheme; models are made once."""
    made = {}

    def make(scheme, layers="LSTM", dim=5, pooling="last"):
        key = (scheme, layers, dim)
        if key not in made:
            made[key] = run_passes(build(model, LAYERS[layers], dim), passes.SCHEME_PASSES[scheme])
        return replace(made[key], pooling=pooling)

    return make


@pytest.fixture(scope="module")
def emitted(small):
    """A function that gives the .drupelet file of such a model."""
    from drupelet_export.emitters.drupelet_file import emit_drupelet

    def make(scheme, *layers, **more):
        model = small(scheme, *layers, **more)
        return emit_drupelet(model, vocabulary(model), scheme)

    return make


# What is stored.

NETWORK = Architecture(
    9,
    5,
    (Recurrent("gru", "bidirectional", "concat", 5, 2, "tanh", "sigmoid", True),),
    "max",
    (Dense(4, 3, "relu"), Dense(3, 1, "linear")),
    "sigmoid",
    None,
    "none",
    None,
)


def test_f32_stores_every_tensor_as_it_is():
    stored = stored_tensors(NETWORK, "f32")
    assert stored == {name: (DTYPE_FLOAT32, shape) for name, shape in NETWORK.tensor_shapes().items()}
    assert list(stored) == list(NETWORK.tensor_shapes())


def test_f16_halves_everything_but_biases():
    assert stored_tensors(NETWORK, "f16") == {
        name: (DTYPE_FLOAT32 if name.endswith("bias") else DTYPE_FLOAT16, shape)
        for name, shape in NETWORK.tensor_shapes().items()
    }


@pytest.mark.parametrize(("scheme", "embedding"), [("wi8", DTYPE_INT8), ("wi4", DTYPE_INT4)])
def test_integers_have_scales(scheme, embedding):
    expected = {
        "embedding": (embedding, (9, 5)),
        "embedding.scale_codes": (DTYPE_UINT8, (9,)),
        "embedding.scale_table": (DTYPE_FLOAT32, (256,)),
    }
    for way in ("forward", "backward"):
        for name, rows in (("kernel", 5), ("recurrent_kernel", 2)):
            expected[f"recurrent.0.{way}.{name}"] = (DTYPE_INT8, (rows, 6))
            expected[f"recurrent.0.{way}.{name}.scales"] = (DTYPE_FLOAT32, (6,))
        expected[f"recurrent.0.{way}.bias"] = (DTYPE_FLOAT32, (2, 6))
    for place, (rows, columns) in enumerate([(4, 3), (3, 1)]):
        expected[f"dense.{place}.kernel"] = (DTYPE_INT8, (rows, columns))
        expected[f"dense.{place}.kernel.scales"] = (DTYPE_FLOAT32, (columns,))
        expected[f"dense.{place}.bias"] = (DTYPE_FLOAT32, (columns,))
    stored = stored_tensors(NETWORK, scheme)
    assert stored == expected
    assert list(stored) == list(expected)


@pytest.mark.parametrize(
    ("dtype", "shape", "size"),
    [
        (DTYPE_FLOAT32, (3, 5), 60),
        (DTYPE_FLOAT16, (3, 5), 30),
        (DTYPE_INT8, (3, 5), 15),
        (DTYPE_UINT8, (7,), 7),
        (DTYPE_INT4, (3, 4), 6),
        (DTYPE_INT4, (3, 5), 9),
        (DTYPE_INT4, (3, 1), 3),
        (DTYPE_INT4, (5,), 3),
        (DTYPE_INT4, (3, 0), 0),
        (DTYPE_INT4, (0, 5), 0),
        (DTYPE_FLOAT32, (), 4),
        (DTYPE_INT4, (2**32 - 1, 2**32 - 1), (2**32 - 1) * 2**31),
    ],
)
def test_the_bytes_of_a_tensor(dtype, shape, size):
    assert tensor_size_bytes(dtype, shape) == size


# Reading back and running.


def number_at(payload, kind, place):
    """One little-endian number of a payload."""
    return struct.unpack_from(f"<{kind}", payload, place * struct.calcsize(kind))[0]


def decoded(file, name, scheme):
    """A matrix, number by number from the bytes as the specification says, in float32."""
    rows, columns = stored_tensors(file.architecture, scheme)[name][1]
    payload = file.tensors[name]
    if scheme == "f32":
        values = [[number_at(payload, "f", r * columns + c) for c in range(columns)] for r in range(rows)]
        return np.array(values, np.float32)
    if scheme == "f16":
        values = [[number_at(payload, "e", r * columns + c) for c in range(columns)] for r in range(rows)]
        return np.array(values, np.float32)
    if name != "embedding":
        scales = np.array([number_at(file.tensors[f"{name}.scales"], "f", c) for c in range(columns)], np.float32)
        values = [[number_at(payload, "b", r * columns + c) for c in range(columns)] for r in range(rows)]
        return np.array(values, np.float32) * scales
    codes, table = file.tensors["embedding.scale_codes"], file.tensors["embedding.scale_table"]
    scales = np.array([[number_at(table, "f", codes[r])] for r in range(rows)], np.float32)
    half = (columns + 1) // 2

    def value(r, c):
        if scheme == "wi8":
            return number_at(payload, "b", r * columns + c)
        byte = payload[r * half + c % half]
        return (byte % 16 if c < half else byte // 16) - 8

    return np.array([[value(r, c) for c in range(columns)] for r in range(rows)], np.float32) * scales


@pytest.mark.parametrize("dim", [4, 5, 7])
@pytest.mark.parametrize("scheme", SCHEMES)
def test_a_file_stands_for_what_the_passes_made(small, emitted, scheme, dim):
    described, file = small(scheme, dim=dim), read_model_file(emitted(scheme, dim=dim))
    assert file.scheme == scheme
    assert file.architecture == described.architecture()
    assert list(file.tensors) == list(stored_tensors(file.architecture, scheme))
    for name, tensor in described.tensors():
        if name.endswith("bias"):
            assert bytes(file.tensors[name]) == tensor.astype("<f4").tobytes()
        else:
            np.testing.assert_array_equal(decoded(file, name, scheme), values_of(tensor), err_msg=name)


def test_float32_bytes_are_the_same_whether_the_scheme_is_named(small):
    from drupelet_export.emitters.drupelet_file import emit_drupelet

    described = small("f32")
    assert emit_drupelet(described, vocabulary(described)) == emit_drupelet(described, vocabulary(described), "f32")


@pytest.mark.parametrize("pooling", ["last", "max", "average"])
@pytest.mark.parametrize("layers", LAYERS)
@pytest.mark.parametrize("scheme", SCHEMES)
def test_the_numpy_engine_computes_with_what_was_stored(small, emitted, tmp_path, scheme, layers, pooling):
    described = small(scheme, layers, pooling=pooling)
    (tmp_path / "m.drupelet").write_bytes(emitted(scheme, layers, pooling=pooling))
    bundle = open_bundle(tmp_path / "m.drupelet")
    assert [model.scheme for model in bundle.manifest.models] == [scheme]
    session = ENGINES["numpy"].load(bundle, bundle.model("drupelet", scheme))
    with np.errstate(invalid="ignore"):
        for ids, logits in zip(IDS, session.run(IDS), strict=True):
            expected = evaluate_ids(described, ids)
            assert logits == pytest.approx(expected.tolist(), abs=2e-5, rel=1e-5, nan_ok=True), ids


@pytest.mark.parametrize("dim", [2, 3, 4, 7, 8])
@pytest.mark.parametrize("scheme", ["wi8", "wi4"])
def test_rows_of_any_width(small, emitted, tmp_path, scheme, dim):
    (tmp_path / "m.drupelet").write_bytes(emitted(scheme, dim=dim))
    classifier = drupelet.load(tmp_path / "m.drupelet", "numpy", scheme)
    session = ENGINES["numpy"].load(classifier.bundle, classifier.model)
    for ids, logits in zip(IDS, session.run(IDS), strict=True):
        assert logits == pytest.approx(evaluate_ids(small(scheme, dim=dim), ids).tolist(), abs=2e-5)


@pytest.mark.parametrize("scheme", ["wi8", "wi4"])
def test_quantization_is_not_a_no_op(small, scheme):
    answers = [evaluate_ids(small(one), IDS[3]) for one in ("f32", scheme)]
    assert 0 < np.abs(answers[0] - answers[1]).max() < 0.5


def test_every_code_and_every_nibble_runs(emitted, seal, tmp_path):
    """What a forger may write into the integers is some model or other, and no crash."""
    content = emitted("wi4")
    for fill in (0x00, 0xFF, 0x81, 0x08):
        forged = bytearray(content)
        for section in read_model_file(content).sections:
            if section.name in ("embedding", "embedding.scale_codes", "dense.0.kernel"):
                forged[section.offset_bytes : section.offset_bytes + section.size_bytes] = bytes(
                    [fill] * section.size_bytes
                )
        (tmp_path / "m.drupelet").write_bytes(seal(bytes(forged)))
        for engine in ("native", "numpy"):
            answer = drupelet.load(tmp_path / "m.drupelet", engine)("w001 w002")
            assert all(math.isfinite(p) for p in answer.probabilities)


# Damage.


def entry_of(content, name):
    """The place of a section's entry in the table."""
    names = [section.name for section in read_model_file(content).sections]
    return HEADER.size + names.index(name) * SECTION.size


def patched(content, at, new):
    return content[:at] + new + content[at + len(new) :]


NEW_SECTIONS = [
    ("wi8", "embedding"),
    ("wi8", "embedding.scale_codes"),
    ("wi8", "embedding.scale_table"),
    ("wi8", "recurrent.0.forward.kernel"),
    ("wi8", "recurrent.0.forward.kernel.scales"),
    ("wi8", "recurrent.0.forward.recurrent_kernel.scales"),
    ("wi8", "dense.1.kernel.scales"),
    ("wi4", "embedding"),
    ("wi4", "embedding.scale_codes"),
    ("wi4", "embedding.scale_table"),
    ("f16", "embedding"),
    ("f16", "dense.0.kernel"),
]
by_section = pytest.mark.parametrize(("scheme", "name"), NEW_SECTIONS)


def section_of(content, name):
    return next(section for section in read_model_file(content).sections if section.name == name)


@by_section
@pytest.mark.parametrize("dtype", [0, 1, 2, 3, 4, 5, 6, 0xFFFFFFFF])
def test_another_dtype(emitted, seal, scheme, name, dtype):
    content = emitted(scheme)
    if section_of(content, name).dtype == dtype:
        dtype = 7
    with pytest.raises(FormatError, match=rf"^here: tensor '{name}' (has dtype code {dtype}|of shape .* in \d+ bytes)"):
        read_model_file(seal(patched(content, entry_of(content, name) + DTYPE, u32(dtype))), "here")


@by_section
def test_another_dtype_of_as_many_bytes(emitted, seal, scheme, name):
    """A shape that goes with the wrong dtype: sizes are right, only the network tells."""
    content = emitted(scheme)
    section = section_of(content, name)
    wrong = DTYPE_UINT8 if section.dtype != DTYPE_UINT8 else DTYPE_INT8
    fields = u32(wrong, 1, section.crc32, section.size_bytes, 0, 0, 0)
    with pytest.raises(
        FormatError, match=rf"^here: tensor '{name}' has dtype code {wrong}, expected {section.dtype}; export it again"
    ):
        read_model_file(seal(patched(content, entry_of(content, name) + DTYPE, fields)), "here")


@by_section
def test_another_shape_of_as_many_bytes(emitted, seal, scheme, name):
    content = emitted(scheme)
    section = section_of(content, name)
    # Of a packed row, 5 values and 6 take three bytes.
    wrong = (section.shape[0], section.shape[1] + 1) if section.dtype == DTYPE_INT4 else (1, *section.shape)
    fields = u32(section.dtype, len(wrong), section.crc32, *(*wrong, 0, 0, 0)[:4])
    with pytest.raises(FormatError, match=rf"^here: tensor '{name}' is .*, expected .*; export it again"):
        read_model_file(seal(patched(content, entry_of(content, name) + DTYPE, fields)), "here")


@by_section
@pytest.mark.parametrize("shape", [(0, 0), (1, 0), (2**32 - 1, 0), (2**32 - 1, 2**32 - 1)])
def test_a_shape_of_other_bytes(emitted, seal, scheme, name, shape):
    content = emitted(scheme)
    with pytest.raises(FormatError, match=rf"^here: tensor '{name}'"):
        read_model_file(seal(patched(content, entry_of(content, name) + SHAPE, u32(*shape))), "here")


@by_section
@pytest.mark.parametrize("rank", [0, 3, 5, 0xFFFFFFFF])
def test_another_rank(emitted, seal, scheme, name, rank):
    content = emitted(scheme)
    with pytest.raises(FormatError, match=rf"^here: tensor '{name}'"):
        read_model_file(seal(patched(content, entry_of(content, name) + RANK, u32(rank))), "here")


@by_section
@pytest.mark.parametrize("change", [-1, 1, 64, -64])
def test_another_size(emitted, seal, scheme, name, change):
    content = emitted(scheme)
    section = section_of(content, name)
    size = struct.pack("<QQ", section.offset_bytes, max(0, section.size_bytes + change))
    with pytest.raises(FormatError, match=r"^here: "):
        read_model_file(seal(patched(content, entry_of(content, name) + OFFSET, size), payloads=False), "here")


@by_section
def test_a_flipped_bit(emitted, scheme, name):
    content = emitted(scheme)
    section = section_of(content, name)
    for at in (section.offset_bytes, section.offset_bytes + section.size_bytes - 1):
        with pytest.raises(FormatError, match=rf"^here: section '{name}' has checksum"):
            read_model_file(patched(content, at, bytes([content[at] ^ 1])), "here")


@by_section
def test_a_section_that_is_missing(emitted, seal, scheme, name):
    content = emitted(scheme)
    renamed = patched(content, entry_of(content, name) + NAME, b"zzz".ljust(48, b"\0"))
    with pytest.raises(FormatError, match=rf"do not match the network \(missing or extra: \['{name}', 'zzz'\]"):
        read_model_file(seal(renamed), "here")


@by_section
def test_a_file_that_ends_in_a_section(emitted, seal, scheme, name):
    content = emitted(scheme)
    section = section_of(content, name)
    for end in (section.offset_bytes, section.offset_bytes + 1, section.offset_bytes + section.size_bytes - 1):
        for damaged in (content[:end], seal(content[:end])):
            with pytest.raises(FormatError, match=r"^here: "):
                read_model_file(damaged, "here")


def with_scheme_code(content, code):
    """The file with another scheme in its architecture."""
    return patched(content, section_of(content, "architecture").offset_bytes + 36, u32(code))


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("code", [4, 5, 255, 2**31, 2**32 - 1])
def test_a_scheme_that_is_not_known(emitted, seal, scheme, code):
    message = rf"^here: scheme has code {code}, this release knows 4; upgrade drupelet; export it again"
    with pytest.raises(FormatError, match=message):
        read_model_file(seal(with_scheme_code(emitted(scheme), code)), "here")


@pytest.mark.parametrize("scheme", SCHEMES)
def test_the_tensors_of_another_scheme(emitted, seal, scheme):
    content = emitted(scheme)
    assert seal(with_scheme_code(content, SCHEMES.index(scheme))) == content
    for code, other in enumerate(SCHEMES):
        if other != scheme:
            with pytest.raises(FormatError, match=r"^here: (tensors do not match|tensor 'embedding' has dtype code)"):
                read_model_file(seal(with_scheme_code(content, code)), "here")


# Where the bytes go.


@pytest.mark.parametrize("file_format", ["drupelet", "onnx"])
@pytest.mark.parametrize("layers", ["LSTM", "bidirectional GRU", "stacked"])
@pytest.mark.parametrize("scheme", SCHEMES)
def test_the_ledger_sums_to_the_file(small, emitted, scheme, layers, file_format):
    described = small(scheme, layers)
    content = emitted(scheme, layers) if file_format == "drupelet" else emit_onnx(described)
    words = len(vocabulary(described)) if file_format == "drupelet" else 0
    ledger = size_ledger(described.architecture(), scheme, len(content), words)
    assert list(ledger) == list(PARTS)
    assert sum(ledger.values()) == len(content)
    assert ledger["vocabulary"] == words
    assert all(size > 0 for part, size in ledger.items() if part != "vocabulary")
    if file_format == "drupelet":
        sizes = {s.name: s.size_bytes for s in read_model_file(content).sections}
        for part, prefix in (("embedding", "embedding"), ("recurrent", "recurrent."), ("head", "dense.")):
            assert ledger[part] == sum(size for name, size in sizes.items() if name.startswith(prefix))


def test_smaller_schemes_are_smaller(emitted):
    sizes = [len(emitted(scheme, dim=8)) for scheme in SCHEMES]
    assert sizes == sorted(sizes, reverse=True)
    assert len(set(sizes)) == 4


@pytest.mark.parametrize(
    ("scheme", "expected"),
    [
        ("f32", (180, 2 * (5 * 6 + 2 * 6 + 12) * 4, (12 + 3 + 3 + 1) * 4)),
        ("f16", (90, 2 * (5 * 6 * 2 + 2 * 6 * 2 + 12 * 4), (12 + 3) * 2 + (3 + 1) * 4)),
        ("wi8", (45 + 9 + 1024, 2 * (30 + 24 + 12 + 24 + 48), 12 + 3 * 4 + 3 * 4 + 3 + 1 * 4 + 1 * 4)),
        ("wi4", (27 + 9 + 1024, 2 * (30 + 24 + 12 + 24 + 48), 12 + 3 * 4 + 3 * 4 + 3 + 1 * 4 + 1 * 4)),
    ],
)
def test_the_ledger_of_a_network_counted_by_hand(scheme, expected):
    ledger = size_ledger(NETWORK, scheme, 10_000, 77)
    assert (ledger["embedding"], ledger["recurrent"], ledger["head"], ledger["vocabulary"]) == (*expected, 77)
    assert ledger["container"] == 10_000 - sum(expected) - 77
