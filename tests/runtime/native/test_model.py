"""Sections that contradict themselves or each other: one test for each message of the C loader."""

import random
from dataclasses import replace

import pytest

from drupelet.decision import Decision
from drupelet.errors import DrupeletError, EngineUnavailableError, FormatError, VersionError
from drupelet.model_file import read_model_file
from drupelet.text.rules import Drop, Split, TextRules
from runtime.decided_files import WRONG, decision_section, with_decision
from runtime.format_writer import labels_section, model_file, table_vocabulary_file, text_rules_section, vocabulary_file
from runtime.native.file_surgery import (
    joined,
    parts_of,
    patched,
    sealed_vocabulary,
    u32,
    with_bytes,
    with_payload,
)
from runtime.networks import SAMPLES, model_of
from runtime.text.examples import EVERY_KIND

GRU_AND_LSTM = [
    ("gru", "bidirectional", "concat", "tanh", "sigmoid", True),
    ("lstm", "forward", "none", "tanh", "sigmoid", False),
]
# Where the numbers of the graph are: five of the network, then those of each node: four, what it reads, its attributes.
SCHEME, OUTPUT, MAX_TOKENS, PADDING, COUNT = range(0, 20, 4)
EMBEDDING, GRU, LSTM, REDUCE, HIDDEN, TANH, HEAD = 20, 48, 100, 152, 180, 204, 240
CODE, SHARED, INPUTS, ATTRIBUTE_COUNT, READ, ATTRIBUTES = range(0, 24, 4)
CELL, DIRECTION, MERGE, UNITS, ACTIVATION, GATE, RESET_AFTER, RETURNS = range(ATTRIBUTES, ATTRIBUTES + 32, 4)
NO_VALUE = 0xFFFFFFFF
# And those of the text rules, whose steps follow.
UNICODE, START_ID, END_ID, UNKNOWN_ID, CUT, KEEP, STEP_COUNT, STEPS = range(32, 64, 4)


@pytest.fixture(scope="module")
def sound(drawn_model):
    described = drawn_model(GRU_AND_LSTM, dim=3, units=2, pooling="max", dense=("tanh", "linear"))
    return {scheme: model_file(described, scheme) for scheme in ("f32", "wi8")}


@pytest.fixture
def says(native):
    """A function that opens a file and checks the class and the message of the error."""

    def check(content, message, error_class=FormatError):
        with pytest.raises(DrupeletError, match=rf"^here: {message}$") as caught:
            native.Model(content, "here")
        assert type(caught.value) is error_class

    return check


