import math
import random
import shutil
import struct
from dataclasses import replace

import pytest

from drupelet.bundle import open_bundle
from drupelet.comparison import GATES
from drupelet.goldens import Golden
from drupelet.prediction import Prediction
from drupelet_export.executable.build import prepare
from drupelet_export.executable.embedded_goldens import (
    MAGIC,
    EmbeddedGolden,
    EmbeddedSuite,
    encode,
    fnv1a,
    select,
    text_runs,
)  # fmt: skip
from export.executable.programs import BUNDLE, SANITIZERS, make_program, run_program


def golden(text="good", suite="held_out", times=1, name="a name", label=1, probabilities=(0.25, 0.75)):
    return Golden(suite, name, text, times, (3, 4), probabilities, label)


def embedded(**more):
    return EmbeddedGolden(golden(**more), Prediction(("b", 0.5, (0.5, 0.5), 2)))


def test_the_hash_gives_published_values():
    assert (fnv1a(b""), fnv1a(b"a"), fnv1a(b"foobar")) == (0xCBF29CE484222325, 0xAF63DC4C8601EC8C, 0x85944171F73967E8)


def test_the_layout():
    suites = [
        EmbeddedSuite("edge", (EmbeddedGolden(golden("ab", label=None), Prediction(("b", 0.5, (0.5, 0.5), 2))),), 7)
    ]
    content = encode(suites, b"model", GATES["wi8"], 2)
    assert content[:8] == MAGIC == b"DRPGOLD1"
    assert content[8:] == b"".join([
        struct.pack("<Qddd", fnv1a(b"model"), 0.003, 0.05, 0.002), struct.pack("<II", 2, 1),
        b"edge" + bytes(12), struct.pack("<II", 1, 7),
        struct.pack("<IIiIQ", 6, 1, -1, 2, fnv1a(struct.pack("<ii", 3, 4))), struct.pack("<4d", 0.25, 0.75, 0.5, 0.5),
        b"a name", struct.pack("<II", 2, 1), b"ab", struct.pack("<Q", fnv1a(content[:-8])),
    ])  # fmt: skip


@pytest.mark.parametrize(
    ("text", "times", "runs"),
    [
        ("", 1, []),
        ("good film", 1, [(b"good film", 1)]),
        ("the ", 400, [(b"the ", 400)]),
        ("a" + "x" * 31 + "b", 1, [(b"a" + b"x" * 31 + b"b", 1)]),
        ("a " + "x" * 70_000 + " b", 1, [(b"a ", 1), (b"x", 70_000), (b" b", 1)]),
        ("x" * 32, 1, [(b"x", 32)]),
        ("\n" * 40 + "y" * 40, 1, [(b"\n", 40), (b"y", 40)]),
        ("a \ud800", 1, [(b"a \xed\xa0\x80", 1)]),
    ],
)
def test_runs_give_the_text_back(text, times, runs):
    found = text_runs(golden(text, times=times))
    assert found == runs
    assert b"".join(piece * count for piece, count in found) == (text * times).encode("utf-8", "surrogatepass")


def test_names_are_ascii_and_short():
    record = embedded(name="\u00e9" * 100).to_bytes()
    assert struct.unpack_from("<I", record)[0] == 63
    assert b"\\xe9\\xe9" in record
    assert b"a\\x1b[2Jb\\n" in embedded(name="a\x1b[2Jb\n").to_bytes()


def test_all_goldens_are_taken_when_they_fit():
    goldens = [embedded(text=str(n)) for n in range(9)] + [embedded(text=str(n), suite="edge") for n in range(3)]
    assert [(s.name, len(s.goldens), s.in_bundle) for s in select(goldens)] == [("held_out", 9, 9), ("edge", 3, 3)]


def test_a_small_budget_takes_edge_texts_first_and_spreads_the_others():
    held_out = [embedded(text=f"{n:03}", name="n") for n in range(100)]
    edge = [embedded(text=f"{n:03}", suite="edge", name="n") for n in range(5)]
    each = len(held_out[0].to_bytes())
    chosen = {suite.name: suite for suite in select([*held_out, *edge], 15 * each)}
    assert (len(chosen["edge"].goldens), len(chosen["held_out"].goldens)) == (5, 10)
    assert [int(one.golden.text) for one in chosen["held_out"].goldens] == [5, 15, 25, 35, 45, 55, 65, 75, 85, 95]
    chosen = {suite.name: suite for suite in select([*held_out, *edge], 6 * each)}  # odd ones: at most half
    assert (len(chosen["edge"].goldens), len(chosen["held_out"].goldens)) == (3, 3)
    assert [len(suite.goldens) for suite in select(held_out, each - 1)] == [0]


