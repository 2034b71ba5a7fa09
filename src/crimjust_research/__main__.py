"""The command line, as its script and `python -m crimjust_research` begin it."""

import signal


def main() -> None:
    """Entry point: see `cli.main`."""
    # Interrupted before it has begun to work, a command ends as any program does: silently.
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    from crimjust_research.cli import main as command_line

    command_line()


if __name__ == "__main__":
    main()