@pytest.mark.parametrize(
    ("at", "value", "message"),
    [
        (OUTPUT, 4, r"output has code 4, this release knows 4; upgrade drupelet"),
        (PADDING, 3, r"padding has code 3, this release knows 3; upgrade drupelet"),
        (SCHEME, 4, r"scheme has code 4, this release knows 4; upgrade drupelet"),
        (MAX_TOKENS, 0, r"max_tokens is 0, expected 1 to 1048576 where texts are padded; export it again"),
        (PADDING, 1, r"max_tokens is 4294967295, expected 1 to 1048576 where texts are padded; export it again"),
        (MAX_TOKENS, 7, r"the text rules cut at 4294967295 tokens, the network reads 7; export it again"),
        (COUNT, 0, r"0 operations, expected 1 to 1024; export it again"),
        (COUNT, 1025, r"1025 operations, expected 1 to 1024; export it again"),
        (COUNT, 8, r"section graph ends too early; export it again"),
        (COUNT, 6, r"section graph has 24 bytes too many; export it again"),
        (EMBEDDING + CODE, 21, r"operation has code 21, this release knows 21; upgrade drupelet"),
        (HEAD + INPUTS, 0, r"operation 6 \(dense\): too few or too many inputs; export it again"),
        (HEAD + INPUTS, 65, r"operation 6 \(dense\): too few or too many inputs; export it again"),
        (HEAD + INPUTS, 64, r"section graph ends too early; export it again"),
        (
            HEAD + ATTRIBUTE_COUNT,
            2,
            r"operation 6 \(dense\): another number of attributes than this release knows; export it again",
        ),
        (HEAD + READ, 7, r"operation 6 \(dense\): reads a value that no earlier operation gives; export it again"),
        (HEAD + READ, 0, r"operation 6 \(dense\): an input of another kind; export it again"),
        (
            HEAD + SHARED,
            6,
            r"operation 6 \(dense\): uses the weights of an operation that is not an earlier one of its kind; export it again",
        ),
        (
            HEAD + SHARED,
            5,
            r"operation 6 \(dense\): uses the weights of an operation that is not an earlier one of its kind; export it again",
        ),
        (HEAD + ATTRIBUTES, 0, r"operation 6 \(dense\): units out of range; export it again"),
        (EMBEDDING + ATTRIBUTES, 0, r"operation 0 \(embedding\): rows or dim out of range; export it again"),
        (EMBEDDING + ATTRIBUTES, 2**31, r"operation 0 \(embedding\): rows or dim out of range; export it again"),
        (EMBEDDING + ATTRIBUTES + 4, 65_537, r"operation 0 \(embedding\): rows or dim out of range; export it again"),
        (
            GRU + CELL,
            3,
            r"operation 1 \(recurrent\): an unknown cell, direction, merge, activation or result; export it again",
        ),
        (GRU + UNITS, 0, r"operation 1 \(recurrent\): units out of range; export it again"),
        (LSTM + UNITS, 65_537, r"operation 2 \(recurrent\): units out of range; export it again"),
        (
            GRU + DIRECTION,
            0,
            r"operation 1 \(recurrent\): only bidirectional layers merge, and they must; export it again",
        ),
        (GRU + MERGE, 0, r"operation 1 \(recurrent\): only bidirectional layers merge, and they must; export it again"),
        (LSTM + RESET_AFTER, 1, r"operation 2 \(recurrent\): reset_after, which only a GRU has; export it again"),
        (GRU + RETURNS, 2, r"operation 1 \(recurrent\): returns a cell, which only an LSTM has; export it again"),
        (LSTM + READ, 0, r"operation 2 \(recurrent\): an input that is not steps; export it again"),
        (REDUCE + ATTRIBUTES, 6, r"operation 3 \(reduce\): an unknown function; export it again"),
        (REDUCE + ATTRIBUTES, 0, None),
        (REDUCE + ATTRIBUTES + 4, 3, None),
        (TANH + ATTRIBUTES, 29, r"operation 5 \(activation\): an unknown function; export it again"),
        (
            TANH + ATTRIBUTES + 4,
            0x3F800000,
            r"operation 5 \(activation\): a parameter that its function lacks; export it again",
        ),
        (
            HEAD + ATTRIBUTES,
            1,
            r"the last operation gives no vector, or one number where two or more are needed; export it again",
        ),
        (HEAD + ATTRIBUTES, 3, r"2 labels for 3 classes, expected one each, at most 4096; export it again"),
        (
            HIDDEN + ATTRIBUTES,
            2**16,
            r"tensor 'dense\.4\.kernel' has dtype code 1, rank 2, shape 2 x 5, expected 1, 2, 2 x 65536; export it again",
        ),
    ],
)
def test_the_graph(native, says, sound, at, value, message):
    content = with_bytes(sound["f32"], "graph", at, u32(value))
    if message is None:
        assert native.Model(content, "here").scheme == "f32"
    else:
        says(content, message)


def test_a_pooling_that_needs_another_one(says, sound):
    content = with_bytes(sound["f32"], "graph", REDUCE + ATTRIBUTES, u32(1, 3))
    says(content, r"operation 3 \(reduce\): zero_below without a maximum over tokens; export it again")


@pytest.mark.parametrize("name", ["graph", "text_rules", "labels"])
def test_a_section_that_ends_early_or_late(says, sound, name):
    kind = name.replace("_", " ")
    says(
        with_payload(sound["f32"], name, lambda payload: payload[:-1]),
        rf"section {kind} ends too early; export it again",
    )
    says(with_payload(sound["f32"], name, lambda _: b""), rf"section {kind} ends too early; export it again")
    says(
        with_payload(sound["f32"], name, lambda payload: payload + bytes(3)),
        rf"section {kind} has 3 bytes too many; export it again",
    )


def place_of(kind):
    """The place of the payload of the first step of a kind in the section of EVERY_KIND."""
    section = text_rules_section(EVERY_KIND)
    at = STEPS
    while section[at] != kind:
        at += 8 + int.from_bytes(section[at + 4 : at + 8], "little")
    return at + 8


