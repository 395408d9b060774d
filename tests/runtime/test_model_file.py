import struct
import tracemalloc
import zlib
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drupelet.errors import DrupeletError, FormatError, VersionError
from drupelet.model_file import (
    ALIGNMENT,
    HEADER,
    SECTION,
    read_model_file,
    stored_tensors,
)
from drupelet.operations.dense import Dense
from drupelet.operations.embedding import Embedding
from drupelet.operations.recurrent import Recurrent
from drupelet.operations.reduce import Reduce
from drupelet.text.named import ALNUM
from runtime.format_writer import labels_section, model_file, vocabulary_file
from runtime.networks import GOLDEN_BUNDLE, Model, chain

GOLDEN = GOLDEN_BUNDLE / "model.f32.drupelet"

# Where the fields of a table entry are.
NAME, KIND, DTYPE, RANK, CRC, SHAPE, OFFSET, SIZE = 0, 48, 52, 56, 60, 64, 80, 88
SECTIONS = (
    "graph",
    "text_rules",
    "labels",
    "vocabulary",
    "embedding.0.table",
    "recurrent.1.forward.kernel",
    "recurrent.1.forward.recurrent_kernel",
    "recurrent.1.forward.bias",
    "dense.2.kernel",
    "dense.2.bias",
)


def u32(*values):
    return struct.pack(f"<{len(values)}I", *values)


def u64(*values):
    return struct.pack(f"<{len(values)}Q", *values)


def entry_of(name):
    """The place of a section's entry in the table."""
    return HEADER.size + SECTIONS.index(name) * SECTION.size


def patched(content, at, new):
    return content[:at] + new + content[at + len(new) :]


def with_payload(content, name, payload, sections=None):
    """The file with another payload of one section, everything behind it moved to where it then belongs."""
    sections = sections or read_model_file(content).sections
    parts = [content[s.offset_bytes : s.offset_bytes + s.size_bytes] for s in sections]
    parts[SECTIONS.index(name)] = payload
    table_end = HEADER.size + len(SECTIONS) * SECTION.size
    table, body = bytearray(content[HEADER.size : table_end]), bytearray(content[:table_end])
    for place, part in enumerate(parts):
        body += bytes(-len(body) % ALIGNMENT)
        struct.pack_into("<QQ", table, place * SECTION.size + OFFSET, len(body), len(part))
        body += part
    body[HEADER.size : table_end] = table
    return bytes(body)


def literal_file():
    """A .drupelet file written out by hand from the specification, without the constants of the reader."""
    payloads = [
        ("graph", b"GRPH", 0, (), u32(0, 1, 0xFFFFFFFF, 0, 3)
         + u32(0, 0xFFFFFFFF, 1, 2, 0, 3, 1)
         + u32(1, 0xFFFFFFFF, 1, 8, 1, 0, 0, 0, 1, 2, 3, 0, 1)
         + u32(2, 0xFFFFFFFF, 1, 1, 2, 1)),
        ("text_rules", b"TEXT", 0, (), b"alnum" + bytes(27) + u32(0x0F0100, *[0xFFFFFFFF] * 4, 0, 4)
         + u32(0, 4) + u32(0)
         + u32(1, 11) + b"\x06\x00\x01\x00<br /> "
         + u32(3, 44) + u32(1) + b"\x24\x00\x00\x000123456789abcdefghijklmnopqrstuvwxyz"
         + u32(5, 8) + u32(0, 0xFFFFFFFF)),
        ("labels", b"LABL", 0, (), u32(2) + u32(2) + b"no" + u32(3) + b"yes"),
        ("vocabulary", b"VOCB", 0, (), b"DRPVOCAB" + u32(2, 0, 32, 2, 3, 4)
         + u32(zlib.crc32(b"\0\0\0\0\x01a\x01b")) + b"\0\0\0\0\x01a\x01b"),
        ("embedding.0.table", b"TENS", 1, (3, 1), struct.pack("<3f", 0, 0.5, -0.5)),
        ("recurrent.1.forward.kernel", b"TENS", 1, (1, 4), struct.pack("<4f", 1, 2, 3, 4)),
        ("recurrent.1.forward.recurrent_kernel", b"TENS", 1, (1, 4), struct.pack("<4f", 0.5, 1, 1.5, 2)),
        ("recurrent.1.forward.bias", b"TENS", 1, (4,), struct.pack("<4f", 0, 1, 0, 0)),
        ("dense.2.kernel", b"TENS", 1, (1, 1), struct.pack("<f", 2)),
        ("dense.2.bias", b"TENS", 1, (1,), struct.pack("<f", -0.25)),
    ]  # fmt: skip
    table, body, at = b"", b"", 1024  # 64 bytes of header and ten entries of 96 end exactly at a multiple of 64
    for name, kind, dtype, shape, payload in payloads:
        body += bytes(at - 1024 - len(body))
        table += name.encode().ljust(48, b"\0") + kind + u32(dtype, len(shape), zlib.crc32(payload))
        table += u32(*(*shape, 0, 0, 0, 0)[:4]) + u64(at, len(payload))
        body += payload
        at = (at + len(payload) + 63) // 64 * 64
    head = b"\x89DRPLT\r\n" + u32(3) + b"\x04\x03\x02\x01" + u64(1024 + len(body)) + u32(10, zlib.crc32(table))
    return head + bytes(32) + table + body


