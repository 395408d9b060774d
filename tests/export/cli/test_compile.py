"""``drupelet compile`` as users type it: exit status, stdout and stderr."""

import json
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from drupelet_export.executable import build
from drupelet_export.executable.self_check import SelfCheck
from export.executable.programs import BUNDLE, LIBRARIES, ROOT


@pytest.fixture
def stand_in(monkeypatch):
    """A function that replaces the self-check by this outcome, and the compiler by one that writes a small program."""

    def set_up(self_check):
        monkeypatch.setattr(build, "find_compiler", lambda: ("zig",))
        monkeypatch.setattr(build, "linked_libraries", lambda compiler: LIBRARIES)
        monkeypatch.setattr(
            build, "build_folder",
            lambda compiler, folder, target, name: (folder / name).write_bytes(bytes(size_of_model() + 1000)),
        )  # fmt: skip
        monkeypatch.setattr(build, "run_self_check", lambda program, target: self_check)

    return set_up


def size_of_model():
    return (BUNDLE / "model.f32.drupelet").stat().st_size


def test_it_is_a_command_of_drupelet():
    project = tomllib.loads((ROOT / "export" / "pyproject.toml").read_text())["project"]
    assert project["entry-points"]["drupelet.commands"]["compile"] == "drupelet_export.cli.compile:COMPILE"
    assert project["optional-dependencies"]["compile"][0].startswith("ziglang")


def test_it_imports_neither_keras_nor_tensorflow():
    program = (
        "import sys; from drupelet_export.cli.compile import COMPILE\n"
        "from drupelet_export.executable import build\n"
        "print(*({'keras', 'tensorflow', 'numpy', 'onnx', 'rich'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout == "\n"


def test_it_prints_the_outcome_of_the_self_check(run, stand_in, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    stand_in(SelfCheck("under qemu-arm -cpu arm1176", {"tier": "scalar", "failures": []}))
    status, out, err = run("compile", BUNDLE, "--target", "rpi-zero")
    assert (status, err) == (0, "")
    assert out.splitlines() == [
        "tiny-rpi-zero: model.f32.drupelet for Pi 1, Zero, Zero W (32-bit ARMv6)",
        f"{size_of_model() + 1000} bytes, 1000 besides the model",
        "beside it: tiny-rpi-zero.cdx.json and tiny-rpi-zero.licenses.txt",
        "texts inside: 4 of 4 held_out, 5 of 5 edge",
        "verified under qemu-arm -cpu arm1176, tier scalar: answers like Keras from the ids on; text to ids was not "
        "checked; bit for bit like the native engine",
    ]
    assert (tmp_path / "tiny-rpi-zero").stat().st_mode & 0o777 == 0o755


def test_it_says_that_the_self_check_did_not_run(run, stand_in, tmp_path):
    stand_in(SelfCheck(None, None, reason="no emulator"))
    status, out, _ = run("compile", BUNDLE, "--target", "rpi-4", "--out", tmp_path / "p")
    assert (status, out.splitlines()[-1]) == (0, "NOT verified here: no emulator. Run ./p --verify on the device")


def test_a_file_without_goldens(run, stand_in, tmp_path):
    stand_in(None)
    file = BUNDLE / "model.f32.drupelet"
    status, out, _ = run("compile", file, "--target", "rpi-4", "--out", tmp_path / "p")
    assert (status, out.splitlines()[3:]) == (
        0, ["no texts inside: the bundle has no goldens",
            f"NOT verified here: {file} has no goldens, so there is nothing to compare with"],
    )  # fmt: skip


def test_an_executable_that_fails_its_self_check_is_exit_status_1(run, stand_in, tmp_path):
    stand_in(SelfCheck("somewhere", {}, ("edge: too far",)))
    status, out, err = run("compile", BUNDLE, "--target", "rpi-4", "--out", tmp_path / "p")
    assert (status, out, list(tmp_path.iterdir())) == (1, "", [])
    assert err.endswith("fails its own --verify somewhere, so it was not written: edge: too far\n")


def test_json_is_one_document(run, stand_in, tmp_path):
    stand_in(SelfCheck("somewhere", {"tier": "neon", "failures": []}))
    status, out, err = run("compile", BUNDLE, "--target", "rpi-4", "--out", tmp_path / "p", "--json")
    document = json.loads(out)
    assert (status, err) == (0, "")
    assert (document["target"], document["scheme"], document["beside_model_bytes"]) == ("rpi-4", "f32", 1000)
    assert (document["verified"], document["out"]) == ("somewhere", str(tmp_path / "p"))
    assert document["accompanying"] == [str(tmp_path / "p.cdx.json"), str(tmp_path / "p.licenses.txt")]
    status, out, _ = run("compile", BUNDLE, "--emit", "c", "--out", tmp_path / "c", "--json")
    assert (status, json.loads(out)["goldens"]["held_out"]) == (0, {"n": 4, "n_in_bundle": 4})


def test_sources_are_written(run, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    status, out, _ = run("compile", BUNDLE, "--emit", "c")
    assert (status, out.splitlines()[0]) == (
        0, "tiny-c: C sources with model.f32.drupelet inside; build them with make -C tiny-c"
    )  # fmt: skip
    assert (Path("tiny-c") / "Makefile").exists()


NEITHER = (
    "give either --target (one of rpi-zero, rpi-2, rpi-3, rpi-4, rpi-5, linux-x86_64) or --emit c, which writes C sources for "
    "any target"
)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((), NEITHER),
        (("--target", "rpi-4", "--emit", "c"), NEITHER),
        (
            ("--target", "rpi4"),
            "target 'rpi4' is not known; did you mean 'rpi-4'? (known: rpi-zero, rpi-2, rpi-3, rpi-4, rpi-5, linux-x86_64)",
        ),
    ],
)
def test_wrong_usage(run, arguments, message):
    assert run("compile", BUNDLE, *arguments) == (2, "", f"drupelet compile: {message}\n")


def test_a_scheme_that_the_bundle_lacks(run):
    status, _, err = run("compile", BUNDLE, "--target", "rpi-4", "--scheme", "wi8")
    assert status == 2
    assert err.startswith(f"drupelet compile: {BUNDLE}: the bundle has no wi8 .drupelet file, only model.f32.")


def test_the_help_names_every_board(run):
    status, out, _ = run("compile", "--help")
    assert status == 0
    assert "rpi-zero      Pi 1, Zero, Zero W (32-bit ARMv6)" in out
    assert "linux-x86_64  any 64-bit PC" in out
