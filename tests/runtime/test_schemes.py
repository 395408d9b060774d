"""The .drupelet file of every scheme: what is stored, how it is read and run, and what damage is named."""

import math
import struct

import pytest

import drupelet
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
from drupelet.operations.activation import Activation
from drupelet.operations.dense import Dense
from drupelet.operations.embedding import Embedding
from drupelet.operations.recurrent import Recurrent
from drupelet.operations.reduce import Reduce
from drupelet.schemes import SCHEMES
from runtime.format_writer import model_file
from runtime.format_writer import stored_tensors as written_tensors
from runtime.networks import GOLDEN_BUNDLE, chain, drawn_model
from runtime.oracle import oracle_of

BUNDLE_SCHEMES = GOLDEN_BUNDLE.with_name("bundle-schemes")
ROWS = 402
NAME, DTYPE, RANK, SHAPE, OFFSET = 0, 52, 56, 64, 80
LSTM = ("lstm", "forward", "none", "tanh", "sigmoid", False)
LAYERS = {
    "LSTM": (LSTM,),
    "backward LSTM": (("lstm", "backward", "none", "tanh", "sigmoid", False),),
    "bidirectional LSTM": (("lstm", "bidirectional", "concat", "tanh", "sigmoid", False),),
    "GRU": (("gru", "forward", "none", "tanh", "sigmoid", True),),
    "GRU reset before": (("gru", "forward", "none", "tanh", "sigmoid", False),),
    "bidirectional GRU": (("gru", "bidirectional", "sum", "tanh", "sigmoid", True),),
    "stacked": (("gru", "bidirectional", "concat", "tanh", "sigmoid", True), LSTM),
}
IDS = [[], [3], [0, 1, 2], list(range(40, 60)), [ROWS - 1, 7, ROWS - 1, 255, 256]]


def u32(*values):
    return struct.pack(f"<{len(values)}I", *values)


@pytest.fixture(scope="module")
def drawn():
    """A function that gives a model of these layers, whose rows differ in scale by a lot; models are drawn once."""
    made = {}

    def draw(layers="LSTM", dim=5, pooling="last"):
        if (layers, dim) not in made:
            head = (("tanh", 3), ("linear", 2))
            made[layers, dim] = drawn_model(LAYERS[layers], rows=ROWS, dim=dim, dense=head, octaves=(-6, 2), seed=5)
        return made[layers, dim].with_pooling(pooling)

    return draw


@pytest.fixture(scope="module")
def written(drawn):
    """A function that gives the .drupelet file of such a model; files are written once."""
    made = {}

    def write(scheme, layers="LSTM", dim=5, pooling="last"):
        key = (scheme, layers, dim, pooling)
        if key not in made:
            made[key] = model_file(drawn(layers, dim, pooling), scheme)
        return made[key]

    return write


@pytest.fixture
def assert_like_the_oracle(drawn, written, tmp_path):
    """A function that compares the logits of the numpy engine with the oracle's."""

    def compare(scheme, **network):
        (tmp_path / "m.drupelet").write_bytes(written(scheme, **network))
        bundle = open_bundle(tmp_path / "m.drupelet")
        assert [model.scheme for model in bundle.manifest.models] == [scheme]
        answers = ENGINES["numpy"].load(bundle, bundle.model("drupelet", scheme)).run(IDS)
        expected = oracle_of(drawn(**network), scheme).run(IDS)
        assert len(answers) == len(expected)
        for ids, logits, expected_logits in zip(IDS, answers, expected):
            assert logits == pytest.approx(expected_logits, abs=2e-5, rel=1e-5, nan_ok=True), ids

    return compare


# What is stored.