LITERAL_MODEL = Model(
    graph=chain(
        Embedding(3, 1), Recurrent("lstm", "forward", "none", 1, "tanh", "sigmoid", False, "last"), Dense(1), output="sigmoid"
    ),
    text_rules=ALNUM,
    labels=("no", "yes"),
    words=("a", "b"),
    first_id=1,
    weights={
        "embedding.0.table": (0, 0.5, -0.5),
        "recurrent.1.forward.kernel": (1, 2, 3, 4),
        "recurrent.1.forward.recurrent_kernel": (0.5, 1, 1.5, 2),
        "recurrent.1.forward.bias": (0, 1, 0, 0),
        "dense.2.kernel": (2,),
        "dense.2.bias": (-0.25,),
    },
)  # fmt: skip
"""The model of literal_file."""


def test_a_file_written_out_byte_by_byte_is_what_the_writer_of_the_tests_writes():
    assert model_file(LITERAL_MODEL) == literal_file()


def test_a_file_written_out_byte_by_byte_reads_back():
    file = read_model_file(literal_file())
    assert file.graph == LITERAL_MODEL.graph
    assert file.text_rules == ALNUM
    assert file.labels == ("no", "yes")
    assert file.vocabulary == vocabulary_file(("a", "b"), 1)
    assert {name: bytes(tensor) for name, tensor in file.tensors.items()} == {
        name: struct.pack(f"<{len(values)}f", *values) for name, values in LITERAL_MODEL.weights.items()
    }
    assert tuple(section.name for section in file.sections) == SECTIONS
    assert file.sections[4].shape == (3, 1)


def test_the_golden_of_this_format_reads_and_is_written_the_same(model, drupelet_file):
    file = read_model_file(GOLDEN.read_bytes())
    assert file.graph == model.graph
    assert (file.text_rules, file.labels) == (model.text_rules, model.labels)
    assert drupelet_file == GOLDEN.read_bytes()


def test_sections_are_aligned_and_the_gaps_zero(drupelet_file):
    end = HEADER.size + len(SECTIONS) * SECTION.size
    for section in read_model_file(drupelet_file).sections:
        assert section.offset_bytes % ALIGNMENT == 0
        assert not any(drupelet_file[end : section.offset_bytes])
        end = section.offset_bytes + section.size_bytes
    assert end == len(drupelet_file)


@pytest.mark.parametrize("size", [0, 1, 8, HEADER.size - 1])
def test_a_file_shorter_than_its_header(drupelet_file, size):
    with pytest.raises(FormatError, match=rf"^here: {size} bytes, expected at least the 64 of a header"):
        read_model_file(drupelet_file[:size], "here")


@pytest.mark.parametrize("damage", [b"\x89DRPLT\n\0", b"\tDRPLT\r\n", b"PK\x03\x04\0\0\0\0", bytes(8)])
def test_another_kind_of_file_or_one_sent_as_text(drupelet_file, damage):
    with pytest.raises(FormatError, match=r"here: starts with b'.*', expected b'\\x89DRPLT\\r\\n': not a \.drupelet"):
        read_model_file(patched(drupelet_file, 0, damage), "here")


