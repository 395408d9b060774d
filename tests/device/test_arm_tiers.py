"""The kernel gives the same bits on every processor: builds for each Raspberry Pi run under qemu.

answers.c prints logits and probabilities as bits. The reference is the scalar tier, built for this machine.
"""

from __future__ import annotations

import re
import struct
from pathlib import Path

import pytest

from device.machines import MACHINES
from device.networks import NETWORKS, texts, write_networks
from device.toolchains import CSRC, ROOT, Machine, built, compile_with, require, run
from drupelet.goldens import read_goldens
from drupelet.schemes import SCHEMES
from golden import make_native_answers
from runtime.rotation import every_nth

IMDB = ROOT / "artifacts" / "imdb"
HELD_OUT_TEXTS = 6
"""Number of reviews taken from the 256 goldens; qemu takes 20 ms for each. The edge suite is taken whole, except for texts
longer than LONGEST_TEXT."""
LONGEST_TEXT = 20_000


def machines(first: int) -> pytest.MarkDecorator:
    """One machine in three, from number ``first`` on; the others are long."""
    return pytest.mark.parametrize("machine", every_nth(3, MACHINES, first), ids=lambda machine: machine.name)


Answers = dict[str, list[str]]
"""Output lines of the program answers, by model file."""


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("device")


@pytest.fixture(scope="session")
def networks(folder: Path) -> list[Path]:
    return write_networks(folder)


@pytest.fixture(scope="session")
def reviews() -> list[str]:
    goldens = read_goldens((IMDB / "goldens.jsonl").read_bytes(), "goldens.jsonl")
    held_out = [golden.whole_text for golden in goldens if golden.suite == "held_out"][:HELD_OUT_TEXTS]
    edge = [golden.whole_text for golden in goldens if golden.suite == "edge"]
    return [text.replace("\n", " ") for text in held_out + edge if len(text) <= LONGEST_TEXT]


def answers(command: list[str], tier: str, models: list[Path], lines: list[str]) -> Answers:
    """The output of the program answers. Fails unless it ran on the requested tier."""
    printed = run(
        [*command, tier, *map(str, models)],
        "".join(line + "\n" for line in lines).encode("utf-8", "surrogatepass"),
    )
    found: Answers = {}
    for line in printed.splitlines():
        kind, *fields = line.split("\t")
        if kind == "model":
            found[fields[0]] = current = []
            assert fields[1] == tier
        else:
            current.append(line)
    assert {path: len(rows) for path, rows in found.items()} == dict.fromkeys(map(str, models), len(lines))
    return found


@pytest.fixture(scope="session")
def reference(folder: Path, networks: list[Path], reviews: list[str]) -> tuple[Answers, Answers]:
    """The answers of the scalar tier of this machine, for the random networks and the reference bundle."""
    return answers_to_all([str(built("host", folder))], "scalar", networks, reviews)


def answers_to_all(command: list[str], tier: str, networks: list[Path], reviews: list[str]) -> tuple[Answers, Answers]:
    imdb = [IMDB / "model.wi8.drupelet"]
    return answers(command, tier, networks, texts()), answers(command, tier, imdb, reviews)


def differences(got: tuple[Answers, Answers], expected: tuple[Answers, Answers]) -> list[str]:
    """A line about every answer that differs."""
    return [
        f"{Path(path).name}, text {place}: {row}, expected {expected_row}"
        for answered, reference in zip(got, expected, strict=True)
        for path, rows in reference.items()
        for place, (row, expected_row) in enumerate(zip(answered[path], rows, strict=True))
        if row != expected_row
    ]


def command_for(machine: Machine, folder: Path) -> list[str]:
    program = built(machine.toolchain, folder)
    require(machine.emulator[0], "apt install qemu-user-static")
    return [*machine.emulator, str(program)]


@machines(first=0)
def test_a_processor_runs_exactly_its_tiers(machine: Machine, folder: Path, networks: list[Path]) -> None:
    command = command_for(machine, folder)
    printed = run([*command, "--tiers"])
    assert dict(line.split("\t") for line in printed.splitlines()) == machine.lacks
    best = run([*command, "best", str(networks[0])], b"")
    assert best.split() == ["model", str(networks[0]), machine.tiers[-1]]


@machines(first=1)
def test_every_tier_gives_the_bits_of_the_reference(
    machine: Machine, folder: Path, networks: list[Path], reviews: list[str], reference: tuple[Answers, Answers]
) -> None:
    command = command_for(machine, folder)
    for tier in machine.tiers:
        got = answers_to_all(command, tier, networks, reviews)
        assert differences(got, reference) == [], tier


@machines(first=2)
def test_every_tier_follows_and_explains_with_the_bits_of_the_reference(
    machine: Machine, folder: Path, networks: list[Path]
) -> None:
    expected = answers([str(built("host", folder)), "--explained"], "scalar", networks, texts())
    rows = [row.split("\t") for of_network in expected.values() for row in of_network]
    assert {row[0] for row in rows} == {"1"}
    assert sum(row[1] != "-" for row in rows) > len(rows) // 8
    assert sum(row[2] != "-" for row in rows) > len(rows) // 8
    command = [*command_for(machine, folder), "--explained"]
    for tier in machine.tiers:
        assert answers(command, tier, networks, texts()) == expected, tier


