"""C files use files of lower layers only, and every function is declared in the header of the file that defines it."""

import os
import re
import shutil
import subprocess

import pytest

from runtime.native import layers
from runtime.native.layers import CSRC, FRAGMENTS, LAYERS, TIERS


@pytest.fixture(scope="module")
def compiler():
    """A C compiler. Where CI is set there must be one; elsewhere its absence skips, with the reason."""
    found = layers.find_compiler()
    if found is None:
        reason = "neither cc, gcc nor clang with nm is installed: apt install gcc binutils"
        if "CI" in os.environ:
            pytest.fail(f"{reason}; CI is set, so this must not be skipped")
        pytest.skip(reason)
    return found


@pytest.fixture(scope="module")
def symbols(compiler):
    return layers.read_symbols(CSRC, compiler)


def test_every_file_has_a_layer_and_every_layer_has_its_files():
    assert layers.find_unplaced(CSRC, layers.find_uses(CSRC, {})) == []
    listed = [unit for _, units in LAYERS for unit in units]
    assert sorted(listed) == sorted({path.stem for path in layers.files_of(CSRC)})


def test_sources_lie_flat_in_one_folder():
    """So that ``cc *.c`` builds the kernel."""
    assert sorted(CSRC.iterdir()) == layers.files_of(CSRC)


def test_includes_point_to_lower_layers():
    """From the text alone: holds without a compiler, and for the files of every processor."""
    uses = layers.find_uses(CSRC, {})
    assert layers.find_upward(uses) == []
    assert layers.find_circles(use.arrow for use in uses) == []
    assert len(uses) > 50


def test_calls_point_to_lower_layers(symbols):
    uses = layers.find_uses(CSRC, symbols)
    assert layers.find_upward(uses) == []
    assert layers.find_circles(use.arrow for use in uses) == []
    assert layers.Use("predict.c", "network.c", "drp_run_network") in uses
    assert len([use for use in uses if use.symbol]) > 50


def test_every_function_is_declared_in_the_header_of_its_file(symbols):
    assert layers.find_misplaced(CSRC, symbols) == []
    assert layers.declared_in(CSRC / "session.h") == {"drp_reserve_ids", "drp_session_trim"}
    assert layers.declared_in(CSRC / "kernel.h") == {f"drp_{tier}" for tier in TIERS}
    assert layers.declared_in(CSRC / "drupelet.h") >= {"drupelet_predict", "drupelet_tier_lacks"}
    assert all(name.startswith("drupelet_") for name in layers.declared_in(CSRC / "drupelet.h"))


def test_every_tier_defines_its_table():
    """This processor's compiler sees only some of them."""
    for tier in TIERS:
        assert f"const drp_tier drp_{tier} = V_TABLE(" in (CSRC / f"{tier}.c").read_text()


def test_the_binding_stands_on_the_public_header_and_the_checksums_alone():
    uses = layers.find_uses(CSRC, {})
    assert {use.target for use in uses if use.file == "python_module.c"} == {"drupelet.h", "crc32.h", "sha256.h"}


@pytest.mark.parametrize("header", sorted(path.name for path in CSRC.glob("*.h") if path.name not in FRAGMENTS))
def test_a_header_compiles_alone(header, compiler, tmp_path):
    (tmp_path / "alone.c").write_text(f'#include "{header}"\nint something;\n')
    options = ["-std=c11", "-Wall", "-Wextra", "-Werror", "-fsyntax-only", f"-I{CSRC}"]
    subprocess.run([compiler, *options, tmp_path / "alone.c"], check=True)


@pytest.fixture
def changed(compiler, symbols, tmp_path):
    """A function that appends to a file of a copy, and gives the copy's folder and external names."""
    folder = tmp_path / "csrc"
    shutil.copytree(CSRC, folder)

    def change(name, more):
        with (folder / name).open("a") as file:
            file.write(more)
        compiled = {name: layers.symbols_of(folder / name, compiler)} if name.endswith(".c") else {}
        return folder, {**symbols, **compiled}

    return change