LOWER, REPLACE, SUBSTITUTE, KEEPING, DROP, SPLIT, DROP_WORDS, NGRAMS = map(place_of, range(8))
NAME = r"section text rules: its name is not ASCII padded with zeros; export it again"
EARLY = r"section text rules ends too early; export it again"
ORDER = r"is out of order: expected steps of the text, one split, steps of words; export it again"


@pytest.mark.parametrize(
    ("at", "new", "message"),
    [
        (0, bytes(32), NAME),
        (2, b"\xe9", NAME),
        (31, b"x", NAME),
        (
            UNICODE,
            u32(0x100000),
            r"section text rules: rules of Unicode 0x100000, this release has 0x0f0100; upgrade drupelet",
        ),
        *(
            (
                at,
                u32(2),
                rf"text rules: {name} is 2, expected an id below 2, where those of words begin; export it again",
            )
            for at, name in ((START_ID, "start_id"), (END_ID, "end_id"), (UNKNOWN_ID, "unknown_id"))
        ),
        (CUT, u32(0), r"text rules: max_tokens is 0, expected 1 to 2147483647, or none at all; export it again"),
        (CUT, u32(2**31), r"text rules: max_tokens is 2147483648, expected 1 to 2147483647, or none at all; .*"),
        (CUT, u32(3), r"the text rules cut at 3 tokens, the network reads 4294967295; export it again"),
        (KEEP, u32(3), r"section text rules: keep has code 3, this release knows 3; upgrade drupelet"),
        (STEP_COUNT, u32(257), r"section text rules: 257 steps, expected at most 256; export it again"),
        (STEP_COUNT, u32(0), r"section text rules: no step splits; export it again"),
        (STEP_COUNT, u32(9), EARLY),
        (STEP_COUNT, u32(7), r"section text rules has 20 bytes too many; export it again"),
        (STEPS, u32(8), r"section text rules: kind of a step has code 8, this release knows 8; upgrade drupelet"),
        (STEPS, u32(6), rf"section text rules: step 0 {ORDER}"),
        (STEPS + 4, u32(0), EARLY),
        (STEPS + 4, u32(2**32 - 1), EARLY),
        (SPLIT - 4, u32(28), r"section text rules: step 5 has bytes too many; export it again"),
        (DROP_WORDS - 8, u32(5), rf"section text rules: step 6 {ORDER}"),
        (LOWER, u32(2), r"section text rules: lower has code 2, this release knows 2; upgrade drupelet"),
        (REPLACE, b"\0\0\7\0", r"section text rules: step 1 has an empty text; export it again"),
        (REPLACE, b"\xff\xff", EARLY),
        (REPLACE + 4, b"\xff", r"section text rules: step 1 has a text that is not UTF-8; export it again"),
        (REPLACE + 4, b"\xed\xa0\x80", r"section text rules: step 1 has a text that is not UTF-8; export it again"),
        (
            SUBSTITUTE + 4,
            b"*",
            r"a pattern is refused at character 0: a quantifier without something .*; export it again",
        ),
        (SUBSTITUTE, b"\x09\0\6\0", r"section text rules: step 2 has a backslash in its replacement; export it again"),
        (KEEPING, u32(16), r"section text rules: step 3 has classes of characters that this release does not know; .*"),
        (DROP + 4, b"\0\0\2\0", None),
        (SPLIT, u32(4), r"section text rules: split has code 4, this release knows 4; upgrade drupelet"),
        (SPLIT, u32(1), r"section text rules: step 5 has a separator that does not fit its split; export it again"),
        *(
            (SPLIT + 4, u32(code), r"section text rules: step 5 has a separator that does not fit its split; .*")
            for code in (0xD800, 0xDFFF, 0x110000, NO_VALUE)
        ),
        (DROP_WORDS, u32(0), r"section text rules: step 6 has no words, or too many; export it again"),
        (DROP_WORDS, u32(4097), r"section text rules: step 6 has no words, or too many; export it again"),
        (DROP_WORDS, u32(3), EARLY),
        (DROP_WORDS + 4, b"\0\0", r"section text rules: step 6 has an empty text; export it again"),
        (
            DROP_WORDS + 6,
            b"z",
            r"section text rules: step 6 has words that are not distinct and ascending; export it again",
        ),
        (NGRAMS, u32(0), r"section text rules: step 7 has no sizes, or too many; export it again"),
        (NGRAMS, u32(5), r"section text rules: step 7 has no sizes, or too many; export it again"),
        (NGRAMS, u32(3), EARLY),
        *(
            (NGRAMS + 4, u32(size), r"section text rules: step 7 has sizes that are not distinct, or not 1 to 8; .*")
            for size in (0, 2, 9)
        ),
    ],
)
def test_the_text_rules(native, says, sound, at, new, message):
    rules = replace(EVERY_KIND, max_tokens=None, start_id=0, end_id=1, unknown_id=1)
    content = with_payload(sound["f32"], "text_rules", lambda _: patched(text_rules_section(rules), at, new))
    if message is None:
        assert native.Model(content, "here").scheme == "f32"
    else:
        says(content, message)


