"""`qviz report`: simulate, then write what came of it as one HTML file."""

import argparse

from qviz.commands import open_session, run_through
from qviz.formats.atomic import write_atomically
from qviz.report import report


def write_report(options: argparse.Namespace) -> int:
    """Write the file that -o names; the check set is run too where there is one."""
    with open_session(options) as session:
        run_through(session, options)
        write_atomically(options.out, report(session))
    print(f"Wrote {options.out}.")
    return 0