NETWORK = chain(
    Embedding(9, 5),
    Recurrent("gru", "bidirectional", "concat", 2, "tanh", "sigmoid", True, "steps"),
    Reduce("max"),
    Dense(3),
    Activation("relu"),
    Dense(1),
    output="sigmoid",
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
        "embedding.0.table": (embedding, (9, 5)),
        "embedding.0.table.scale_codes": (DTYPE_UINT8, (9,)),
        "embedding.0.table.scale_table": (DTYPE_FLOAT32, (256,)),
    }
    for way in ("forward", "backward"):
        for name, rows in (("kernel", 5), ("recurrent_kernel", 2)):
            expected[f"recurrent.1.{way}.{name}"] = (DTYPE_INT8, (rows, 6))
            expected[f"recurrent.1.{way}.{name}.scales"] = (DTYPE_FLOAT32, (6,))
        expected[f"recurrent.1.{way}.bias"] = (DTYPE_FLOAT32, (2, 6))
    for place, rows, columns in ((3, 4, 3), (5, 3, 1)):
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


@pytest.mark.parametrize("dim", [4, 5, 7])
@pytest.mark.parametrize("scheme", SCHEMES)
def test_a_file_is_read_as_it_was_written(drawn, written, scheme, dim):
    model, file = drawn(dim=dim), read_model_file(written(scheme, dim=dim))
    assert file.scheme == scheme
    assert file.graph == model.graph
    expected = written_tensors(model, scheme)
    assert list(file.tensors) == [name for name, *_ in expected]
    assert stored_tensors(file.graph, scheme) == {name: (dtype, shape) for name, dtype, shape, _ in expected}
    assert {name: bytes(tensor) for name, tensor in file.tensors.items()} == {name: held for name, *_, held in expected}


@pytest.mark.parametrize("pooling", ["last", "max", "average"])
@pytest.mark.parametrize("layers", LAYERS)
@pytest.mark.parametrize("scheme", SCHEMES)
def test_the_numpy_engine_computes_with_what_was_stored(assert_like_the_oracle, numpy, scheme, layers, pooling):
    assert_like_the_oracle(scheme, layers=layers, pooling=pooling)


@pytest.mark.parametrize("dim", [2, 3, 4, 7, 8])
@pytest.mark.parametrize("scheme", ["wi8", "wi4"])
def test_rows_of_any_width(assert_like_the_oracle, numpy, scheme, dim):
    assert_like_the_oracle(scheme, dim=dim)


@pytest.mark.parametrize("scheme", ["wi8", "wi4"])
def test_quantization_is_not_a_no_op(drawn, scheme):
    (exact,), (quantized,) = (oracle_of(drawn(), one).run([IDS[3]]) for one in ("f32", scheme))
    assert 0 < max(abs(a - b) for a, b in zip(exact, quantized)) < 0.5


def test_every_code_and_every_nibble_runs(written, seal, tmp_path, drupelet_engine):
    """Any integers that a forger writes are some model or other, and no crash."""
    content = written("wi4")
    for fill in (0x00, 0xFF, 0x81, 0x08):
        forged = bytearray(content)
        for section in read_model_file(content).sections:
            if section.name in ("embedding.0.table", "embedding.0.table.scale_codes", "dense.2.kernel"):
                forged[section.offset_bytes : section.offset_bytes + section.size_bytes] = bytes(
                    [fill] * section.size_bytes
                )
        (tmp_path / "m.drupelet").write_bytes(seal(bytes(forged)))
        answer = drupelet.load(tmp_path / "m.drupelet", drupelet_engine)("w001 w002")
        assert all(math.isfinite(p) for p in answer.probabilities)


# Damage.


def entry_of(content, name):
    """The place of a section's entry in the table."""
    names = [section.name for section in read_model_file(content).sections]
    return HEADER.size + names.index(name) * SECTION.size


def patched(content, at, new):
    return content[:at] + new + content[at + len(new) :]