def step(kind, payload):
    return u32(kind, len(payload)) + payload


@pytest.mark.parametrize(
    ("steps", "message"),
    [
        (
            [step(7, u32(1, 2))] * 2,
            r"section text rules: step 2 is a second step of n-grams: expected one; export it again",
        ),
        (
            [step(6, u32(1) + b"\1\4" + b"a" * 1025)],
            r"section text rules: step 1 has a text that is too long; export it again",
        ),
    ],
)
def test_steps_of_words(says, sound, steps, message):
    plain = text_rules_section(TextRules("plain", (Split("ascii"),)))
    payload = patched(plain, STEP_COUNT, u32(1 + len(steps))) + b"".join(steps)
    says(with_payload(sound["f32"], "text_rules", lambda _: payload), message)


def test_characters_ascend(says, sound):
    rules = TextRules("drops", (Drop("ab", (), ""), Split("ascii")))
    payload = text_rules_section(rules).replace(b"ab", b"ba")
    message = r"section text rules: step 0 has characters that are not distinct and ascending; export it again"
    says(with_payload(sound["f32"], "text_rules", lambda _: payload), message)


@pytest.mark.parametrize(
    ("payload", "message"),
    [
        (labels_section(("one",)), r"1 labels for 2 classes, expected one each, at most 4096; export it again"),
        (labels_section(("a", "b", "c")), r"3 labels for 2 classes, expected one each, at most 4096; export it again"),
        (u32(2**31), r"2147483648 labels for 2 classes, expected one each, at most 4096; export it again"),
        (labels_section(("a", "a")), r"section labels: 'a' stands twice; export it again"),
        (u32(2, 1025), r"section labels: a label of 1025 bytes, expected at most 1024"),
        (u32(2, 9) + b"short", r"section labels ends too early; export it again"),
        (u32(2, 1), r"section labels ends too early; export it again"),
        *(
            (
                u32(2, 1) + b"a" + u32(len(odd)) + odd,
                r"section labels: label 1 is empty, not UTF-8, or cannot stand in a line; .*",
            )
            for odd in (
                b"",
                b"\n",
                b"a\0",
                b"\x7f",
                b"\xff",
                b"\xc3",
                b"\xed\xa0\x80",
                b"\xc2\x85",
                b"x\xe2\x80\xa9",
                b"\xe2\x80\xaa",
            )
        ),
    ],
)
def test_the_labels(says, sound, payload, message):
    says(with_payload(sound["f32"], "labels", lambda _: payload), message)


def test_labels_that_can_stand_in_a_line(native, sound):
    labels = ("\u00a0\u00e9\u2027\u200d", "\U0001f600 ~" + "x" * 1000)
    opened = native.Model(with_payload(sound["f32"], "labels", lambda _: labels_section(labels)), "here")
    assert opened.labels == labels


def renamed(content, name, other):
    return joined([[other if part[0] == name else part[0], *part[1:]] for part in parts_of(content)])


def test_a_tensor_that_is_missing(says, sound):
    for part in parts_of(sound["wi8"]):
        if part[1] == b"TENS":
            name = part[0].decode()
            says(renamed(sound["wi8"], part[0], b"zzz"), rf"tensor '{name}' is missing; export it again")


def test_a_tensor_of_another_type_or_shape(says, sound):
    parts = parts_of(sound["wi8"])
    for place, (name, kind, dtype, shape, payload) in enumerate(parts):
        if kind != b"TENS":
            continue
        others = [(5 if dtype == 3 else 3, (len(payload),)), (dtype, (1, *shape) if len(shape) == 1 else (*shape, 1))]
        for other_dtype, other_shape in others:
            changed = [*parts[:place], [name, kind, other_dtype, other_shape, payload], *parts[place + 1 :]]
            rows, columns = (*shape, 0)[:2]
            message = (
                rf"tensor '{name.decode()}' has dtype code {other_dtype}, rank {len(other_shape)}, shape \d+ x \d+, "
                rf"expected {dtype}, {len(shape)}, {rows} x {columns}; export it again"
            )
            says(joined(changed), message)


