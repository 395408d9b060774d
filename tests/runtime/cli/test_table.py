from drupelet.cli.table import render_table


def test_columns_are_padded_and_numbers_stand_to_the_right():
    assert render_table(["name", "n", "share"], [["a", "5", "12.5%"], ["longer", "1000", "-"]]) == (
        "name       n  share\n"
        "a          5  12.5%\n"
        "longer  1000      -"
    )  # fmt: skip


def test_no_rows():
    assert render_table(["name", "n"], []) == "name  n"


def test_empty_cells_and_no_trailing_space():
    assert render_table(["a", "b"], [["x", ""], ["y", "z"]]) == "a  b\nx\ny  z"
