"""A manual page: texts that look like requests or escapes of roff stay texts."""

import argparse

from drupelet.cli.man_page import man_page


def test_what_roff_would_take_for_its_own_is_escaped():
    parser = argparse.ArgumentParser("tool", description="A tool.", epilog="Exit status: 0 done.")
    sub = argparse.ArgumentParser("tool run", description=".TH is no request, \\n no escape")
    sub.add_argument("--level", type=int, default=3, metavar="N", help="how much, %(default)s at first")
    sub.add_argument("--secret", help=argparse.SUPPRESS)
    page = man_page(parser, {"run": sub})
    assert page.splitlines()[2] == "tool \\- A tool"
    assert "\\&.TH is no request, \\en no escape\n" in page
    assert "\\fB\\-\\-level N\\fR\nhow much, 3 at first\n" in page
    assert page.endswith(".SH EXIT STATUS\n0 done.\n")
    assert "secret" not in page.partition(".TP")[2]