@pytest.mark.parametrize("version", [0, 2, 4, 0xFFFFFFFF])
def test_another_version(drupelet_file, version):
    with pytest.raises(VersionError, match=rf"here: model format {version}, this release reads 3; upgrade drupelet"):
        read_model_file(patched(drupelet_file, 8, u32(version)), "here")


def test_a_file_of_the_other_byte_order(drupelet_file):
    with pytest.raises(FormatError, match=r"here: byte-order mark 0x04030201, expected 0x01020304"):
        read_model_file(patched(drupelet_file, 12, b"\x01\x02\x03\x04"), "here")


@pytest.mark.parametrize("announced", [0, 2**31, 2**64 - 1])
def test_another_size_than_announced(drupelet_file, announced):
    with pytest.raises(
        FormatError, match=rf"{len(drupelet_file)} bytes, its header announces {announced}; copy it again"
    ):
        read_model_file(patched(drupelet_file, 16, u64(announced)))


@pytest.mark.parametrize("count", [0, 4097, 2**31, 2**32 - 1])
def test_an_impossible_number_of_sections(drupelet_file, count):
    with pytest.raises(FormatError, match=rf"{count} sections, expected 1 to 4096 within the file"):
        read_model_file(patched(drupelet_file, 24, u32(count)))


@pytest.mark.parametrize("count", [1, 9, 11])
def test_another_number_of_sections_does_not_fit_the_checksum(drupelet_file, count):
    with pytest.raises(FormatError, match=r"section table has checksum [0-9a-f]{8}, the header says [0-9a-f]{8}; copy"):
        read_model_file(patched(drupelet_file, 24, u32(count)))


def test_another_number_of_sections_with_a_right_checksum(drupelet_file, seal):
    with pytest.raises(FormatError, match=r"here: section 'graph' covers bytes \d+ to \d+, expected an aligned"):
        read_model_file(seal(patched(drupelet_file, 24, u32(9)), payloads=False), "here")


def test_the_reserved_bytes_of_the_header_are_ignored(drupelet_file):
    assert read_model_file(patched(drupelet_file, 32, b"\1" * 32)) == read_model_file(drupelet_file)


def test_every_flipped_byte_is_seen(drupelet_file):
    for at in [*range(32), *range(HEADER.size, len(drupelet_file))]:
        damaged = patched(drupelet_file, at, bytes([drupelet_file[at] ^ 0x20]))
        with pytest.raises((FormatError, VersionError), match=r"^here: "):
            read_model_file(damaged, "here")


def test_truncation_at_every_boundary_and_beside_it(drupelet_file, seal):
    ends = [HEADER.size, HEADER.size + len(SECTIONS) * SECTION.size]
    for section in read_model_file(drupelet_file).sections:
        ends += [section.offset_bytes, section.offset_bytes + section.size_bytes]
    for end in ends:
        for size in {end - 1, end, end + 1} - {len(drupelet_file)}:
            content = drupelet_file[:size] + bytes(max(0, size - len(drupelet_file)))
            with pytest.raises(FormatError, match=r"^here: "):
                read_model_file(content, "here")
            if size > ends[1]:
                with pytest.raises(FormatError, match=r"^here: "):
                    read_model_file(seal(content), "here")


@pytest.mark.parametrize("trailing", [b"\0", bytes(64), b"PK\x05\x06"])
def test_trailing_bytes(drupelet_file, seal, trailing):
    with pytest.raises(FormatError, match=rf"{len(trailing)} bytes after the last section; copy it again"):
        read_model_file(seal(drupelet_file + trailing))


@pytest.mark.parametrize(
    ("offset", "size"),
    [
        (0, 4),
        (64, 4),
        (1023, 4),
        (1088, 4),
        (2**63, 4),
        (2**64 - 64, 64),
        (2**64 - 64, 2**64 - 1),
        (1024, 2**64 - 1),
        (1024, 2**40),
    ],
)
def test_a_section_at_an_impossible_place(drupelet_file, seal, offset, size):
    content = patched(drupelet_file, entry_of("graph") + OFFSET, u64(offset, size))
    with pytest.raises(FormatError, match=rf"section 'graph' covers bytes {offset} to {offset + size}, expected "):
        read_model_file(seal(content, payloads=False))


