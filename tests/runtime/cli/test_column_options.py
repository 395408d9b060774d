"""The options of labelled texts, which two commands have."""

import argparse

import pytest

from drupelet.cli.column_options import columns_of, declare_columns, delimiter
from drupelet.labelled_rows import Columns


def test_the_options_become_columns():
    parser = argparse.ArgumentParser()
    declare_columns(parser)
    assert columns_of(parser.parse_args([]), True) == Columns(several=True)
    given = parser.parse_args(["--text-column", "a", "--label-column", "b", "--delimiter", "semicolon", "--no-header"])
    assert columns_of(given, False) == Columns("a", "b", ";", header=False)


def test_a_delimiter_is_a_name_or_a_character():
    assert [delimiter(each) for each in ("comma", "tab", "\\t", "|", "~")] == [",", "\t", "\t", "|", "~"]
    for wrong in ("", "ab", '"', "\n"):
        with pytest.raises(argparse.ArgumentTypeError, match="is no delimiter"):
            delimiter(wrong)
