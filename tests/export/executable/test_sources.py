import platform
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from device.toolchains import require
from drupelet.bundle import open_bundle
from drupelet.model_file import read_model_file
from drupelet.operations.table import OPERATIONS
from drupelet.version import __version__
from drupelet_export.executable import sources
from drupelet_export.executable.build import emit_sources, prepare
from export.executable.programs import BUNDLE, ROOT, make_program, run_program


@pytest.fixture
def folder(tmp_path):
    emit_sources(prepare(open_bundle(BUNDLE)), tmp_path / "c")
    return tmp_path / "c"


def files_of(folder):
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_the_kernel_is_that_of_the_runtime():
    csrc = ROOT / "runtime" / "csrc"
    of_the_binding = {"follow.c", "leave_out.c", "pieces.c", "pieces.h", "predict_shared.c", "shares.c"}
    left_out = of_the_binding | {"python_module.c", "sha256.c", "sha256.h"}
    expected = sorted(p.name for p in csrc.iterdir() if p.suffix in (".c", ".h") and p.name not in left_out)
    assert [p.name for p in sources.kernel_files()] == expected
    assert sources.KERNEL.resolve() == csrc


def test_the_kernel_names_every_operation_in_the_order_of_their_codes():
    table = (sources.KERNEL / sources.OPERATION_TABLE).read_text()
    assert re.findall(r"^DRP_PRESENT\((\w+)\)$", table, re.MULTILINE) == list(OPERATIONS)


def test_operations_that_the_model_does_not_use_are_left_out(folder):
    used = {node.operation.name for node in read_model_file((BUNDLE / "model.f32.drupelet").read_bytes()).graph.nodes}
    table = (folder / "kernel" / sources.OPERATION_TABLE).read_text()
    assert dict(re.findall(r"^DRP_(PRESENT|ABSENT)\((\w+)\)$", table, re.MULTILINE)).keys() == {"PRESENT", "ABSENT"}
    assert set(re.findall(r"^DRP_PRESENT\((\w+)\)$", table, re.MULTILINE)) == used < set(OPERATIONS)


def test_flags_are_those_of_the_extension():
    kernel = (ROOT / "runtime" / "backend" / "drupelet_build" / "kernel.py").read_text()
    assert all(f'"{flag}"' in kernel for flag in sources.FLAGS)


def test_without_the_kernel_it_says_so(monkeypatch, tmp_path):
    monkeypatch.setattr(sources, "KERNEL", tmp_path)
    with pytest.raises(sources.InputError, match="the kernel's sources are missing; install drupelet-export again"):
        sources.kernel_files()


def test_the_same_bundle_gives_the_same_bytes(folder, tmp_path):
    emit_sources(prepare(open_bundle(BUNDLE)), tmp_path / "again")
    assert files_of(folder) == files_of(tmp_path / "again")


def test_the_folder_is_complete_and_names_its_bundle(folder):
    assert {path.name for path in folder.iterdir()} == {
        "Makefile", "README.md", "embedded.S", "embedded.h", "goldens.bin", "kernel", "model.drupelet", "program"
    }  # fmt: skip
    assert (folder / "model.drupelet").read_bytes() == (BUNDLE / "model.f32.drupelet").read_bytes()
    assert (
        f"`drupelet compile` {__version__} from the bundle tiny (model.f32.drupelet)"
        in (folder / "README.md").read_text()
    )
    assert not any(
        "${" in content.decode() for name, content in files_of(folder).items() if name.endswith((".h", ".md"))
    )


def test_every_c_file_is_compiled(folder):
    names = sorted(name for name in files_of(folder) if name.endswith(".c"))
    assert sorted(name for group in sources.source_groups().values() for name in group) == names


def test_fast_files_are_in_the_kernel(folder):
    fast = [name for names in sources.FAST.values() for name in names]
    assert all((folder / "kernel" / f"{name}.c").is_file() for name in fast)
    assert (
        "kernel/avx2.o kernel/avxvnni.o kernel/avx512vnni.o kernel/neon.o kernel/neondot.o kernel/scalar.o: SPEED = -O3\n"
        in (folder / "Makefile").read_text(encoding="utf-8")
    )


@pytest.mark.parametrize("compiler", ["gcc", "clang"])
def test_it_builds_without_a_warning_and_make_verify_passes(folder, compiler):
    require(compiler, f"apt install {compiler}", required=compiler == "gcc")
    make_program(folder, compiler, "-O0")
    done = subprocess.run(
        ["make", f"CC={compiler}", "TARGET=-O0", "verify"], cwd=folder, capture_output=True, text=True
    )
    assert (done.returncode, "verified: answers like Keras" in done.stdout) == (0, True)


@pytest.mark.parametrize(
    ("compiler", "emulator"),
    [
        ("aarch64-linux-gnu-gcc", ("qemu-aarch64-static", "-cpu", "cortex-a72")),
        ("arm-linux-gnueabihf-gcc", ("qemu-arm-static", "-cpu", "cortex-a7")),
    ],
)
def test_it_builds_with_the_toolchains_of_distributions(folder, compiler, emulator):
    require(compiler, f"apt install {compiler.removesuffix('-gcc').join(('gcc-', ''))}")
    require(emulator[0], "apt install qemu-user-static")
    make_program(folder, compiler, "-static")
    done = subprocess.run(
        ["make", f"CC={compiler}", "TARGET=-static", f"RUN={' '.join(emulator)}", "verify"],
        cwd=folder, capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.splitlines()[-1].endswith("; bit for bit like the native engine")


def test_a_build_that_fuses_multiply_and_add_does_not_verify(folder):
    """Such a build answers within the gates of Keras but not bit for bit, so --verify must fail."""
    if platform.machine() != "x86_64" or " fma " not in Path("/proc/cpuinfo").read_text():
        pytest.skip("this machine has no fused multiply-add of x86")
    fused = ["FLAGS=-std=c11 -O2 -ffp-contract=fast -mfma", "TARGET=-mavx2"]
    assert subprocess.run(["make", "-j2", *fused], cwd=folder, capture_output=True).returncode == 0
    status, out, _ = run_program(folder / "classify", "--verify")
    assert status == 1
    assert {
        line.split(" answers are not bit for bit those ")[1] for line in out.splitlines() if line.startswith("failed: ")
    }


def test_make_rebuilds_for_another_model(folder):
    make_program(folder, flags="-O0")
    other = folder / "model.drupelet"
    other.write_bytes(other.read_bytes() + b"more")
    done = subprocess.run(["make", "TARGET=-O0"], cwd=folder, capture_output=True, text=True)
    assert done.returncode != 0
    assert "model.drupelet is not the file that embedded.h describes; run drupelet compile again" in done.stderr


def test_odd_names_in_a_file_break_nothing(strange_program, strange_file):
    assert set("'$() ") < set(strange_file.name)
    text = (strange_program.parent / "embedded.h").read_text()
    assert '#define EMBEDDED_NAME "it-s-a-model"' in text
    assert run_program(strange_program, "--version")[0] == 0


def test_a_folder_with_a_space_in_its_path(folder, tmp_path):
    place = tmp_path / "a b" / "c"
    shutil.copytree(folder, place)
    assert run_program(make_program(place, flags="-O0"), "--verify")[0] == 0