A_CALL = """
drupelet_status drp_again(drupelet_session *s, float *out, drupelet_error *error) {
    extern drupelet_status drp_run_network(drupelet_session *, const int32_t *, size_t, float *, drupelet_error *);
    return drp_run_network(s, 0, 0, out, error);
}
"""
"""A call of which no include tells."""

BROKEN = {
    "include": ("vocabulary.c", '#include "session.h"\n',
                "vocabulary.c (layer 'parts of a model') includes session.h (layer 'session')",
                [["model", "session", "vocabulary", "word_index"]]),
    "header": ("vocabulary.h", '#include "model.h"\n',
               "vocabulary.h (layer 'parts of a model') includes model.h (layer 'model')",
               [["model", "vocabulary"]]),
    "call": ("session.c", A_CALL,
             "session.c (layer 'session') calls drp_run_network of network.c (layer 'steps')",
             [["embedding_rows", "network", "run_recurrent", "session"]]),
    "sideways": ("encode.c", '#include "network.h"\n',
                 "encode.c (layer 'steps') includes network.h (layer 'steps')",
                 []),
}  # fmt: skip


@pytest.mark.parametrize("way", BROKEN)
def test_a_broken_layer_is_found_and_named(changed, way):
    name, more, sentence, circles = BROKEN[way]
    uses = layers.find_uses(*changed(name, more))
    advice = "expected a file of a lower layer; move what it needs down to one, or hand it in as an argument"
    assert layers.find_upward(uses) == [f"{sentence}, {advice}"]
    assert layers.find_circles(use.arrow for use in uses) == circles


@pytest.mark.parametrize(
    ("name", "more", "sentence"),
    [
        ("model.h", "void drp_free(void *memory);\n",
         "drp_free of support.c is declared in model.h and support.h, expected support.h alone"),
        ("session.c", "void drp_left_open(void) {}\n",
         "drp_left_open of session.c is declared in no header: declare it in session.h, or make it static"),
        ("session.h", "int drp_promised(const char *word);\n",
         "drp_promised is declared in session.h and defined in no file"),
        ("session.h", "extern const int drp_other, drp_first;\n",
         "drp_first is declared in session.h and defined in no file"),
    ],
)  # fmt: skip
def test_a_misplaced_declaration_is_found_and_named(changed, name, more, sentence):
    assert sentence in layers.find_misplaced(*changed(name, more))


def test_a_file_of_no_layer_is_named(changed, symbols):
    folder, _ = changed("extra.h", '#include "elsewhere.h"\n')
    assert layers.find_unplaced(folder, layers.find_uses(folder, symbols)) == [
        f"{name} is in no layer: add it to LAYERS in tests/runtime/native/layers.py, above all that it uses"
        for name in ("elsewhere.h", "extra.h")
    ]


def test_the_program_prints_the_counts(changed, symbols, monkeypatch, capsys):
    monkeypatch.setattr(layers, "read_symbols", lambda folder, compiler: symbols)
    assert layers.main([]) == 0
    counts = r"units \d+, arrows \d+, circles 0, units in circles 0, upward arrows 0, misplaced declarations 0\n"
    assert re.fullmatch(counts, capsys.readouterr().out)
    folder, broken = changed("session.c", A_CALL)
    monkeypatch.setattr(layers, "read_symbols", lambda folder, compiler: broken)
    assert layers.main([str(folder)]) == 1
    printed = capsys.readouterr().out
    assert "circles 1, units in circles 4, upward arrows 1, misplaced declarations 1\n" in printed
    assert "circle: embedding_rows, network, run_recurrent, session\n" in printed
    assert BROKEN["call"][2] in printed
    assert "drp_again of session.c is declared in no header" in printed


def test_without_a_compiler_the_program_says_what_to_install(monkeypatch, capsys):
    monkeypatch.setattr(shutil, "which", lambda name: None)
    assert layers.main([]) == 2
    assert capsys.readouterr().err == "neither cc, gcc nor clang with nm is installed: apt install gcc binutils\n"
