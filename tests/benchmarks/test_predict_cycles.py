"""Prediction of cycles: recorded instructions are prepared for llvm-mca, and its result is right for known ones."""

from __future__ import annotations

import shutil

import pytest

from benchmarks.instruction_trace import calls, readable
from benchmarks.predict_cycles import (
    NEWEST_LLVM,
    OLDEST_LLVM,
    PROCESSORS,
    Processor,
    llvm_mca,
    markdown,
    predicted_cycles,
)


def test_a_trace_is_cut_where_the_function_is_entered() -> None:
    assert calls([7, 1, 2, 3, 1, 2, 1], entry=1) == [[1, 2, 3], [1, 2], [1]]
    assert calls([7, 8], entry=1) == []
    assert calls([1, 2, 9, 3, 1, 4], entry=1, others=[1, 9]) == [[1, 2], [1, 4]]


@pytest.mark.parametrize(
    ("disassembled", "text"),
    [
        ("fmul\tv1.4s, v2.4s, v3.4s", "fmul v1.4s, v2.4s, v3.4s"),
        ("b.ne\t4005a8 <neon_tanh+0x20>  // b.any", "b.ne ."),
        ("adrp\tx0, 4a1000 <tiers>", "adrp x0, ."),
        ("bl\t405330 <memcpy>", "b ."),
        ("blr\tx3", "br x3"),
        ("ret", "br x30"),
        ("cbz\tw1, 405330 <x>", "cbz w1, ."),
    ],
)
def test_instructions_become_readable_to_llvm_mca(disassembled: str, text: str) -> None:
    assert readable(disassembled) == text


@pytest.mark.parametrize("processor", PROCESSORS, ids=lambda processor: processor.device)
def test_a_chain_of_multiplications_takes_its_latency(processor: Processor) -> None:
    """Arm's guides give four cycles each on A53, five on A72, three on A76. LLVM's model of the A53 has six."""
    if not any(shutil.which(f"llvm-mca-{version}") for version in range(OLDEST_LLVM, NEWEST_LLVM + 1)):
        pytest.skip(f"llvm-mca {OLDEST_LLVM} or newer is not installed: apt install llvm-19")
    latency = {"Pi 3": 6, "Pi 4": 5, "Pi 5": 3}[processor.device]
    cycles = predicted_cycles(llvm_mca(), processor, ["fmul v0.4s, v0.4s, v1.4s"] * 10, times=10)
    assert cycles == pytest.approx(10 * latency, rel=0.1)


def test_without_llvm_mca_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda name: None)
    with pytest.raises(SystemExit, match=r"llvm-mca-16 or newer is not installed: apt install llvm-19"):
        llvm_mca()


def test_the_table_has_a_row_for_each_processor() -> None:
    cycles = {"step": 8000.4, "dot": 5000, "cell": 3000, "row": 7000, "text_per_token": 400, "token": 9712}
    one = {
        "device": "Pi 3",
        "core": "Cortex-A53",
        "ghz": 1.2,
        "tier": "neon",
        "weight_range": 63,
        "cycles": cycles,
        "us_per_review": 1416.3,
    }
    assert markdown({"processors": [one]}).splitlines()[2] == (
        "| Pi 3, Cortex-A53 1.2 GHz | neon | 63 | 5,000 | 3,000 | 8,000 | 7,000 | 400 | **9,712** | **1,416 us** |"
    )
