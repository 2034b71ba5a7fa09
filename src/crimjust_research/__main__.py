"""The command line, as its script and `python -m crimjust_research` begin and end it."""

import signal


def main() -> None:
    """Entry point: see `cli.main`."""
    # Until there is work to stop, and once there is none any more, a command ends as any program does: silently.
    _end_silently(signal.SIGINT)
    from crimjust_research.cli import main as command_line

    try:
        command_line()
    finally:
        _end_silently(signal.SIGINT, signal.SIGTERM)


def _end_silently(*orders: signal.Signals) -> None:
    """Take back that orders to stop are told of; one that is ignored stays so."""
    for order in orders:
        if signal.getsignal(order) is signal.default_int_handler:
            signal.signal(order, signal.SIG_DFL)


if __name__ == "__main__":
    main()
