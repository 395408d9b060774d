import pytest

from drupelet.engines.foreign_library import (
    MAX_DETAIL_CHARS,
    described,
    import_library,
    last_line,
    missing_library,
    remedy_for,
)
from drupelet.errors import EngineUnavailableError, OutOfMemoryError


def test_a_module_that_can_be_found_and_one_that_cannot():
    assert missing_library("json", "never said") is None
    assert missing_library("no_such_module", "say please") == (
        "the Python module no_such_module is not installed: say please"
    )


@pytest.mark.parametrize(
    ("error", "remedy"),
    [
        ("AttributeError('_ARRAY_API not found')", "it was built for numpy 1, and numpy 2 is installed: pip install 'numpy<2'"),
        ("ImportError('libx.so: wrong ELF class: ELFCLASS64')", "it was built for another processor: install it again on this"),
        ("ImportError('libopenblas.so.0: cannot open shared object file')", "a library of the system is missing (apt install"),
        ("ImportError('version `GLIBC_2.34 not found')", "it was built for a newer system: install an older version"),
        ("RuntimeError('boo')", "install it again for this machine"),
        ("SystemExit(2)", "install it again for this machine"),
    ],
)  # fmt: skip
def test_whatever_an_import_raises_is_one_error_with_a_remedy(fake_library, error, remedy):
    fake_library("broken_library", f"raise {error}")
    with pytest.raises(
        EngineUnavailableError, match=r"^the Python module broken_library is installed but broken \("
    ) as told:
        import_library("broken_library")
    assert f"); {remedy}" in str(told.value)


def test_ctrl_c_is_no_fault_of_the_library(fake_library):
    fake_library("slow_library", "raise KeyboardInterrupt")
    with pytest.raises(KeyboardInterrupt):
        import_library("slow_library")


def test_an_exception_in_a_line():
    assert described(ImportError("lib.so: no")) == "lib.so: no"
    assert described(ModuleNotFoundError("No module named 'x'")) == "ModuleNotFoundError: No module named 'x'"
    assert described(ImportError()) == "ImportError"
    assert described(RuntimeError("many\nlines\n\n")) == "RuntimeError: lines"
    caused = SystemError("outer")
    caused.__cause__ = ImportError("_ARRAY_API not found")
    assert described(caused) == "SystemError: outer (from _ARRAY_API not found)"
    assert "numpy<2" in remedy_for(caused)


def test_a_line_has_an_end():
    assert last_line("a\n b \n \n") == "b"
    assert last_line("\n") == ""
    assert len(last_line("x" * 5000)) == MAX_DETAIL_CHARS


@pytest.mark.parametrize(
    "code",
    [
        "raise MemoryError",
        "raise ImportError('libx.so: failed to map segment from shared object: Cannot allocate memory')",
        "raise ImportError('Original error was: libx.so: failed to map segment from shared object\\n')",
        "try:\n    raise MemoryError\nexcept MemoryError as error:\n    raise ImportError('x') from error",
    ],
)
def test_an_import_without_memory_is_no_broken_library(fake_library, code):
    fake_library("onnxruntime", code)
    with pytest.raises(
        OutOfMemoryError, match=r"memory does not suffice to import onnxruntime \(.*\); free some, or use "
    ):
        import_library("onnxruntime")


def test_a_library_on_a_file_system_that_allows_no_programs_is_no_lack_of_memory(fake_library):
    said = "libx.so: failed to map segment from shared object: Operation not permitted"
    fake_library("onnxruntime", f"raise ImportError({said!r})")
    with pytest.raises(EngineUnavailableError, match=f"is installed but broken .{said}"):
        import_library("onnxruntime")