def test_sections_that_overlap(drupelet_file, seal):
    first = read_model_file(drupelet_file).sections[1]
    content = patched(drupelet_file, entry_of("labels") + OFFSET, u64(first.offset_bytes))
    with pytest.raises(FormatError, match=r"section 'labels' covers bytes .* expected an aligned place from \d+ on"):
        read_model_file(seal(content))


def test_sections_in_another_order_than_the_table(drupelet_file, seal):
    one, two = entry_of("text_rules"), entry_of("labels")
    content = patched(drupelet_file, one, drupelet_file[two : two + SECTION.size])
    content = patched(content, two, drupelet_file[one : one + SECTION.size])
    with pytest.raises(FormatError, match=r"section 'labels' covers bytes"):
        read_model_file(seal(content))


def test_bytes_hidden_between_sections(drupelet_file, seal):
    end = (section := read_model_file(drupelet_file).sections[0]).offset_bytes + section.size_bytes
    with pytest.raises(FormatError, match=r"bytes before section 'text_rules' are not zero; copy it again"):
        read_model_file(seal(patched(drupelet_file, end, b"x")))


@pytest.mark.parametrize("name", SECTIONS)
def test_a_damaged_payload_names_its_section(drupelet_file, name):
    section = read_model_file(drupelet_file).sections[SECTIONS.index(name)]
    at = section.offset_bytes + section.size_bytes - 1
    with pytest.raises(
        FormatError, match=rf"here: section '{name}' has checksum [0-9a-f]{{8}}, expected [0-9a-f]{{8}}"
    ):
        read_model_file(patched(drupelet_file, at, bytes([drupelet_file[at] ^ 1])), "here")


@pytest.mark.parametrize(
    "name", [b"", b"\xe9mbedding", b"embed\0ding", b"\0embedding", b"\xff" * 48], ids=["empty", "latin", "a", "b", "ff"]
)
def test_a_name_that_is_not_padded_ascii(drupelet_file, seal, name):
    content = patched(drupelet_file, entry_of("embedding.0.table"), name.ljust(48, b"\0"))
    with pytest.raises(FormatError, match=r"here: section 4: name b'.*', expected ASCII, padded with zeros"):
        read_model_file(seal(content), "here")


def test_two_sections_of_one_name(drupelet_file, seal):
    content = patched(drupelet_file, entry_of("dense.2.bias"), b"dense.2.kernel".ljust(48, b"\0"))
    with pytest.raises(FormatError, match=r"two sections are called 'dense\.2\.kernel'; export it again"):
        read_model_file(seal(content))