@pytest.fixture(scope="module")
def rebuilt(golden_program, tmp_path_factory):
    """A function that builds the golden bundle's program with these goldens and runs its --verify."""

    def make(goldens, model=None):
        folder = tmp_path_factory.mktemp("rebuilt") / "c"
        shutil.copytree(golden_program.parent, folder)  # with its objects: only embedded.S is built again
        assert len(goldens) == (folder / "goldens.bin").stat().st_size
        (folder / "goldens.bin").write_bytes(goldens)
        if model is not None:
            (folder / "model.drupelet").write_bytes(model)
        return run_program(make_program(folder, flags=SANITIZERS), "--verify")

    return make


@pytest.fixture(scope="module")
def prepared():
    return prepare(open_bundle(BUNDLE))


def changed(prepared, change):
    """The goldens with one of them changed, and a correct hash."""
    suites = list(prepared.suites)
    first, *others = suites[0].goldens
    suites[0] = replace(suites[0], goldens=(change(first), *others))
    return encode(suites, prepared.content.model, GATES["f32"], 2)


def with_keras(one, probabilities):
    return replace(one, golden=replace(one.golden, probabilities=probabilities))


def with_native(one, probabilities, n_tokens=None):
    label, probability, _, tokens = one.native
    return replace(
        one, native=Prediction((label, probability, probabilities, tokens if n_tokens is None else n_tokens))
    )


@pytest.mark.parametrize(
    ("change", "failure"),
    [
        (
            lambda one: with_keras(one, tuple(p + d for p, d in zip(one.golden.probabilities, (2e-5, -2e-5), strict=True))),
            "held_out: a probability is off by 2e-05, allowed 1e-05",
        ),
        (
            lambda one: with_keras(one, tuple(reversed(one.golden.probabilities))),
            "held_out: 1 of 4 labels flipped, allowed 0.0%",
        ),
        (
            lambda one: with_keras(one, (math.nan, one.golden.probabilities[1])),
            "held_out: a probability is off by inf, allowed 1e-05",
        ),
        (
            lambda one: with_native(one, (math.nextafter(one.native.probabilities[0], 1), one.native.probabilities[1])),
            "held_out: 1 of 4 answers are not bit for bit those of the native engine, the first to ''A wonderful film!''",
        ),
        (
            lambda one: with_native(one, one.native.probabilities, 99),
            "held_out: 1 of 4 answers are not bit for bit those of the native engine, the first to ''A wonderful film!''",
        ),
        (
            lambda one: replace(one, golden=replace(one.golden, ids=(*one.golden.ids[:-1], 1))),
            "held_out: 1 texts got other ids than Keras's: text rules or vocabulary differ",
        ),
    ],
)  # fmt: skip
def test_a_different_answer_is_reported(rebuilt, prepared, change, failure):
    status, out, err = rebuilt(changed(prepared, change))
    assert (status, err) == (1, "")
    assert f"failed: {failure}" in out.splitlines()
    assert out.splitlines()[-1].endswith("NOT VERIFIED")


def test_a_flipped_label_changes_accuracy(rebuilt, prepared):
    out = rebuilt(changed(prepared, lambda one: with_keras(one, tuple(reversed(one.golden.probabilities)))))[1]
    assert "failed: held_out: accuracy changed by 25.00%, allowed 0.0%" in out.splitlines()


@pytest.mark.parametrize("place", [0, 8, 47, 60, 200, -9, -1])
def test_a_changed_byte_is_reported(rebuilt, prepared, place):
    damaged = bytearray(prepared.content.goldens)
    damaged[place] ^= 1
    status, out, _ = rebuilt(bytes(damaged))
    assert status == 1
    assert out.splitlines()[0] == "failed: the goldens inside are damaged; copy or build the program again"


def test_another_model_is_reported(rebuilt, prepared):
    status, out, _ = rebuilt(encode(prepared.suites, b"another model", GATES["f32"], 2))
    assert status == 1
    assert (
        "failed: the model inside is not the one that the goldens belong to; copy or build the program again"
        in out.splitlines()
    )


