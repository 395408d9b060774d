"""Counts are judged against the baseline with sentences that say what to do, and the page shows the committed counts."""

from __future__ import annotations

import pytest

from benchmarks.instruction_baseline import (
    BASELINE,
    PAGE,
    SECTION,
    WORKLOADS,
    Baseline,
    compare,
    markdown,
    other_compiler,
    with_table,
)

COMMITTED = Baseline("0.17.1", {"valgrind": "3.19.0"}, {"x86-64": {"avx2": {"open": 10_000, "text": 5_000}}})


@pytest.mark.parametrize("instructions", [9_800, 10_000, 10_200])
def test_two_percent_are_nothing(instructions: int) -> None:
    found = compare("x86-64", "avx2", {"open": instructions, "text": 5_000}, COMMITTED)
    assert (found.failures, found.warnings) == ([], [])


def test_more_is_a_failure_that_says_how_to_accept() -> None:
    found = compare("x86-64", "avx2", {"open": 10_201, "text": 5_500}, COMMITTED)
    assert found.failures == [
        "x86-64 avx2, open: 10,201 instructions, 2.0% above the 10,000 of instructions.json; "
        "where the change is worth them, make instructions-accept makes them the baseline",
        "x86-64 avx2, text: 5,500 instructions, 10.0% above the 5,000 of instructions.json; "
        "where the change is worth them, make instructions-accept makes them the baseline",
    ]
    assert found.warnings == []


def test_less_is_a_warning() -> None:
    found = compare("x86-64", "avx2", {"open": 9_700, "text": 5_000}, COMMITTED)
    assert found.failures == []
    assert found.warnings == [
        "x86-64 avx2, open: 9,700 instructions, 3.0% below the 10,000 of instructions.json; "
        "make instructions-accept lowers the baseline, which then guards the gain"
    ]


def test_workloads_that_only_one_side_has() -> None:
    found = compare("x86-64", "avx2", {"open": 10_000, "predict": 7}, COMMITTED)
    assert found.failures == [
        "x86-64 avx2, predict: instructions.json has no count of it; make instructions-accept adds it",
        "x86-64 avx2, text: is in instructions.json and is not counted any more; make instructions-accept takes it out",
    ]


@pytest.mark.parametrize(("machine", "tier"), [("x86-64", "avx10"), ("riscv64", "avx2")])
def test_a_tier_without_a_baseline(machine: str, tier: str) -> None:
    found = compare(machine, tier, {"open": 1}, COMMITTED)
    assert found.failures == [
        f"{machine} {tier}, open: instructions.json has no count of it; make instructions-accept adds it"
    ]


def test_counts_of_another_compiler() -> None:
    assert other_compiler("0.17.1", COMMITTED) is None
    assert other_compiler("0.18.0", COMMITTED) == (
        "zig 0.18.0 is installed, and the counts of instructions.json are of what zig 0.17.1 compiled; "
        "make install brings the version of constraints.txt, and where that has changed, make instructions-accept counts again"
    )


def test_a_baseline_is_read_as_it_was_written() -> None:
    assert Baseline.from_json(COMMITTED.to_json()) == COMMITTED


def test_a_document_of_another_schema() -> None:
    document = COMMITTED.to_json().replace('"schema_version": 1', '"schema_version": 2')
    with pytest.raises(
        ValueError, match=r"instructions\.json: schema 2, expected 1; make instructions-accept writes it again"
    ):
        Baseline.from_json(document)


def test_the_table_has_a_row_for_each_workload_and_a_column_for_each_tier() -> None:
    counts = {workload: 1_000 * (place + 1) for place, workload in enumerate(WORKLOADS)}
    table = markdown(Baseline("0.17.1", {}, {"x86-64": {"avx2": counts}, "armv6": {"scalar": counts}})).splitlines()
    assert table[:2] == ["| instructions | x86-64 avx2 | armv6 scalar |", "| --- | ---: | ---: |"]
    assert table[-1] == "| a step of an LSTM of 64 units, f32 | 6,000 | 6,000 |"
    assert len(table) == 2 + len(WORKLOADS)


def test_the_table_of_the_section_is_replaced() -> None:
    page = f"# P\n\n| a |\n\n{SECTION}\n\nWords.\n\n| old |\n|---|\n\nMore.\n\n## Next\n\n| b |\n"
    assert (
        with_table(page, "| new |\n")
        == f"# P\n\n| a |\n\n{SECTION}\n\nWords.\n\n| new |\n\nMore.\n\n## Next\n\n| b |\n"
    )
    assert with_table(f"{SECTION}\n| old |", "| new |\n") == f"{SECTION}\n| new |\n"


@pytest.mark.parametrize("page", ["", "| a |\n", f"{SECTION}\n", f"{SECTION}\nWords.\n## Next\n| b |\n"])
def test_a_page_without_the_table(page: str) -> None:
    with pytest.raises(ValueError, match=r"there is no section '## Instructions, counted' with a table"):
        with_table(page, "| new |\n")


def test_the_page_shows_the_committed_counts() -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert with_table(page, markdown(Baseline.from_json(BASELINE.read_text(encoding="utf-8")))) == page
