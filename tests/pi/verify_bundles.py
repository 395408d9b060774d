"""Runs on a device: ``drupelet verify`` of several bundles in one process.

    python verify_bundles.py BUNDLE... -- OPTION...

Prints the output of the command for each bundle. One process, because under emulation starting Python and importing a library
takes longer than verifying.
"""

import sys

from drupelet.cli import main

separator = sys.argv.index("--")
statuses = [main(["verify", bundle, *sys.argv[separator + 1 :]]) for bundle in sys.argv[1:separator]]
sys.exit(max(statuses))
