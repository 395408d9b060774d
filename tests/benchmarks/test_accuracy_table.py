from __future__ import annotations

from benchmarks.accuracy_reports import report_of
from benchmarks.accuracy_table import markdown_accuracies


def test_the_table_has_a_row_a_system_in_the_order_of_the_report() -> None:
    report = report_of(("small", "drupelet", 63_688, 0.86), ("large", "fastText", 1_863_250, 0.866))
    assert markdown_accuracies(report).splitlines() == [
        "| system | file | it holds | bytes | held-out reviews (95 %) | calibration error | Rotten Tomatoes (95 %) |",
        "| --- | --- | --- | --- | --- | --- | --- |",
        "| small | small.bin | all of it | 63,688 | 0.8600 (0.844 to 0.875) | 0.012 | 0.7500 (0.741 to 0.759) |",
        "| large | large.bin | all of it | 1,863,250 | 0.8660 (0.850 to 0.880) | 0.012 | 0.7500 (0.741 to 0.759) |",
    ]