def test_goldens_with_another_number_of_classes_are_reported(rebuilt, prepared):
    content = bytearray(prepared.content.goldens)
    struct.pack_into("<I", content, 40, 3)
    struct.pack_into("<Q", content, len(content) - 8, fnv1a(content[:-8]))
    status, out, _ = rebuilt(bytes(content))
    assert (status, out.splitlines()[0]) == (
        1,
        "failed: the goldens have 3 classes, the model has 2; build the program again",
    )


def test_an_empty_suite_fails(rebuilt, prepared):
    content = bytearray(prepared.content.goldens)
    struct.pack_into("<I", content, 48 + 16, 0)  # held_out: none here; its goldens are then read as edge's
    struct.pack_into("<II", content, 48 + 24 + 16, 9, 9)
    struct.pack_into("<Q", content, len(content) - 8, fnv1a(content[:-8]))
    status, out, _ = rebuilt(bytes(content))
    assert (status, out.splitlines()[-2]) == (1, "failed: held_out: nothing was compared")


def with_numbers(content, *numbers):
    """The goldens with other numbers (format, place) in them, and a correct hash."""
    content = bytearray(content)
    for number_format, place, number in numbers:
        struct.pack_into(number_format, content, place, number)
    struct.pack_into("<Q", content, len(content) - 8, fnv1a(content[:-8]))
    return bytes(content)


LARGEST = (1 << 32) - 1
FIRST_SUITE = 48
FIRST_GOLDEN = FIRST_SUITE + 2 * 24
FIRST_NAME = FIRST_GOLDEN + 24 + 2 * 2 * 8


@pytest.mark.parametrize(
    "numbers",
    [
        [("<d", 16, math.nan)],
        [("<d", 24, -1.0)],
        [("<d", 32, math.inf)],
        [("<B", FIRST_SUITE, 0x1B)],
        [("<B", FIRST_SUITE, 0)],
        [("<B", FIRST_SUITE + 15, 1)],
        [("<16s", FIRST_SUITE, b"edge")],
        [("<I", FIRST_SUITE + 20, 3)],
        [("<i", FIRST_GOLDEN + 8, 2)],
        [("<i", FIRST_GOLDEN + 8, -2)],
        [("<B", FIRST_NAME, 0x1B)],
        [("<B", FIRST_NAME, 0x80)],
    ],
    ids=["no gate", "a gate below 0", "a gate without end", "an escape in a suite", "no suite", "a suite that goes on",
         "a suite twice", "fewer in the bundle", "no such class", "no class", "an escape in a name", "not ASCII"],
)  # fmt: skip
def test_what_a_writer_never_writes_is_damage(rebuilt, prepared, numbers):
    status, out, _ = rebuilt(with_numbers(prepared.content.goldens, *numbers))
    assert status == 1
    assert "failed: the goldens inside are damaged; copy or build the program again" in out.splitlines()
    assert out.isascii()
    assert "\x1b" not in out


def test_a_gate_that_is_no_number_lets_nothing_through(rebuilt, prepared):
    flipped = changed(prepared, lambda one: with_keras(one, tuple(reversed(one.golden.probabilities))))
    assert rebuilt(with_numbers(flipped, ("<d", 16, math.nan), ("<d", 24, 1.0), ("<d", 32, math.nan)))[0] == 1


def test_runs_that_take_time_and_add_nothing_are_damage(rebuilt, prepared):
    """Each repeated nothing 4,294,967,295 times: a program of 40 KB of them answered after hours."""
    runs = (len(prepared.content.goldens) - FIRST_NAME - 8) // 8
    content = bytearray(prepared.content.goldens)
    for run in range(runs):
        struct.pack_into("<II", content, FIRST_NAME + 8 * run, 0, LARGEST)
    status, out, _ = rebuilt(with_numbers(content, ("<I", FIRST_GOLDEN, 0), ("<I", FIRST_GOLDEN + 4, runs)))
    assert status == 1
    assert "failed: the goldens inside are damaged; copy or build the program again" in out.splitlines()


def test_hostile_goldens_harm_nothing(rebuilt, prepared):
    """Random changes with a correct hash give a verdict each time, and no report of a sanitizer."""
    generator = random.Random(11)  # noqa: S311 (a fixed seed, no secret)
    for _ in range(12):
        content = bytearray(prepared.content.goldens)
        for _ in range(generator.randrange(1, 4)):
            content[generator.randrange(8, len(content) - 8)] = generator.choice((0, 1, 0x7F, 0x80, 0xFF))
        struct.pack_into("<Q", content, len(content) - 8, fnv1a(content[:-8]))
        status, _, err = rebuilt(bytes(content))
        assert status in (0, 1), err
        assert "runtime error" not in err
