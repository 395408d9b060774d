import hashlib
import json
import shutil
import stat
from pathlib import Path

import pytest

from device.toolchains import compiler_of
from drupelet.bundle import open_bundle
from drupelet.errors import FormatError, InputError, VersionError
from drupelet.goldens import read_goldens, without_users_texts, write_goldens
from drupelet_export.executable import build
from drupelet_export.executable.build import (
    ExecutableError,
    build_executable,
    emit_sources,
    plain_name,
    prepare,
)  # fmt: skip
from drupelet_export.executable.self_check import SelfCheck
from drupelet_export.executable.sources import write_sources
from drupelet_export.executable.targets import named_target
from export.executable.programs import BUNDLE, LIBRARIES, make_program, run_program

PC = named_target("linux-x86_64")


@pytest.fixture(scope="module")
def prepared():
    return prepare(open_bundle(BUNDLE))


@pytest.fixture
def stand_in(monkeypatch):
    """A function that replaces zig by one that writes this content, and the self-check by this outcome."""

    def set_up(content=b"\x7fELF program", self_check=SelfCheck("somewhere", {"tier": "scalar"})):  # noqa: B008
        monkeypatch.setattr(build, "find_compiler", lambda: ("zig",))
        monkeypatch.setattr(build, "linked_libraries", lambda compiler: LIBRARIES)
        monkeypatch.setattr(
            build, "build_folder", lambda compiler, folder, target, name: (folder / name).write_bytes(content)
        )
        monkeypatch.setattr(build, "run_self_check", lambda program, target: self_check)

    return set_up


def test_an_executable_is_written_whole_and_answers(prepared, tmp_path):
    compiler_of("aarch64-zig")  # or skips
    lines = []
    executable = build_executable(prepared, PC, tmp_path / "new" / "program", lines.append)
    content = executable.path.read_bytes()
    assert content[:4] == b"\x7fELF"
    assert stat.S_IMODE(executable.path.stat().st_mode) == 0o755
    assert (executable.size_bytes, executable.sha256) == (len(content), hashlib.sha256(content).hexdigest())
    assert executable.beside_model_bytes <= build.MAX_BYTES_BESIDE_MODEL
    assert executable.self_check.passed
    names = ["program", "program.cdx.json", "program.licenses.txt"]
    assert sorted(path.name for path in executable.path.parent.iterdir()) == names
    assert [path.name for path in executable.accompanying] == names[1:]
    bill = json.loads(executable.accompanying[0].read_text(encoding="utf-8"))
    assert bill["metadata"]["component"]["hashes"] == [{"alg": "SHA-256", "content": executable.sha256}]
    assert "musl as a whole is licensed under" in executable.accompanying[1].read_text(encoding="utf-8")
    assert lines[0].startswith("building for linux-x86_64; the first time")
    assert run_program(executable.path, "--verify")[0] == 0
    document = executable.to_json()
    assert json.loads(json.dumps(document)) == document
    assert (document["verified"], document["goldens"]["edge"]) == ("on this machine", {"n": 5, "n_in_bundle": 5})
    again = build_executable(prepared, PC, tmp_path / "elsewhere")
    assert again.sha256 == executable.sha256
    for first, second in zip(executable.accompanying, again.accompanying, strict=True):
        assert first.read_bytes() == second.read_bytes()


def test_a_single_file_builds_without_a_verdict(strange_file, tmp_path, stand_in):
    stand_in(self_check=None)
    executable = build_executable(prepare(open_bundle(strange_file)), PC, tmp_path / "program")
    assert (executable.self_check.passed, executable.self_check.failures) == (False, ())
    assert executable.self_check.reason == f"{strange_file} has no goldens, so there is nothing to compare with"
    assert executable.to_json()["goldens"] == {}