NEW_SECTIONS = [
    ("wi8", "embedding.0.table"),
    ("wi8", "embedding.0.table.scale_codes"),
    ("wi8", "embedding.0.table.scale_table"),
    ("wi8", "recurrent.1.forward.kernel"),
    ("wi8", "recurrent.1.forward.kernel.scales"),
    ("wi8", "recurrent.1.forward.recurrent_kernel.scales"),
    ("wi8", "dense.4.kernel.scales"),
    ("wi4", "embedding.0.table"),
    ("wi4", "embedding.0.table.scale_codes"),
    ("wi4", "embedding.0.table.scale_table"),
    ("f16", "embedding.0.table"),
    ("f16", "dense.2.kernel"),
]
by_section = pytest.mark.parametrize(("scheme", "name"), NEW_SECTIONS)


def section_of(content, name):
    return next(section for section in read_model_file(content).sections if section.name == name)


@by_section
@pytest.mark.parametrize("dtype", [0, 1, 2, 3, 4, 5, 6, 0xFFFFFFFF])
def test_another_dtype(written, seal, scheme, name, dtype):
    content = written(scheme)
    if section_of(content, name).dtype == dtype:
        dtype = 7
    with pytest.raises(FormatError, match=rf"^here: tensor '{name}' (has dtype code {dtype}|of shape .* in \d+ bytes)"):
        read_model_file(seal(patched(content, entry_of(content, name) + DTYPE, u32(dtype))), "here")


@by_section
def test_another_dtype_of_as_many_bytes(written, seal, scheme, name):
    """A shape that goes with the wrong dtype: sizes are right, only the network tells."""
    content = written(scheme)
    section = section_of(content, name)
    wrong = DTYPE_UINT8 if section.dtype != DTYPE_UINT8 else DTYPE_INT8
    fields = u32(wrong, 1, section.crc32, section.size_bytes, 0, 0, 0)
    with pytest.raises(
        FormatError, match=rf"^here: tensor '{name}' has dtype code {wrong}, expected {section.dtype}; export it again"
    ):
        read_model_file(seal(patched(content, entry_of(content, name) + DTYPE, fields)), "here")


@by_section
def test_another_shape_of_as_many_bytes(written, seal, scheme, name):
    content = written(scheme)
    section = section_of(content, name)
    # Of a packed row, 5 values and 6 take three bytes.
    wrong = (section.shape[0], section.shape[1] + 1) if section.dtype == DTYPE_INT4 else (1, *section.shape)
    fields = u32(section.dtype, len(wrong), section.crc32, *(*wrong, 0, 0, 0)[:4])
    with pytest.raises(FormatError, match=rf"^here: tensor '{name}' is .*, expected .*; export it again"):
        read_model_file(seal(patched(content, entry_of(content, name) + DTYPE, fields)), "here")


@by_section
@pytest.mark.parametrize("shape", [(0, 0), (1, 0), (2**32 - 1, 0), (2**32 - 1, 2**32 - 1)])
def test_a_shape_of_other_bytes(written, seal, scheme, name, shape):
    content = written(scheme)
    with pytest.raises(FormatError, match=rf"^here: tensor '{name}'"):
        read_model_file(seal(patched(content, entry_of(content, name) + SHAPE, u32(*shape))), "here")


@by_section
@pytest.mark.parametrize("rank", [0, 3, 5, 0xFFFFFFFF])
def test_another_rank(written, seal, scheme, name, rank):
    content = written(scheme)
    with pytest.raises(FormatError, match=rf"^here: tensor '{name}'"):
        read_model_file(seal(patched(content, entry_of(content, name) + RANK, u32(rank))), "here")


@by_section
@pytest.mark.parametrize("change", [-1, 1, 64, -64])
def test_another_size(written, seal, scheme, name, change):
    content = written(scheme)
    section = section_of(content, name)
    size = struct.pack("<QQ", section.offset_bytes, max(0, section.size_bytes + change))
    with pytest.raises(FormatError, match=r"^here: "):
        read_model_file(seal(patched(content, entry_of(content, name) + OFFSET, size), payloads=False), "here")


