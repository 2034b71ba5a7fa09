"""The command line: one function per verb, each handing over to the module that does the work."""

import signal
import sys

import click

# Importing a module of verbs adds them to the group, in the order a person meets them.
from crimjust_research.cli import analyses, data, notebooks  # noqa: F401
from crimjust_research.cli.group import crimjust
from crimjust_research.errors import in_a_sentence, printable


def main() -> None:
    """Entry point. Whatever goes wrong is told in a sentence; `--debug` before the command shows the whole trace.

    Exit status: 0 done; 1 refused or failed, with the reason; 2 typed wrong; 3 a fault of this project's own.
    """
    # Told to end, a command ends as if interrupted: its kernels stopped, nothing of it left in the temporary folder.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    debug = "--debug" in sys.argv[1:2]
    try:
        sys.exit(crimjust(standalone_mode=False) or 0)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except click.Abort:
        click.echo("Error: stopped; what had ended before is kept, and nothing is left half-written", err=True)
        sys.exit(1)
    except BrokenPipeError:  # whoever read the output has gone; there is nobody to tell
        sys.stdout = None
        sys.exit(1)
    except Exception as error:
        if debug:
            raise
        told, status = in_a_sentence(error)
        click.echo(f"Error: {printable(told)}", err=True)
        sys.exit(status)