@pytest.mark.parametrize(
    ("at", "new", "message"),
    [
        (DTYPE, u32(0), r"tensor 'embedding.0.table' has dtype code 0 and rank 2; upgrade drupelet"),
        (DTYPE, u32(6), r"tensor 'embedding.0.table' has dtype code 6 and rank 2; upgrade drupelet"),
        (DTYPE, u32(2), r"tensor 'embedding.0.table' of shape \(14, 4\) in 224 bytes"),
        (
            DTYPE,
            u32(2, 2) + bytes(4) + u32(14, 8),
            r"tensor 'embedding.0.table' has dtype code 2, expected 1; export it again",
        ),
        (
            DTYPE,
            u32(3, 2) + bytes(4) + u32(14, 16),
            r"tensor 'embedding.0.table' has dtype code 3, expected 1; export it again",
        ),
        (
            DTYPE,
            u32(4, 2) + bytes(4) + u32(14, 31),
            r"tensor 'embedding.0.table' has dtype code 4, expected 1; export it again",
        ),
        (
            DTYPE,
            u32(5, 1) + bytes(4) + u32(224, 0),
            r"tensor 'embedding.0.table' has dtype code 5, expected 1; export it again",
        ),
        (
            DTYPE,
            u32(4, 0) + bytes(4) + u32(0, 0),
            r"tensor 'embedding.0.table' has dtype code 4 and rank 0; upgrade drupelet",
        ),
        (DTYPE, u32(0xFFFFFFFF), r"tensor 'embedding.0.table' has dtype code 4294967295"),
        (RANK, u32(5), r"tensor 'embedding.0.table' has dtype code 1 and rank 5"),
        (RANK, u32(0xFFFFFFFF), r"rank 4294967295"),
        (RANK, u32(1), r"tensor 'embedding.0.table' has dtype code 1 and rank 1"),  # a shape beyond the rank
        (RANK, u32(0), r"tensor 'embedding.0.table' has dtype code 1 and rank 0"),
        (SHAPE, u32(15), r"tensor 'embedding.0.table' of shape \(15, 4\) in 224 bytes"),
        (SHAPE, u32(0), r"tensor 'embedding.0.table' of shape \(0, 4\) in 224 bytes"),
        (SHAPE, u32(2**31, 2**31), r"of shape \(2147483648, 2147483648\) in 224 bytes"),
        (SHAPE, u32(2**32 - 1, 2**32 - 1), r"in 224 bytes"),
        (SHAPE, u32(4, 14), r"tensor 'embedding.0.table' is \(4, 14\), expected \(14, 4\); export it again"),
        (RANK, u32(3), r"tensor 'embedding.0.table' of shape \(14, 4, 0\) in 224 bytes"),
        (SIZE, u64(220), r"tensor 'embedding.0.table' of shape \(14, 4\) in 220 bytes"),
    ],
)
def test_tensors_that_lie_about_themselves(drupelet_file, seal, at, new, message):
    with pytest.raises(FormatError, match=rf"^here: .*{message}"):
        read_model_file(seal(patched(drupelet_file, entry_of("embedding.0.table") + at, new)), "here")


