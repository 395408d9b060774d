"""The layers of the C kernel, and where its sources break them.

A unit is X.c with X.h, or a header alone. A unit may use units of lower layers only: none above it, and none beside it.
It uses another one by including its header or by calling a function that its .c file defines. Calls are read from
object files: the compiler sees through macros, and through declarations that stand in the wrong place. It sees the code
of this processor only, which matters little: the files of other tiers call nothing.

``python tests/runtime/native/layers.py [FOLDER]`` prints the counts for a folder of sources, ``runtime/csrc`` unless
another one is named. It exits with 1 where a layer or a declaration is out of place.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from drupelet.operations import table

CSRC = Path(__file__).parents[3] / "runtime" / "csrc"

OPERATIONS = tuple(f"op_{name}" for name in table.OPERATIONS)
"""The operations of a graph, one file each. What it says of itself, ``drp_op_<name>``, is declared in operation.h."""

LAYERS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("binding to Python", ("python_module",)),
    ("sharing", ("predict_shared",)),
    ("entry points", ("predict", "model_open", "follow", "leave_out", "shares")),
    ("pieces of a text", ("pieces",)),
    ("answers", ("answer",)),
    ("steps", ("encode", "network")),
    ("layers that a session remembers for", ("run_recurrent",)),
    ("rows of embeddings", ("embedding_rows",)),
    ("sections of a file", ("graph_section", "label_section", "decision_section", "model_tensors")),
    ("session", ("session",)),
    ("model", ("model", "dispatch", "text_steps")),
    ("words of a text", ("quick_words", "word_index")),
    ("operations", OPERATIONS),
    ("forms of a convolution", ("convolve",)),
    ("what operations share", ("cell_units", "op_support", "fast_filter", "softmax_row")),
    ("tensors", ("op_tensors",)),
    ("parts of a model", ("packing", "operation", "layer", "text_rules", "vocabulary")),
    ("parts of parts", ("activations", "cutter_choice", "model_file", "text_pattern")),
    ("tiers", ("scalar", "avxvnni", "avx512vnni", "neondot", "cut_scalar", "cut_avx2", "cut_avx512", "cut_neon")),
    ("tiers whose floats others share", ("avx2", "neon")),
    ("arithmetic of a tier", ("vector_math", "cut_blocks")),
    (
        "shared pieces",
        (
            "byte_search",
            "elementary",
            "int16_cell",
            "lower_case",
            "row_math",
            "section_reader",
            "word_cutter",
        ),
    ),
    ("checksums", ("crc32", "sha256")),
    ("what checksums share", ("checksum", "processor")),
    ("vectors of several tiers", ("avx2_vector", "neon_vector")),
    ("int16 vectors of several tiers", ("int16_ymm",)),
    ("support", ("support", "unicode")),
    ("ground", ("drupelet", "kernel", "operation_table", "target", "unicode_tables")),
)
"""From the top down. Units of one layer do not use each other."""

PUBLIC = "drupelet.h"
"""Declares every function whose name starts with ``drupelet_``, whichever file defines it."""

TIERS = ("scalar", "avx2", "avxvnni", "avx512vnni", "neon", "neondot")
"""The table of each, ``drp_<tier>`` in ``<tier>.c``, is declared in kernel.h; other processors' files are empty."""

CUTTERS = ("cut_scalar", "cut_avx2", "cut_avx512", "cut_neon")
"""The function of each, ``drp_<cutter>`` in ``<cutter>.c``, is declared in word_cutter.h; other processors' files are empty."""

FRAGMENTS = (
    "vector_math.h",
    "cut_blocks.h",
    "int16_cell.h",
    "int16_ymm.h",
    "avx2_vector.h",
    "neon_vector.h",
    "operation_table.h",
)
"""Included in the middle of a file, whose types and macros they use; every other header compiles alone."""

NOT_COMPILED = "python_module.c"
"""Needs Python's headers. It is the top of the list and defines nothing that other files could call."""


@dataclass(frozen=True)
class Symbols:
    """The external names of an object file: those that it defines, and those that it wants from others."""

    defined: frozenset[str]
    wanted: frozenset[str]


