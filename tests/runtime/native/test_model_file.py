"""Hostile .drupelet files: the C loader and the Python reader refuse alike, and the loader says what is wrong."""

import struct
from dataclasses import replace

import pytest

from drupelet.errors import DrupeletError, FormatError, VersionError
from drupelet.graph import Graph, Node
from drupelet.model_file import FREE_LAYOUT_BYTES, HEADER, LAYOUT_RATIO, SECTION, read_model_file
from drupelet.operations.dense import Dense
from drupelet.operations.embedding import Embedding
from drupelet.operations.reduce import Reduce
from drupelet.operations.repeat import Repeat
from drupelet.schemes import SCHEMES
from drupelet.vocabulary import Vocabulary
from runtime.costly_networks import HEAVY, sharing
from runtime.format_writer import model_file
from runtime.native.file_surgery import (
    CRC,
    DTYPE,
    KIND,
    NAME,
    OFFSET,
    RANK,
    SHAPE,
    SIZE,
    joined,
    parts_of,
    patched,
    sealed_vocabulary,
    u32,
    u64,
    with_bytes,
    with_payload,
)
from runtime.networks import model_of
from runtime.oracle import oracle_classifier
from runtime.text.examples import EVERY_KIND

LAYERS = [
    ("gru", "bidirectional", "concat", "tanh", "sigmoid", True),
    ("lstm", "forward", "none", "tanh", "sigmoid", False),
]
TEXTS = ["", "w001 w002 nothing w017", "w255"]


@pytest.fixture(scope="module")
def sound(drawn_model):
    """A sound file by scheme: text rules of every kind, two recurrent and two dense layers, int8 columns that meet floats."""
    described = drawn_model(LAYERS, dim=3, units=2, pooling="max", dense=("tanh", "linear"))
    described = described.with_text_rules(replace(EVERY_KIND, end_id=0, unknown_id=1, max_tokens=None))
    return {scheme: model_file(described, scheme) for scheme in SCHEMES}


@pytest.fixture(scope="module")
def assert_alike(native, tmp_path_factory):
    """A function that opens bytes with both readers: both accept and answer alike, or both raise the same class."""
    path = tmp_path_factory.mktemp("hostile") / "here.drupelet"

    def python_reads(content):
        read_model_file(content)  # open_bundle does not even call another magic a model
        path.write_bytes(content)
        return oracle_classifier(path).predict(TEXTS)

    def compare(content, what):
        expected, refusal = [], None
        try:
            expected = python_reads(content)
        except DrupeletError as error:
            refusal = error
        try:
            answers = native.Model(content, "here").answer(TEXTS)
        except DrupeletError as error:
            if refusal is None and "vocabulary: block" in str(error):
                assert_broken_vocabulary(content)
                return
            if type(error) is not type(refusal) or not str(error).startswith("here: "):
                pytest.fail(f"{what}: the kernel says {error!r}, Python {refusal!r}")
            return
        if refusal is not None:
            pytest.fail(f"{what}: the kernel accepts what Python refuses: {refusal}")
        assert len(answers) == len(expected)
        for answer, other in zip(answers, expected):
            assert answer[2] == pytest.approx(other.probabilities, abs=0.05, nan_ok=True), what
            assert answer[3] == other.n_tokens, what

    return compare


def other_values(value, width=32):
    """Numbers to put in place of one."""
    top = 1 << width
    wrong = {
        0,
        1,
        2,
        value ^ 1,
        value + 1,
        value - 1,
        2 * value,
        65_537,
        top // 2,
        top - 1,
        top - value,
        value | 1 << 16,
    }
    return sorted(number % top for number in wrong - {value})


def u32_changes(content, start, stop, step=4):
    """The file with each u32 of a range replaced, one at a time."""
    for at in range(start, stop, step):
        (value,) = struct.unpack_from("<I", content, at)
        for other in other_values(value):
            yield f"u32 at {at}: {value} -> {other}", patched(content, at, u32(other))