@pytest.mark.parametrize("place", ["host", *every_nth(3, [machine.name for machine in MACHINES])])
def test_every_tier_gives_the_committed_bits(place: str, folder: Path) -> None:
    """tests/golden/native-answers.tsv has the bits for every scheme, so that they stay the same from commit to commit."""
    machine = next((machine for machine in MACHINES if machine.name == place), None)
    if machine is None:
        command, tiers = [str(built("host", folder))], host_tiers(folder)
    else:
        command, tiers = command_for(machine, folder), machine.tiers
    expected = committed_answers()
    assert len(expected) == len(SCHEMES)
    for tier in tiers:
        got = answers(command, tier, make_native_answers.models(), make_native_answers.lines())
        assert {Path(path).name: rows for path, rows in got.items()} == expected, tier


def host_tiers(folder: Path) -> list[str]:
    printed = run([str(built("host", folder)), "--tiers"])
    return [tier for tier, lacks in (line.split("\t") for line in printed.splitlines()) if not lacks]


def committed_answers() -> Answers:
    found: Answers = {}
    for line in make_native_answers.FILE.read_text().splitlines():
        kind, *fields = line.split("\t")
        if kind == "model":
            found[fields[0]] = current = []
        else:
            current.append(line)
    return found


def bits(kind: str, value: float) -> str:
    """A float as answers.c prints it: ``f`` for float32, ``d`` for float64."""
    return "nan" if value != value else struct.pack(f">{kind}", value).hex()


def test_the_python_extension_gives_the_bits_of_the_reference(
    networks: list[Path], reviews: list[str], reference: tuple[Answers, Answers]
) -> None:
    native = pytest.importorskip("drupelet._native", reason="the C kernel was not built into this Python")
    usable = [tier for tier, lacks in native.tiers().items() if lacks is None]
    assert usable[0] == "scalar"
    suites = ((networks, texts(), reference[0]), ([IMDB / "model.wi8.drupelet"], reviews, reference[1]))
    for tier in usable:
        for models, lines, expected in suites:
            for path in models:
                model = native.Model(path.read_bytes(), path.name, tier)
                logits = model.run([model.encode(line) for line in lines])
                rows = [
                    "\t".join(
                        [str(n_tokens), str(model.labels.index(label))]
                        + [bits("f", logit) for logit in row]
                        + [bits("d", probability) for probability in probabilities]
                    )
                    for (label, _, probabilities, n_tokens, *_), row in zip(model.answer(lines), logits, strict=True)
                ]
                assert rows == expected[str(path)], (path.name, tier)


def test_the_networks_reach_cases_in_which_processors_differ(reference: tuple[Answers, Answers]) -> None:
    """The tests above could otherwise pass because nothing difficult is computed."""
    first_logits = {Path(path).name: [row.split("\t")[2] for row in rows] for path, rows in reference[0].items()}
    assert len(first_logits) == 5 * len(NETWORKS)
    for scheme in ("f32", "f16", "wi8", "wi4"):
        for name in ("lstm-that-overflows", "lstm-over-nan", "gru-over-nan"):
            assert first_logits[f"{name}.{scheme}.drupelet"].count("nan") == 1
    for name, logits in first_logits.items():
        assert len(set(logits)) > 5 or "quietly" in name, f"{name} gives nearly the same answer to every text"


@pytest.mark.parametrize(
    ("toolchain", "objdump", "flags"),
    [
        ("aarch64", "aarch64-linux-gnu-objdump", ()),
        ("armv7", "arm-linux-gnueabihf-objdump", ("-mcpu=cortex-a15", "-mfpu=neon-vfpv4")),
    ],
)
def test_no_multiplication_is_fused_with_an_addition(
    toolchain: str, objdump: str, flags: tuple[str, ...], tmp_path: Path
) -> None:
    """A fused instruction rounds once where every other processor rounds twice."""
    fused = re.compile(r"\t(fml[as]|fn?m(?:add|sub)|vfn?m[as][.\w]*)\t")
    for name in ("scalar", "neon", "neondot", "network", "predict"):
        compile_with(toolchain, *flags, "-c", str(CSRC / f"{name}.c"), "-o", str(tmp_path / "object.o"))
        require(objdump, "apt install binutils for that processor")
        code = run([objdump, "-d", "--no-show-raw-insn", str(tmp_path / "object.o")])
        assert len(code) > 1000 or (toolchain, name) == ("armv7", "neondot")
        assert fused.findall(code) == [], name


@pytest.mark.long
def test_undefined_behaviour_of_c_is_not_relied_upon(
    folder: Path, networks: list[Path], reviews: list[str], reference: tuple[Answers, Answers]
) -> None:
    """Misaligned loads, overflow and shifts work on one processor and fail on another. Emulators hide such errors too."""
    program = built("host", folder, "-fsanitize=undefined,alignment", "-fno-sanitize-recover=all")
    assert differences(answers_to_all([str(program)], "scalar", networks, reviews), reference) == []