def test_an_executable_that_fails_its_self_check_is_not_written(prepared, tmp_path, stand_in):
    stand_in(self_check=SelfCheck("somewhere", {}, ("edge: a probability is off by 1, allowed 1e-05",)))
    old = tmp_path / "program"
    old.write_bytes(b"\x7fELF old")
    with pytest.raises(ExecutableError, match=r"fails its own --verify somewhere, so it was not written: edge: a prob"):
        build_executable(prepared, PC, old)
    assert old.read_bytes() == b"\x7fELF old"
    assert [path.name for path in tmp_path.iterdir()] == ["program"]


def test_an_executable_that_is_too_large_is_not_written(prepared, tmp_path, stand_in):
    stand_in(b"\x7fELF" + bytes(len(prepared.content.model) + 232_001 - 4))
    with pytest.raises(
        ExecutableError, match="232001 bytes besides the model, expected at most 232000; nothing was written"
    ):
        build_executable(prepared, PC, tmp_path / "program")
    stand_in(b"\x7fELF" + bytes(len(prepared.content.model) + 232_000 - 4))
    assert build_executable(prepared, PC, tmp_path / "program").beside_model_bytes == 232_000


def test_an_executable_that_cannot_run_here_is_written(prepared, tmp_path, stand_in):
    stand_in(self_check=SelfCheck(None, None, reason="no emulator"))
    executable = build_executable(prepared, named_target("rpi-4"), tmp_path / "program")
    assert executable.path.exists()
    assert (executable.to_json()["verified"], executable.to_json()["not_verified_because"]) == (None, "no emulator")


def test_an_older_executable_is_replaced_and_nothing_else(prepared, tmp_path, stand_in):
    stand_in()
    out = tmp_path / "program"
    out.write_bytes(b"\x7fELF old")
    build_executable(prepared, PC, out)
    assert out.read_bytes() == b"\x7fELF program"
    out.write_text("somebody's work")
    with pytest.raises(
        InputError, match="exists and is not an executable, so it is not replaced; choose another --out"
    ):
        build_executable(prepared, PC, out)
    with pytest.raises(InputError, match="is a folder; give --out the name of a file"):
        build_executable(prepared, PC, tmp_path)
    (tmp_path / "link").symlink_to(tmp_path / "elsewhere")
    build_executable(prepared, PC, tmp_path / "link")
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "elsewhere").read_bytes() == b"\x7fELF program"


def test_what_comes_while_an_executable_is_built_stays(prepared, tmp_path, stand_in, monkeypatch):
    stand_in()
    out = tmp_path / "program"
    monkeypatch.setattr(build, "_self_checked", lambda *_: out.write_text("somebody's work"))
    with pytest.raises(
        InputError, match="exists and is not an executable, so it is not replaced; choose another --out"
    ):
        build_executable(prepared, PC, out)
    assert out.read_text() == "somebody's work"
    assert [path.name for path in tmp_path.iterdir()] == ["program"]


def test_what_comes_while_sources_are_written_stays(prepared, tmp_path, monkeypatch):
    out = tmp_path / "c"

    def late(folder, content):
        write_sources(folder, content)
        (out / "kernel").mkdir(parents=True, exist_ok=True)
        (out / "kernel" / "notes.txt").write_text("somebody's work")

    for _ in range(2):  # a free place, then older sources
        monkeypatch.setattr(build, "write_sources", late)
        with pytest.raises(InputError, match="holds files that drupelet compile did not write, so it is not replaced"):
            emit_sources(prepared, out)
        assert (out / "kernel" / "notes.txt").read_text() == "somebody's work"
        shutil.rmtree(out)
        monkeypatch.undo()
        emit_sources(prepared, out)
        assert [path.name for path in tmp_path.iterdir()] == ["c"]