@dataclass(frozen=True, order=True)
class Use:
    """One file uses another: ``file`` is X.c or X.h, ``target`` a header, or the .c file that defines ``symbol``."""

    file: str
    target: str
    symbol: str = ""

    @property
    def arrow(self) -> tuple[str, str]:
        """The two units."""
        return Path(self.file).stem, Path(self.target).stem


def find_compiler() -> str | None:
    """A C compiler; None where there is none, or no nm to read its object files."""
    found = next((name for name in ("cc", "gcc", "clang") if shutil.which(name)), None)
    return found if shutil.which("nm") else None


def symbols_of(source: Path, compiler: str) -> Symbols:
    """The external names of a .c file, compiled without optimization. Raises CalledProcessError, having printed why."""
    with tempfile.TemporaryDirectory() as folder:
        built = str(Path(folder) / "object.o")
        subprocess.run([compiler, "-std=c11", "-O0", "-c", str(source), "-o", built], check=True)
        listed = subprocess.run(["nm", "-P", "-g", built], check=True, capture_output=True, text=True).stdout
    names: dict[bool, set[str]] = {True: set(), False: set()}
    for line in listed.splitlines():
        name, kind = line.split()[:2]
        if sys.platform == "darwin":
            name = name.removeprefix("_")
        names[kind != "U"].add(name)
    return Symbols(frozenset(names[True]), frozenset(names[False]))


def read_symbols(folder: Path, compiler: str) -> dict[str, Symbols]:
    """The external names of every .c file but the binding, by its name."""
    sources = sorted(path for path in folder.glob("*.c") if path.name != NOT_COMPILED)
    return {path.name: symbols_of(path, compiler) for path in sources}


def files_of(folder: Path) -> list[Path]:
    """The sources and headers of a folder."""
    return sorted(path for path in folder.iterdir() if path.suffix in (".c", ".h"))


def find_uses(folder: Path, symbols: Mapping[str, Symbols]) -> list[Use]:
    """Every use of one unit by another: includes from the text, calls from the external names."""
    uses = set()
    for path in files_of(folder):
        for name in re.findall(r'^\s*#\s*include\s+"(.+)"', path.read_text(encoding="utf-8"), re.MULTILINE):
            uses.add(Use(path.name, name))
    definer = {symbol: file for file, of in symbols.items() for symbol in of.defined}
    for file, of in symbols.items():
        uses.update(Use(file, definer[symbol], symbol) for symbol in of.wanted & definer.keys())
    return sorted(use for use in uses if use.arrow[0] != use.arrow[1])


def _place(file: str) -> tuple[int, str]:
    """The number of a file's layer from the bottom, and its name. Raises LookupError for a file of no layer."""
    for height, (name, units) in enumerate(reversed(LAYERS)):
        if Path(file).stem in units:
            return height, name
    raise LookupError(
        f"{file} is in no layer: add it to LAYERS in tests/runtime/native/layers.py, above all that it uses"
    )


def find_unplaced(folder: Path, uses: Iterable[Use]) -> list[str]:
    """A sentence for each file that no layer names, in the folder or included from it."""
    sentences = set()
    for file in {path.name for path in files_of(folder)} | {use.target for use in uses}:
        try:
            _place(file)
        except LookupError as error:
            sentences.add(str(error))
    return sorted(sentences)


def find_upward(uses: Iterable[Use]) -> list[str]:
    """A sentence for each use that does not point to a lower layer. Raises LookupError for a file of no layer."""
    sentences = []
    for use in uses:
        (height, layer), (target_height, target_layer) = _place(use.file), _place(use.target)
        if target_height >= height:
            does = f"calls {use.symbol} of" if use.symbol else "includes"
            sentences.append(
                f"{use.file} (layer '{layer}') {does} {use.target} (layer '{target_layer}'), expected a file of a lower "
                f"layer; move what it needs down to one, or hand it in as an argument"
            )
    return sentences


def find_circles(arrows: Iterable[tuple[str, str]]) -> list[list[str]]:
    """The groups of units of which each reaches every other one."""
    reached: dict[str, set[str]] = {}
    for unit, target in arrows:
        reached.setdefault(unit, set()).add(target)
        reached.setdefault(target, set())
    for through in reached:  # Warshall's transitive closure
        for targets in reached.values():
            if through in targets:
                targets |= reached[through]
    groups = {frozenset(b for b in targets if a in reached[b]) for a, targets in reached.items() if a in targets}
    return sorted(sorted(group) for group in groups)


