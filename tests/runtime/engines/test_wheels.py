import pytest

from drupelet.engines.wheels import LOOKED_UP, WHEELS, how_to_install


@pytest.fixture
def here(monkeypatch):
    """A function that makes this a Linux machine of that name, with that CPython."""

    def pretend(machine, minor, bits=64, system="linux", implementation="CPython"):
        monkeypatch.setattr("platform.machine", lambda: machine)
        monkeypatch.setattr("platform.python_implementation", lambda: implementation)
        monkeypatch.setattr("sys.version_info", (3, minor))
        monkeypatch.setattr("sys.maxsize", (1 << (bits - 1)) - 1)
        monkeypatch.setattr("sys.platform", system)

    return pretend


@pytest.mark.parametrize("distribution", ["ai-edge-litert", "onnxruntime"])
@pytest.mark.parametrize("machine", ["armv6l", "armv7l", "riscv64", "i686"])
def test_a_machine_without_any_wheel(here, distribution, machine):
    here(machine, 11, 32)
    assert how_to_install(distribution) == f"{distribution} has no wheel for {machine}; use the native engine"


@pytest.mark.parametrize("distribution", ["ai-edge-litert", "onnxruntime"])
@pytest.mark.parametrize("machine", ["aarch64", "x86_64"])
@pytest.mark.parametrize("minor", [9, 11, 14])
def test_a_machine_with_wheels(here, distribution, machine, minor):
    here(machine, minor)
    assert how_to_install(distribution) == f"pip install {distribution}"


def test_a_python_that_is_too_new(here):
    here("aarch64", 15)
    assert how_to_install("onnxruntime") == (
        f"onnxruntime has no wheel for Python 3.15 on aarch64 (3.9 to 3.14 in {LOOKED_UP}); use the native engine"
    )


@pytest.mark.parametrize("machine", ["armv7l", "aarch64", "x86_64"])
def test_tflite_runtime_wants_an_old_numpy_and_an_old_python(here, machine):
    here(machine, 11)
    assert how_to_install("tflite-runtime") == "pip install tflite-runtime 'numpy<2'"
    here(machine, 12)
    assert "tflite-runtime has no wheel for Python 3.12 on" in how_to_install("tflite-runtime")


def test_the_first_that_has_a_wheel_counts(here):
    pair = ("ai-edge-litert", "tflite-runtime")
    here("aarch64", 11)
    assert how_to_install(*pair) == "pip install ai-edge-litert"
    here("armv7l", 11, 32)
    assert how_to_install(*pair) == "pip install tflite-runtime 'numpy<2'"
    here("armv6l", 11, 32)
    assert how_to_install(*pair) == (
        "ai-edge-litert has no wheel for armv6l, tflite-runtime has no wheel for armv6l; use the native engine"
    )


@pytest.mark.parametrize("machine", ["aarch64", "armv8l"])
def test_a_32_bit_python_on_a_64_bit_kernel_is_32_bit_arm(here, machine):
    here(machine, 11, bits=32)
    assert how_to_install("onnxruntime") == "onnxruntime has no wheel for armv7l; use the native engine"


@pytest.mark.parametrize("machine", ["armv6l", "armv7l"])
def test_numpy_comes_from_the_system_on_32_bit_arm(here, machine):
    here(machine, 13, 32)
    assert how_to_install("numpy") == f"numpy has no wheel for {machine}: apt install python3-numpy"


@pytest.mark.parametrize("elsewhere", [{"system": "darwin"}, {"system": "win32"}, {"implementation": "PyPy"}])
def test_nothing_is_claimed_about_other_systems(here, elsewhere):
    here("arm64", 13, **elsewhere)
    assert all(how_to_install(distribution).startswith("pip install ") for distribution in WHEELS)