@pytest.mark.parametrize(("at", "new"), [(DTYPE, u32(1)), (RANK, u32(1)), (RANK, u32(2**31)), (SHAPE + 12, u32(7))])
def test_a_section_that_is_no_tensor_has_no_dtype_and_no_shape(drupelet_file, seal, at, new):
    with pytest.raises(FormatError, match="labels"):
        read_model_file(seal(patched(drupelet_file, entry_of("labels") + at, new)))


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("graph", "graph"),
        ("text_rules", "text rules"),
        ("labels", "labels"),
        ("vocabulary", "vocabulary"),
    ],
)
def test_a_missing_section(drupelet_file, seal, name, kind):
    sections = read_model_file(drupelet_file).sections
    # Made a tensor: of one dimension, of as many bytes as it has.
    section = read_model_file(drupelet_file).sections[SECTIONS.index(name)]
    content = patched(drupelet_file, entry_of(name) + KIND, b"TENS" + u32(1, 1))
    content = patched(content, entry_of(name) + SHAPE, u32(-(-section.size_bytes // 4)))
    payload = drupelet_file[section.offset_bytes : section.offset_bytes + section.size_bytes]
    content = with_payload(seal(content, payloads=False), name, payload + bytes(-section.size_bytes % 4), sections)
    with pytest.raises(FormatError, match=rf"here: 0 sections of kind {kind}, expected one; export it again"):
        read_model_file(seal(content), "here")


def test_a_section_that_is_there_twice(drupelet_file, seal):
    # Kind LABL, and no dtype, rank and shape, which only tensors have.
    content = patched(drupelet_file, entry_of("dense.2.bias") + KIND, b"LABL" + bytes(8))
    content = patched(content, entry_of("dense.2.bias") + KIND + 16, bytes(16))
    with pytest.raises(FormatError, match=r"here: 2 sections of kind labels, expected one"):
        read_model_file(seal(content), "here")


@pytest.mark.parametrize(
    ("name", "new_name", "odd"),
    [
        ("dense.2.bias", "dense.1.bias", "'dense.1.bias', 'dense.2.bias'"),
        ("embedding.0.table", "embeddinG", "'embeddinG.0.table'"),
    ],
)
def test_tensors_that_the_network_does_not_have(drupelet_file, seal, name, new_name, odd):
    content = patched(drupelet_file, entry_of(name), new_name.encode())
    with pytest.raises(FormatError, match=rf"tensors do not match the network \(missing or extra: \[.*{odd}"):
        read_model_file(seal(content))


def test_a_section_of_an_unknown_kind(drupelet_file, seal):
    content = seal(patched(drupelet_file, entry_of("dense.2.bias") + KIND, b"JUNK"))
    with pytest.raises(FormatError, match=r"dense\.2\.bias"):
        read_model_file(content)


def test_one_more_section_of_an_unknown_kind(drupelet_file, seal):
    # The table grows by an entry, and with it everything behind it moves by 128 bytes, two places of 64.
    table_end = HEADER.size + len(SECTIONS) * SECTION.size
    table = bytearray(drupelet_file[HEADER.size : table_end])
    for at in range(0, len(table), SECTION.size):
        (offset,) = struct.unpack_from("<Q", table, at + OFFSET)
        struct.pack_into("<Q", table, at + OFFSET, offset + 128)
    end = len(drupelet_file) + 128
    start = -(-end // 64) * 64
    table += SECTION.pack(b"extra", b"JUNK", 0, 0, 0, 0, 0, 0, 0, start, 4)
    head = patched(drupelet_file[: HEADER.size], 24, u32(len(SECTIONS) + 1))
    body = drupelet_file[table_end:]
    content = head + bytes(table) + bytes(128 - SECTION.size) + body + bytes(start - end) + b"junk"
    with pytest.raises(FormatError, match=r"extra"):
        read_model_file(seal(content))


@pytest.mark.parametrize("labels", [(), ("one",), ("a", "b", "c")])
def test_another_number_of_labels_than_classes(drupelet_file, seal, labels):
    content = with_payload(drupelet_file, "labels", labels_section(labels))
    with pytest.raises(FormatError, match=rf"here: {len(labels)} labels? for 2 classes; export it again"):
        read_model_file(seal(content), "here")


def test_no_length_field_makes_the_reader_allocate(drupelet_file, seal):
    tracemalloc.start()
    try:
        for at in [16, 24, *(entry_of(name) + field for name in SECTIONS for field in (RANK, SHAPE, OFFSET, SIZE))]:
            for value in (u32(0x7FFFFFFF), u32(0xFFFFFFFF), u64(2**63)):
                with suppress(DrupeletError):
                    read_model_file(seal(patched(drupelet_file, at, value), payloads=False))
        assert tracemalloc.get_traced_memory()[1] < 1 << 20
    finally:
        tracemalloc.stop()


@settings(deadline=None, max_examples=300)
@given(
    st.lists(st.tuples(st.integers(0, 2**16), st.sampled_from([0, 1, 2, 127, 128, 255]) | st.integers(0, 255))),
    st.integers(0, 40),
    st.sampled_from(["as it is", "table", "all"]),
)
def test_mutations_read_fine_or_are_named(mutations, cut, checksums):
    content = bytearray(GOLDEN.read_bytes())
    for at, value in mutations:
        content[at % len(content)] = value
    content = bytes(content[: len(content) - cut])
    if checksums != "as it is" and struct.unpack_from("<I", content, 24)[0] == len(SECTIONS):
        table_end = HEADER.size + len(SECTIONS) * SECTION.size
        table = bytearray(content[HEADER.size : table_end])
        if checksums == "all":
            for at in range(0, len(table), SECTION.size):
                offset, size = struct.unpack_from("<QQ", table, at + OFFSET)
                struct.pack_into("<I", table, at + CRC, zlib.crc32(content[offset : offset + size]))
        head = content[:16] + u64(len(content)) + content[24:28] + u32(zlib.crc32(bytes(table))) + content[32:64]
        content = head + bytes(table) + content[table_end:]
    try:
        file = read_model_file(content, "here")
    except DrupeletError as error:
        assert str(error).startswith("here: ")  # noqa: PT017
    else:
        assert set(file.tensors) == set(stored_tensors(file.graph, file.scheme))


def test_a_network_of_more_tensors_than_a_file_has_sections():
    cell = Recurrent("lstm", "bidirectional", "concat", 2, "tanh", "sigmoid", False, "steps")
    deep = chain(Embedding(9, 4), *[cell] * 500, Reduce("max"), Dense(2))
    assert len(stored_tensors(deep, "f32")) == 3003
    with pytest.raises(FormatError, match=r"^a network with 5006 tensors in scheme wi8, expected at most 4091 in a"):
        stored_tensors(deep, "wi8")