@pytest.mark.parametrize("scheme", SCHEMES)
def test_a_sound_file_is_accepted_by_both(sound, assert_alike, scheme):
    assert_alike(sound[scheme], "sound")
    assert joined(parts_of(sound[scheme])) == sound[scheme]


@pytest.mark.parametrize("scheme", SCHEMES)
def test_each_field_of_the_header(sound, assert_alike, scheme):
    for what, content in u32_changes(sound[scheme], 0, 32):
        assert_alike(content, what)


@pytest.mark.parametrize("scheme", SCHEMES)
def test_each_field_of_the_table(sound, assert_alike, seal, scheme):
    content = sound[scheme]
    for section in range(len(parts_of(content))):
        start = HEADER.size + section * SECTION.size
        for what, changed in u32_changes(content, start + KIND, start + OFFSET):
            assert_alike(seal(changed, payloads=False), f"section {section}, {what}")
        for field in (OFFSET, SIZE):
            (value,) = struct.unpack_from("<Q", content, start + field)
            for other in [*other_values(value, 64), value + 64, max(0, value - 64), len(content), 1 << 32 | value]:
                changed = patched(content, start + field, u64(other))
                assert_alike(seal(changed, payloads=False), f"section {section}, u64 at {field}: {value} -> {other}")
        for name in (b"", b"x", b"\xe9", b"a\0b", b"\x01", b"a" * 48, b"graph", b"dense.4.kernel"):
            changed = patched(content, start + NAME, name.ljust(48, b"\0"))
            assert_alike(seal(changed, payloads=False), f"section {section}, name {name}")


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("name", ["graph", "text_rules", "labels", "vocabulary"])
def test_each_number_of_a_section(sound, assert_alike, scheme, name):
    parts = parts_of(sound[scheme])
    (payload,) = (part[4] for part in parts if part[0].decode() == name)
    # Entries of the vocabulary, behind its header and eight offsets, have a test of their own.
    stop = 64 if name == "vocabulary" else len(payload) // 4 * 4
    for what, changed in u32_changes(payload, 0, stop):
        changed = sealed_vocabulary(changed) if name == "vocabulary" else changed
        assert_alike(with_payload(sound[scheme], name, lambda _, changed=changed: changed), f"{name}, {what}")


def assert_broken_vocabulary(content):
    """Python looks at a block when a word is sought there: asked for all words, it must refuse what the kernel refused."""
    with pytest.raises(FormatError, match=r"^vocabulary\.bin: "):
        list(Vocabulary(read_model_file(content).vocabulary))


def test_each_byte_of_the_first_entries_of_a_vocabulary(native, sound):
    refused = 0
    every_word = " ".join(f"w{number:03}" for number in range(256))
    for at in range(68, 164):
        for byte in (0, 1, 0x0F, 0x10, 0x7F, 0x80, 0xF0, 0xF1, 0xFF):
            content = with_payload(
                sound["f32"],
                "vocabulary",
                lambda payload, at=at, byte=byte: sealed_vocabulary(patched(payload, at, bytes([byte]))),
            )
            try:
                native.Model(content, "here").answer([every_word])
            except FormatError as error:
                assert str(error).startswith("here: vocabulary: ")  # noqa: PT017
                assert_broken_vocabulary(content)
                refused += 1
    assert refused > 200


@pytest.mark.parametrize("scheme", SCHEMES)
def test_truncation_at_every_boundary_and_beside_it(sound, assert_alike, seal, scheme):
    content = sound[scheme]
    ends = {0, 8, HEADER.size, *(HEADER.size + n * SECTION.size for n in range(len(parts_of(content)) + 1))}
    for section in read_model_file(content).sections:
        ends |= {section.offset_bytes, section.offset_bytes + section.size_bytes}
    for size in sorted({end + beside for end in ends for beside in (-1, 0, 1)} & set(range(len(content)))):
        assert_alike(content[:size], f"cut to {size}")
        if size >= HEADER.size:
            assert_alike(patched(content[:size], 16, u64(size)), f"cut to {size}, announced")
        if size >= HEADER.size + len(parts_of(content)) * SECTION.size:
            assert_alike(seal(content[:size]), f"cut to {size}, sealed")


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("name", ["graph", "text_rules", "labels", "vocabulary"])
def test_a_section_cut_anywhere(sound, assert_alike, scheme, name):
    (payload,) = (part[4] for part in parts_of(sound[scheme]) if part[0].decode() == name)
    for size in [*range(min(len(payload), 140)), len(payload) - 1]:
        cut = payload[:size]
        cut = sealed_vocabulary(cut) if name == "vocabulary" and size >= 32 else cut
        assert_alike(with_payload(sound[scheme], name, lambda _, cut=cut: cut), f"{name} cut to {size}")
    assert_alike(with_payload(sound[scheme], name, lambda payload: payload + b"\0"), f"{name} and a byte")