def test_one_tensor_too_many(says, sound):
    parts = parts_of(sound["f32"])
    says(
        joined([*parts, [b"more", b"TENS", 5, (1,), b"x"]]),
        rf"{len(parts) + 1} sections, the network has {len(parts)}; export it again",
    )


@pytest.mark.parametrize(
    "name", ["recurrent.1.backward.kernel", "recurrent.2.forward.recurrent_kernel", "dense.4.kernel"]
)
def test_minus_128(says, sound, name):
    content = with_bytes(sound["wi8"], name, 3, b"\x80")
    says(content, rf"tensor '{name}' holds -128, expected -127 to 127; export it again")


@pytest.mark.parametrize("name", ["graph", "text_rules", "labels", "vocabulary"])
def test_a_section_of_which_there_is_one(says, sound, name):
    kind = name.replace("_", " ")
    parts = parts_of(sound["f32"])
    rest = [part for part in parts if part[0].decode() != name]
    (only,) = (part for part in parts if part[0].decode() == name)
    says(joined(rest), rf"0 sections of kind {kind}, expected one; export it again")
    says(joined([*parts, [b"again", *only[1:]]]), rf"2 sections of kind {kind}, expected one; export it again")


EMPTY = vocabulary_file([], 258)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda v: v[:35], r"section vocabulary is no vocabulary file; export it again"),
        (lambda v: b"PK" + v[2:], r"section vocabulary is no vocabulary file; export it again"),
        (
            lambda v: patched(v, 16, u32(0)),
            r"vocabulary: 256 words with 258 ids in blocks of 0, expected an id for each word, .*",
        ),
        (
            lambda v: patched(v, 16, u32(257)),
            r"vocabulary: 256 words with 258 ids in blocks of 257, expected .* and blocks of 1-256; .*",
        ),
        (
            lambda v: patched(v, 24, u32(2**24 + 1)),
            r"vocabulary: 256 words with 16777217 ids in blocks of 32, .* up to 16777216 ids, .*",
        ),
        (lambda v: v + b"\0", r"vocabulary: \d+ bytes, its header announces \d+; copy it again"),
        (
            lambda v: patched(v, 28, u32(2**32 - 1)),
            r"vocabulary: \d+ bytes, its header announces \d{10}; copy it again",
        ),
        (
            lambda v: patched(v, 32, u32(0)),
            r"vocabulary: checksum [0-9a-f]{8}, its header says 00000000; copy it again",
        ),
        (
            lambda v: sealed_vocabulary(patched(v, 36, u32(1))),
            r"vocabulary: block 0 covers bytes 1 to \d+ of \d+; export it again",
        ),
        (
            lambda v: sealed_vocabulary(patched(v, 40, u32(0))),
            r"vocabulary: block 0 covers bytes 0 to 0 of \d+; export it again",
        ),
        (
            lambda v: sealed_vocabulary(patched(v, 64, u32(2**31))),
            r"vocabulary: block 6 covers bytes \d+ to 2147483648 of .*",
        ),
        (
            lambda v: sealed_vocabulary(patched(v, 68, b"\x14")),
            r"vocabulary: block 0 breaks the format; copy or export it again",
        ),
        (
            lambda v: sealed_vocabulary(patched(v, 68, b"\0")),
            r"vocabulary: block 0 breaks the format; copy or export it again",
        ),
        (
            lambda v: sealed_vocabulary(patched(v, 68, b"\x0f\xff\xff\xff")),
            r"vocabulary: block 0 breaks the format; copy or .*",
        ),
        (
            lambda v: sealed_vocabulary(patched(EMPTY, 28, u32(1)) + b"\0"),
            r"vocabulary: 1 bytes of entries for no word; export it again",
        ),
        (
            lambda v: vocabulary_file(["a"], 2),
            r"the vocabulary has 3 ids, the embedding has 258 rows; export it again",
        ),
        (
            lambda v: patched(v, 24, u32(257)),
            r"the vocabulary has 257 ids, the embedding has 258 rows; export it again",
        ),
        (lambda v: patched(v, 24, u32(255)), r"vocabulary: 256 words with 255 ids in blocks of 32, expected .*"),
        (
            lambda v: table_vocabulary_file({f"w{number:03}": number for number in range(256)}, 258),
            r"vocabulary of kind table, as a bundle has it, expected kind rank in a model file; export it again",
        ),
        (lambda v: patched(v, 12, u32(2)), r"vocabulary of kind 2, expected 0 \(rank\); upgrade drupelet"),
    ],
)
def test_the_vocabulary(says, sound, change, message):
    says(with_payload(sound["f32"], "vocabulary", change), message)