@pytest.mark.parametrize("suffix", [".cdx.json", ".licenses.txt"])
def test_an_older_accompanying_file_is_replaced_and_nobodys_work(prepared, tmp_path, stand_in, suffix):
    stand_in()
    build_executable(prepared, PC, tmp_path / "program")
    file = tmp_path / f"program{suffix}"
    first = file.read_text(encoding="utf-8")
    file.write_text(f"{first[:200]} of an earlier release", encoding="utf-8")
    build_executable(prepared, PC, tmp_path / "program")
    assert file.read_text(encoding="utf-8") == first
    (tmp_path / "program").write_bytes(b"\x7fELF old")
    for put in (lambda: file.write_text("somebody's work"), file.mkdir, lambda: file.symlink_to(tmp_path / "away")):
        file.unlink()
        put()
        with pytest.raises(
            InputError,
            match=r"program\.\w+\.\w+: exists and (was not written by drupelet compile|is no file), so it is not",
        ):
            build_executable(prepared, PC, tmp_path / "program")
        if file.is_dir():
            file.rmdir()
            file.touch()
    assert (tmp_path / "program").read_bytes() == b"\x7fELF old"
    assert not (tmp_path / "away").exists()


def test_a_place_that_cannot_be_written(prepared, tmp_path, stand_in):
    stand_in()
    (tmp_path / "file").write_bytes(b"")
    for write in (lambda out: build_executable(prepared, PC, out), lambda out: emit_sources(prepared, out)):
        with pytest.raises(
            InputError, match=r"file/out: cannot be written \((File exists|Not a directory)\); free some space"
        ):
            write(tmp_path / "file" / "out")


def test_sources_replace_sources_and_nothing_else(prepared, tmp_path):
    out = tmp_path / "c"
    out.mkdir()
    emit_sources(prepared, out)
    (out / "classify").write_bytes(b"built")
    emit_sources(prepared, out)
    assert not (out / "classify").exists()
    (out / "notes").write_text("somebody's work")
    with pytest.raises(InputError, match="holds files that drupelet compile did not write, so it is not replaced"):
        emit_sources(prepared, out)
    assert (out / "notes").exists()
    with pytest.raises(InputError, match="exists and is not a folder; choose another --out"):
        emit_sources(prepared, out / "notes")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["c"]


def test_a_scheme_that_is_not_there(prepared):
    with pytest.raises(
        InputError,
        match=r"the bundle has no wi8 .drupelet file, only .*; export it with --formats drupelet --schemes wi8",
    ):
        prepare(open_bundle(BUNDLE), "wi8")
    with pytest.raises(InputError, match=r"scheme 'wi9' is not known; did you mean 'wi\d'"):
        prepare(open_bundle(BUNDLE), "wi9")
    assert prepare(open_bundle(BUNDLE), "f32") == prepared


@pytest.fixture
def changed_bundle(tmp_path):
    """A function that returns a copy of the bundle with another manifest."""

    def make(change):
        folder = tmp_path / "bundle"
        shutil.copytree(BUNDLE, folder)
        manifest = json.loads((folder / "manifest.json").read_text())
        change(manifest)
        (folder / "manifest.json").write_text(json.dumps(manifest))
        return folder

    return make


def test_a_bundle_without_a_drupelet_file(changed_bundle):
    def drop(manifest):
        manifest["models"] = [model for model in manifest["models"] if model["format"] != "drupelet"]

    folder = changed_bundle(drop)
    with pytest.raises(
        InputError, match=r"the bundle has no .drupelet file, only model.f32.onnx, model.f32.tflite; export it with"
    ):
        prepare(open_bundle(folder))


def test_a_bundle_of_another_version(changed_bundle):
    folder = changed_bundle(lambda manifest: manifest.update(format_version=9))
    with pytest.raises(VersionError, match="bundle format 9, this release reads 3"):
        prepare(open_bundle(folder))


def test_a_label_with_a_tab_is_refused(changed_bundle):
    folder = changed_bundle(lambda manifest: manifest.update(labels=["a\tb", "c"]))
    with pytest.raises(FormatError, match=r"label 'a\\tb' is empty or has a character that cannot stand in a line"):
        prepare(open_bundle(folder))