def declared_in(header: Path) -> set[str]:
    """The functions and variables that a header declares for other files; inline functions are none of them."""
    text = header.read_text(encoding="utf-8")
    text = re.sub(r"/\*.*?\*/", " ", text, flags=re.DOTALL)
    text = re.sub(r"#ifdef __cplusplus.*?#endif", " ", text, flags=re.DOTALL)
    text = re.sub(r"^\s*#(?:.*\\\n)*.*$", " ", text, flags=re.MULTILINE)
    inner = re.compile(r"\{[^{}]*\}")
    while inner.search(text):
        text = inner.sub(";", text)
    names: set[str] = set()
    for statement in map(str.strip, text.split(";")):
        if re.match(r"static\b|typedef\b", statement):
            continue
        if function := re.search(r"\b(\w+)\s*\(", statement):
            names.add(function[1])
        elif statement.startswith("extern"):
            names.update(re.findall(r"(\w+)\s*(?:,|$)", statement))
    return names


def header_of(symbol: str, file: str) -> str:
    """The header in which a symbol that ``file`` defines is to be declared."""
    if symbol.startswith("drupelet_"):
        return PUBLIC
    unit = Path(file).stem
    if symbol == f"drp_{unit}" and unit in TIERS + OPERATIONS:
        return "kernel.h" if unit in TIERS else "operation.h"
    return "word_cutter.h" if unit in CUTTERS else f"{unit}.h"


def find_misplaced(folder: Path, symbols: Mapping[str, Symbols]) -> list[str]:
    """A sentence for each external name that is not declared in the header of its file and only there."""
    homes: dict[str, list[str]] = {}
    for header in files_of(folder):
        for symbol in declared_in(header) if header.suffix == ".h" and header.name not in FRAGMENTS else ():
            homes.setdefault(symbol, []).append(header.name)
    defined = {symbol: file for file, of in symbols.items() for symbol in of.defined}
    sentences = []
    for symbol, file in sorted(defined.items()):
        expected, found = header_of(symbol, file), homes.get(symbol, [])
        if not found:
            sentences.append(
                f"{symbol} of {file} is declared in no header: declare it in {expected}, or make it static"
            )
        elif found != [expected]:
            sentences.append(f"{symbol} of {file} is declared in {' and '.join(found)}, expected {expected} alone")
    elsewhere = {f"drp_{name}" for name in TIERS + CUTTERS}  # a processor's build has those of its own
    for symbol in sorted(homes.keys() - defined.keys() - elsewhere):
        sentences.append(f"{symbol} is declared in {' and '.join(homes[symbol])} and defined in no file")
    return sentences


def main(arguments: list[str]) -> int:
    """Prints the counts and what is out of place. Returns 0, 1 where something is, or 2 without a compiler."""
    folder = Path(arguments[0]) if arguments else CSRC
    compiler = find_compiler()
    if compiler is None:
        print("neither cc, gcc nor clang with nm is installed: apt install gcc binutils", file=sys.stderr)
        return 2
    symbols = read_symbols(folder, compiler)
    uses = find_uses(folder, symbols)
    unplaced = find_unplaced(folder, uses)
    if unplaced:
        print("\n".join(unplaced))
        return 1
    arrows = {use.arrow for use in uses}
    upward = [use for use in uses if find_upward([use])]
    circles, misplaced = find_circles(arrows), find_misplaced(folder, symbols)
    units = {path.stem for path in files_of(folder)}
    print(f"units {len(units)}, arrows {len(arrows)}, circles {len(circles)}, units in circles {sum(map(len, circles))}, "
          f"upward arrows {len({use.arrow for use in upward})}, misplaced declarations {len(misplaced)}")  # fmt: skip
    for circle in circles:
        print(f"circle: {', '.join(circle)}")
    for sentence in [*find_upward(upward), *misplaced]:
        print(sentence)
    return 1 if upward or circles or misplaced else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