@by_section
def test_a_flipped_bit(written, scheme, name):
    content = written(scheme)
    section = section_of(content, name)
    for at in (section.offset_bytes, section.offset_bytes + section.size_bytes - 1):
        with pytest.raises(FormatError, match=rf"^here: section '{name}' has checksum"):
            read_model_file(patched(content, at, bytes([content[at] ^ 1])), "here")


@by_section
def test_a_section_that_is_missing(written, seal, scheme, name):
    content = written(scheme)
    renamed = patched(content, entry_of(content, name) + NAME, b"zzz".ljust(48, b"\0"))
    with pytest.raises(FormatError, match=rf"do not match the network \(missing or extra: \['{name}', 'zzz'\]"):
        read_model_file(seal(renamed), "here")


@by_section
def test_a_file_that_ends_in_a_section(written, seal, scheme, name):
    content = written(scheme)
    section = section_of(content, name)
    for end in (section.offset_bytes, section.offset_bytes + 1, section.offset_bytes + section.size_bytes - 1):
        for damaged in (content[:end], seal(content[:end])):
            with pytest.raises(FormatError, match=r"^here: "):
                read_model_file(damaged, "here")


def with_scheme_code(content, code):
    """The file with another scheme in its graph."""
    return patched(content, section_of(content, "graph").offset_bytes, u32(code))


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("code", [4, 5, 255, 2**31, 2**32 - 1])
def test_a_scheme_that_is_not_known(written, seal, scheme, code):
    message = rf"^here: scheme has code {code}, this release knows 4; upgrade drupelet; export it again"
    with pytest.raises(FormatError, match=message):
        read_model_file(seal(with_scheme_code(written(scheme), code)), "here")


@pytest.mark.parametrize("scheme", SCHEMES)
def test_the_tensors_of_another_scheme(written, seal, scheme):
    content = written(scheme)
    assert seal(with_scheme_code(content, SCHEMES.index(scheme))) == content
    for code, other in enumerate(SCHEMES):
        if other != scheme:
            with pytest.raises(
                FormatError, match=r"^here: (tensors do not match|tensor 'embedding.0.table' has dtype code)"
            ):
                read_model_file(seal(with_scheme_code(content, code)), "here")


# Where the bytes go.


def assert_the_ledger_sums(ledger, size, words):
    assert list(ledger) == list(PARTS)
    assert sum(ledger.values()) == size
    assert ledger["vocabulary"] == words
    assert all(bytes_ > 0 for part, bytes_ in ledger.items() if part not in ("vocabulary", "convolution", "other"))


@pytest.mark.parametrize("layers", ["LSTM", "bidirectional GRU", "stacked"])
@pytest.mark.parametrize("scheme", SCHEMES)
def test_the_ledger_sums_to_the_file(written, scheme, layers):
    content = written(scheme, layers)
    file = read_model_file(content)
    words = len(file.vocabulary)
    ledger = size_ledger(file.graph, scheme, len(content), words)
    assert_the_ledger_sums(ledger, len(content), words)
    sizes = {s.name: s.size_bytes for s in file.sections}
    for part, prefix in (("embedding", "embedding."), ("recurrent", "recurrent."), ("dense", "dense.")):
        assert ledger[part] == sum(size for name, size in sizes.items() if name.startswith(prefix))


@pytest.mark.parametrize("file_format", ["onnx", "tflite"])
@pytest.mark.parametrize("scheme", SCHEMES)
def test_the_ledger_of_another_format_sums_to_the_file(scheme, file_format):
    bundle = open_bundle(BUNDLE_SCHEMES)
    size = bundle.model(file_format, scheme).entry.size_bytes
    assert_the_ledger_sums(size_ledger(bundle.manifest.network, scheme, size, 0), size, 0)


def test_smaller_schemes_are_smaller(written):
    sizes = [len(written(scheme, dim=8)) for scheme in SCHEMES]
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
    assert (ledger["embedding"], ledger["recurrent"], ledger["dense"], ledger["vocabulary"]) == (*expected, 77)
    assert ledger["container"] == 10_000 - sum(expected) - 77