def test_goldens_of_another_export(changed_bundle):
    folder = changed_bundle(lambda manifest: None)
    lines = (folder / "goldens.jsonl").read_text().splitlines()
    first = json.loads(lines[0])
    first["probabilities"] = [0.1, 0.2, 0.7]
    content = "\n".join([json.dumps(first), *lines[1:]]).encode()
    (folder / "goldens.jsonl").write_bytes(content)
    manifest = json.loads((folder / "manifest.json").read_text())
    manifest["goldens"] |= {"size_bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}
    (folder / "manifest.json").write_text(json.dumps(manifest))
    with pytest.raises(
        InputError, match="has 3 probabilities for 2 labels; goldens and manifest come from different exports"
    ):
        prepare(open_bundle(folder))


@pytest.mark.parametrize(
    ("name", "plain"),
    [
        ("imdb", "imdb"),
        ("../../etc/passwd", "etc-passwd"),
        ('a"; rm -rf $(HOME) #\n\\', "a-rm--rf-HOME"),
        ("--out", "out"),
        ("\u6620\u753b", "classifier"),
        ("", "classifier"),
        ("x" * 300, "x" * 100),
    ],
)
def test_a_name_keeps_only_plain_characters(name, plain):
    assert plain_name(name) == plain


def test_the_name_of_a_bundle_needs_no_quoting(changed_bundle):
    folder = changed_bundle(lambda manifest: manifest.update(name='"; system("x") %s $$ \\'))
    assert prepare(open_bundle(folder)).content.name == "system-x-s"


@pytest.fixture
def private_bundle(tmp_path):
    """The committed bundle without the texts of its held-out goldens."""
    folder = Path(shutil.copytree(BUNDLE, tmp_path / "private"))
    goldens = without_users_texts(read_goldens((folder / "goldens.jsonl").read_bytes(), "goldens.jsonl"))
    content = write_goldens(goldens)
    (folder / "goldens.jsonl").write_bytes(content)
    manifest = json.loads((folder / "manifest.json").read_text())
    manifest["goldens"].update(size_bytes=len(content), sha256=hashlib.sha256(content).hexdigest())
    manifest.update(proof="text", reference="its training run")
    (folder / "manifest.json").write_text(json.dumps(manifest))
    return folder


def test_goldens_without_texts_are_not_inside_and_not_claimed(private_bundle):
    prepared = prepare(open_bundle(private_bundle))
    assert [(suite.name, len(suite.goldens)) for suite in prepared.suites] == [("edge", 5)]
    assert prepared.without_text == prepared.to_json()["goldens_without_text"] == 4
    assert prepared.content.claim == (
        "answers like Keras from the ids on; text to ids was not checked here: 4 texts are not in the bundle"
    )
    assert b"A wonderful film!" in prepare(open_bundle(BUNDLE)).content.goldens
    assert b"wonderful film!" not in prepared.content.goldens


def test_a_program_of_a_private_bundle_verifies_the_rest(private_bundle, tmp_path):
    emit_sources(prepare(open_bundle(private_bundle)), tmp_path / "c")
    program = make_program(tmp_path / "c")
    status, out, _ = run_program(program, "--verify")
    assert status == 0, out
    assert [line.split()[:3] for line in out.splitlines()[1:-1]] == [["edge", "5", "5"]]
    assert "text to ids was not checked here: 4 texts are not in the bundle" in out
    assert b"wonderful film!" not in program.read_bytes()
    status, _, err = run_program(program, "--bench")
    assert (status, "no texts to measure with, apart from the edge suite" in err) == (2, True)


def test_a_bundle_without_any_text_is_told_from_one_without_goldens(private_bundle, tmp_path, stand_in):
    lines = (private_bundle / "goldens.jsonl").read_bytes().splitlines(keepends=True)[:4]
    content = b"".join(lines)
    (private_bundle / "goldens.jsonl").write_bytes(content)
    manifest = json.loads((private_bundle / "manifest.json").read_text())
    manifest["goldens"].update(size_bytes=len(content), sha256=hashlib.sha256(content).hexdigest())
    (private_bundle / "manifest.json").write_text(json.dumps(manifest))
    stand_in()
    executable = build_executable(prepare(open_bundle(private_bundle)), PC, tmp_path / "program")
    assert executable.self_check.reason == (
        f"{private_bundle} leaves the texts of all its goldens out, so there is nothing to compare with"
    )