@pytest.mark.parametrize("scheme", SCHEMES)
def test_sections_twice_missing_moved_and_extra(sound, assert_alike, scheme):
    parts = parts_of(sound[scheme])
    for place, part in enumerate(parts):
        rest = parts[:place] + parts[place + 1 :]
        assert_alike(joined(rest), f"without {part[0]}")
        assert_alike(joined([*parts, part]), f"{part[0]} twice")
        assert_alike(joined([*parts, [b"again", *part[1:]]]), f"{part[0]} twice, under another name")
        assert_alike(joined([*rest, part]), f"{part[0]} last")
        assert_alike(joined([*rest, [b"", *part[1:]]]), f"{part[0]} without a name")
    for shape, dtype in (((4,), 1), ((2, 2), 1), ((16,), 5), ((8, 2, 1), 5), ((32,), 4)):
        assert_alike(joined([*parts, [b"extra", b"TENS", dtype, shape, bytes(16)]]), f"extra {shape}")
    assert_alike(joined([*parts, [b"extra", b"JUNK", 0, (), b"junk"]]), "extra of an unknown kind")
    huge = 2**32 - 1
    assert_alike(joined([*parts, [b"extra", b"TENS", 1, (huge,) * 4, b""]]), "a shape that overflows")
    assert_alike(joined([*parts, [b"extra", b"TENS", 1, (huge, huge, huge, 0), b""]]), "one that overflows to nothing")
    assert_alike(joined(parts * 12), "hundreds of sections")


@pytest.mark.parametrize("scheme", ["wi8", "wi4"])
def test_minus_128_in_any_kernel(sound, assert_alike, scheme):
    kernels = [part[0].decode() for part in parts_of(sound[scheme]) if part[0].endswith(b"kernel")]
    assert len(kernels) == 8
    for name in kernels:
        assert_alike(with_payload(sound[scheme], name, lambda payload: payload[:-1] + b"\x80"), name)


@pytest.mark.parametrize("scheme", SCHEMES)
def test_the_embedding_may_hold_any_byte(sound, assert_alike, scheme):
    # 0x80 is -128 as int8; four or two of any of these are numbers and no NaN, whose answer nothing promises.
    for byte in (b"\x80", b"\x3f", b"\xbf", b"\0"):
        assert_alike(
            with_payload(sound[scheme], "embedding.0.table", lambda payload, byte=byte: byte * len(payload)), byte
        )


@pytest.mark.parametrize("name", ["labels", "text_rules"])
@pytest.mark.parametrize(
    "junk",
    [
        b"\xff", b"\0", b"\xc3", b"\xed\xa0\x80", b"\xc2\x85", b"\xe2\x80\xa8", b"\xe2\x80\xae", b"\xe2\x80\x8d", b"\xc2\xad",
        b"\xf3\xa0\x80\xa1", b"\n", b"\x7f", b" ",
    ],
)  # fmt: skip
def test_text_that_is_no_name(sound, assert_alike, name, junk):
    content = sound["f32"]
    (payload,) = (part[4] for part in parts_of(content) if part[0].decode() == name)
    for at in range(len(payload) - len(junk) + 1):
        assert_alike(with_bytes(content, name, at, junk), f"{junk} at {at}")


def entry(content, name):
    """The place of a section's entry in the table."""
    return HEADER.size + [part[0].decode() for part in parts_of(content)].index(name) * SECTION.size


