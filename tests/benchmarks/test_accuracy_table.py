from __future__ import annotations

from benchmarks.accuracy_reports import report_of, scores_of
from benchmarks.accuracy_table import markdown_accuracies, markdown_short


def test_the_table_has_a_row_a_system_in_the_order_of_the_report() -> None:
    report = report_of(("small", "drupelet", 63_688, 0.86), ("large", "fastText", 1_863_250, 0.866))
    assert markdown_accuracies(report).splitlines() == [
        "| system | file | it holds | bytes | held-out reviews (95 %) | calibration error | Rotten Tomatoes (95 %) |",
        "| --- | --- | --- | --- | --- | --- | --- |",
        "| small | small.bin | all of it | 63,688 | 0.8600 (0.844 to 0.875) | 0.012 | 0.7500 (0.741 to 0.759) |",
        "| large | large.bin | all of it | 1,863,250 | 0.8660 (0.850 to 0.880) | 0.012 | 0.7500 (0.741 to 0.759) |",
    ]


def test_the_standard_test_comes_first() -> None:
    report = report_of(
        ("imdb-tiny wi4", "drupelet", 63_688, 0.86),
        ("imdb wi8", "drupelet", 1_063_688, 0.87),
        ("imdb-nano wi4", "drupelet", 43_688, 0.85),
        ("fastText, quantized", "fastText", 1_863_250, 0.866),
        ("TF-IDF regression", "regression", 1_863_250, 0.866),
    )
    for row in report["rows"]:
        row["scores"] = {**row["scores"], "standard_test": scores_of(0.9, 24_877)}
    header = markdown_accuracies(report).splitlines()[0]
    assert header == (
        "| system | file | it holds | bytes | standard test (95 %) | calibration error | held-out reviews (95 %) "
        "| Rotten Tomatoes (95 %) |"
    )
    short = markdown_short(report).splitlines()
    assert short[0] == "| system | bytes of the model | accuracy on 24,877 reviews of the standard test (95 %) |"
    assert short[2] == "| Drupelet, `imdb` | 1,063,688 | 0.9000 (0.896 to 0.904) |"