def test_a_vocabulary_of_another_version(says, sound):
    content = with_bytes(sound["f32"], "vocabulary", 8, u32(1))
    message = r"vocabulary format 1, this release reads 2; upgrade drupelet or export again"
    says(content, message, VersionError)


def test_a_block_that_breaks_the_format_behind_its_first_word(native, sound):
    # The second entry shares more than the first word has; what is sought before it is still found.
    content = with_payload(sound["f32"], "vocabulary", lambda v: sealed_vocabulary(patched(v, 68 + 5, b"\xe1")))
    opened = native.Model(content, "here")
    assert opened.encode("w000 w200") == [2, 202]
    message = r"^here: vocabulary: a block breaks the format; copy or export it again$"
    for ask in (opened.encode, lambda text: opened.answer([text])):
        with pytest.raises(FormatError, match=message):
            ask("w000 w003")
    assert opened.encode("w000 w200") == [2, 202]


@pytest.mark.parametrize("name", ["", "scalar2", "SCALAR", "x" * 400])
def test_a_tier_that_this_build_lacks(native, sound, name):
    with pytest.raises(
        EngineUnavailableError, match=rf"^here: tier {name}: this build has no such tier$|^here: tier x+$"
    ):
        native.Model(sound["f32"], "here", name)


def test_sections_are_given_back_as_they_are(native, sound):
    file = read_model_file(sound["wi8"])
    opened = native.Model(sound["wi8"], "here")
    payloads = {part[1].decode(): part[4] for part in parts_of(sound["wi8"]) if part[1] != b"TENS"}
    assert {kind: opened.section(kind) for kind in payloads} == payloads
    assert (opened.scheme, opened.labels) == (file.scheme, file.labels)
    for kind in ("TENS", "arch", ""):
        with pytest.raises(ValueError, match=r"^no section of kind "):
            opened.section(kind)


@pytest.mark.parametrize(
    ("threshold", "message"),
    [
        (-0.5, "section decision: threshold -0.5 is not between 0 and 1; export it again"),
        (None, "section decision: 8 bytes, 0 thresholds, expected 3, or reject_below alone; export it again"),
    ],
)
def test_a_decision_is_checked(native, threshold, message):
    several = model_file(model_of(SAMPLES["several labels"]))
    payload = u32(0xFFFFFFFF, 0) if threshold is None else WRONG[f"threshold {threshold}"]
    with pytest.raises(FormatError, match=f"^here: {message}$"):
        native.Model(with_decision(several, payload), "here")
    assert native.Model(several, "here").section("DECI") == b""
    section = decision_section(Decision((), 0.5))
    assert native.Model(with_decision(several, section), "here").section("DECI") == section


def test_both_readers_refuse_the_same_decisions(native):
    several = model_file(model_of(SAMPLES["several labels"]))
    generator = random.Random(36)  # noqa: S311
    sound = [decision_section(Decision((0.25, 0.5, 0.75), 0.5)), decision_section(Decision((), 0.5))]
    refused = 0
    for _ in range(1500):
        payload = bytearray(generator.choice(sound))
        for _ in range(generator.randint(0, 2)):
            payload[generator.randrange(len(payload))] = generator.choice((0, 1, 0x3F, 0x7F, 0x80, 0xFF))
        content = with_decision(
            several, bytes(payload[: generator.choice((len(payload), generator.randint(0, len(payload))))])
        )
        refusals = []
        for read in (read_model_file, lambda content: native.Model(content, "here")):
            try:
                read(content)
                refusals.append(False)
            except FormatError:
                refusals.append(True)
        assert refusals in ([True, True], [False, False]), bytes(payload).hex()
        refused += refusals[0]
    assert 500 < refused < 1400