CONTAINER_MESSAGES = {
    "short": (lambda c: c[:63], r"63 bytes, expected at least the 64 of a header"),
    "empty": (lambda c: b"", r"0 bytes, expected at least the 64 of a header"),
    "magic": (lambda c: patched(c, 6, b"\n\0"), r"its first bytes are not those of a \.drupelet file"),
    "byte order": (lambda c: patched(c, 12, b"\1\2\3\4"), r"byte-order mark 0x04030201, expected 0x01020304"),
    "announced": (lambda c: c + b"\0", r"\d+ bytes, its header announces \d+; copy it again"),
    "no section": (lambda c: patched(c, 24, u32(0)), r"0 sections, expected 1 to 4096 within the file"),
    "sections": (lambda c: patched(c, 24, u32(4097)), r"4097 sections, expected 1 to 4096 within the file"),
    "table": (
        lambda c: patched(c, 64 + 60, b"\0\0\0\0"),
        r"section table has checksum [0-9a-f]{8}, the header says [0-9a-f]{8}; copy it again",
    ),
    "payload": (
        lambda c: patched(c, len(c) - 1, bytes([c[-1] ^ 1])),
        r"section 'dense\.6\.bias' has checksum [0-9a-f]{8}, expected [0-9a-f]{8}; copy it again",
    ),
}
"""Damage to the container: a function that damages a sound file, and the message of the loader about the result."""

TABLE_MESSAGES = {
    "name": (NAME, b"\xe9mbedding", r"the name of a section is not ASCII padded with zeros; export it again"),
    "twice": (NAME, b"labels".ljust(48, b"\0"), r"two sections are called 'labels'; export it again"),
    "kind": (KIND, b"JUNK", r"section 'embedding\.0\.table' is of a kind that this release does not know; upgrade"),
    "no tensor": (KIND, b"VOCB", r"section 'embedding\.0\.table' is no tensor, but has dtype 1 and rank 2"),
    "dtype 0": (DTYPE, u32(0), r"tensor 'embedding\.0\.table' has dtype code 0 and rank 2; upgrade drupelet"),
    "dtype 6": (DTYPE, u32(6), r"tensor 'embedding\.0\.table' has dtype code 6 and rank 2; upgrade drupelet"),
    "rank": (RANK, u32(5), r"tensor 'embedding\.0\.table' has dtype code 1 and rank 5; upgrade drupelet"),
    "behind the rank": (RANK, u32(1), r"tensor 'embedding\.0\.table' has dtype code 1 and rank 1; upgrade drupelet"),
    "int4 alone": (DTYPE, u32(4, 0), r"tensor 'embedding\.0\.table' has dtype code 4 and rank 0; upgrade drupelet"),
    "shape": (SHAPE, u32(259), r"tensor 'embedding\.0\.table' has 3096 bytes, its shape another number"),
    "offset": (
        OFFSET,
        u64(2**64 - 64),
        r"section 'embedding\.0\.table' covers 3096 bytes from 18446744073709551552, expected an aligned place from \d+ on, .*",
    ),
    "size": (
        SIZE,
        u64(2**64 - 1),
        r"section 'embedding\.0\.table' covers 18446744073709551615 bytes from \d+, expected an aligned",
    ),
    "checksum": (
        CRC,
        u32(0),
        r"section 'embedding\.0\.table' has checksum [0-9a-f]{8}, expected 00000000; copy it again",
    ),
}
"""Damage to a table entry, that of the embedding: the field, its new bytes, and the message of the loader."""


@pytest.mark.parametrize("case", CONTAINER_MESSAGES)
def test_messages_of_the_container(native, sound, case):
    damage, message = CONTAINER_MESSAGES[case]
    with pytest.raises(FormatError, match=rf"^here: {message}$"):
        native.Model(damage(sound["f32"]), "here")


