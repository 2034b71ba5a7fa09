"""The command line: one function per verb, each handing over to the module that does the work."""

import io
import os
import signal
import sys

import click

# Importing a module of verbs adds them to the group, in the order a person meets them.
from crimjust_research.cli import (  # noqa: F401
    analyses,
    annual,
    answers,
    authors,
    country,
    crate,
    data,
    design,
    lab,
    notebooks,
    plan,
    release,
    simulate,
)
from crimjust_research.cli.group import crimjust, shown_trace
from crimjust_research.errors import in_a_sentence, is_stopped, printable

_STOPPED = "Error: stopped; what had ended before is kept, and nothing is left half-written"


def main() -> None:
    """Entry point. Whatever goes wrong is told in a sentence; `--debug` before the command shows the whole trace.

    Exit status: 0 done; 1 refused or failed, with the reason; 2 typed wrong; 3 a fault of this project's own.
    """
    _speak_utf8()
    debug = "--debug" in sys.argv[1:2]
    try:
        # Told to end, a command ends as if interrupted: its kernels stopped, nothing of it left in the temporary folder.
        signal.signal(signal.SIGTERM, signal.default_int_handler)
        if signal.getsignal(signal.SIGINT) == signal.SIG_DFL:  # until here there was nothing to stop
            signal.signal(signal.SIGINT, signal.default_int_handler)
        sys.exit(crimjust(standalone_mode=False) or 0)
    except click.ClickException as error:
        told = io.StringIO()
        error.show(told)
        click.echo(printable(told.getvalue()), err=True, nl=False)
        sys.exit(error.exit_code)
    except click.Abort:
        click.echo(_STOPPED, err=True)
        sys.exit(1)
    except BrokenPipeError:  # whoever read the output has gone; there is nobody to tell
        sys.stdout = None
        sys.exit(1)
    except Exception as error:
        if is_stopped(error):
            click.echo(_STOPPED, err=True)
            sys.exit(1)
        sentence, status = in_a_sentence(error)
        click.echo(shown_trace(error) if debug else f"Error: {printable(sentence)}", err=True)
        _let_go_of_output()
        sys.exit(status)


def _let_go_of_output() -> None:
    """Keep Python from writing once more, at its end and in its own words, what the disk had no room for."""
    try:
        sys.stdout.flush()
    except OSError:
        sys.stdout = None


def _speak_utf8() -> None:
    """Start again where the locale has Python read names of files in another encoding, which libraries cannot write down.

    What the terminal's own encoding lacks is shown by its number.
    """
    if sys.getfilesystemencoding() != "utf-8" and os.environ.get("PYTHONUTF8") != "1":
        os.execve(sys.executable, [sys.executable, *sys.orig_argv[1:]], {**os.environ, "PYTHONUTF8": "1"})
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    # Unbuffered (PYTHONUNBUFFERED), Python takes no notice where a full disk took a part of what was written.
    if isinstance(sys.stdout, io.TextIOWrapper) and isinstance(sys.stdout.buffer, io.RawIOBase):
        whole = io.BufferedWriter(sys.stdout.buffer)
        sys.stdout = io.TextIOWrapper(whole, sys.stdout.encoding, sys.stdout.errors, line_buffering=True)