@pytest.mark.parametrize("case", TABLE_MESSAGES)
def test_messages_of_the_table(native, sound, seal, case):
    field, new, message = TABLE_MESSAGES[case]
    content = patched(sound["f32"], entry(sound["f32"], "embedding.0.table") + field, new)
    with pytest.raises(FormatError, match=rf"^here: {message}"):
        native.Model(seal(content, payloads=False), "here")


@pytest.mark.parametrize("version", [0, 1, 2, 4, 2**32 - 1])
def test_the_message_of_another_version(native, sound, version):
    message = rf"^here: model format {version}, this release reads 3; upgrade drupelet or export again$"
    with pytest.raises(VersionError, match=message):
        native.Model(patched(sound["f32"], 8, u32(version)), "here")


def test_the_message_of_bytes_between_sections(native, sound, seal):
    section = next(section for section in read_model_file(sound["f32"]).sections if section.name == "labels")
    content = seal(patched(sound["f32"], section.offset_bytes + section.size_bytes, b"x"))
    with pytest.raises(FormatError, match=r"^here: bytes before section 'vocabulary' are not zero; copy it again$"):
        native.Model(content, "here")


@pytest.mark.parametrize("trailing", [b"\0", bytes(64)])
def test_the_message_of_bytes_behind_the_last_section(native, sound, seal, trailing):
    with pytest.raises(FormatError, match=rf"^here: {len(trailing)} bytes after the last section; copy it again$"):
        native.Model(seal(sound["f32"] + trailing), "here")


def test_the_reserved_bytes_of_the_header_are_ignored(native, sound):
    assert native.Model(patched(sound["f32"], 32, b"\1" * 32), "here").scheme == "f32"


@pytest.mark.parametrize(("width", "steps", "operation"), HEAVY.values(), ids=HEAVY)
def test_both_readers_count_the_memory_of_weights_alike(native, width, steps, operation):
    def refusals(count):
        graph = sharing(width, steps, operation, count)
        content = model_file(replace(model, graph=graph), "wi8")
        try:
            read_model_file(content, "here")
            python = None
        except FormatError as error:
            python = str(error)
        try:
            native.Model(content, "here")
            kernel = None
        except DrupeletError as error:
            kernel = str(error)
        most = FREE_LAYOUT_BYTES + LAYOUT_RATIO * len(content)
        assert (python is None) == (kernel is None) == (graph.layout_bytes() <= most), (count, python, kernel)
        assert kernel is None or kernel == (
            f"here: its weights take more than {most} bytes when they are laid out, the most of a file of "
            f"{len(content)} bytes; make its layers smaller, and export it again"
        )
        return python is not None

    model = model_of(sharing(width, steps, operation, 1))
    low, high = 1, 1000
    assert refusals(high)
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if refusals(middle) else (middle, high)
    assert low > 1


def test_weights_that_take_too_much_memory_are_not_laid_out(native, tmp_path, run_in_little_memory):
    # Each copy of the layer reads steps of another length, so that the kernel would lay out its weights anew.
    first = [Node(Embedding(3, 1024), (0,)), Node(Reduce("sum"), (1,)), Node(Dense(256), (2,))]
    nodes = []
    for number in range(200):
        nodes.append(Node(Repeat(number + 1), (2,)))
        nodes.append(Node(Dense(256), (len(first) + len(nodes),), 2))
    graph = Graph((*first, *nodes, Node(Dense(2), (3,))), "softmax", None, "none")
    path = tmp_path / "heavy.drupelet"
    path.write_bytes(model_file(model_of(graph), "wi8"))
    assert graph.layout_bytes() > 200 << 20
    code = """
from drupelet._native import Model
content = open(sys.argv[1], "rb").read()
for read in (lambda: Model(content, "here"), lambda: drupelet.open_bundle(sys.argv[1])):
    try:
        read()
    except drupelet.DrupeletError as error:
        print(error)
"""
    done = run_in_little_memory(code, path)
    assert (done.returncode, done.stderr) == (0, "")
    kernel, python = done.stdout.splitlines()
    assert kernel.startswith("here: its weights take more than ")
    assert python.startswith(
        f"{path}: its weights take {graph.layout_bytes()} bytes when they are laid out, expected at "
    )
