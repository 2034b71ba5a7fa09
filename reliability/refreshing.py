"""`crimjust data refresh` with the announcements of a server on this machine: python refreshing.py ... data refresh TABLE.

The program that would be started, and its first words, come before those of crimjust, as with any that starts another.
"""

import os
import signal
import sys
import threading
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

_NEWS = Path("SIMULATED later announcements.csv")


# What is stored names the address, so it is always the same; servers of commands that run at once share it.
_PORT = 18725


class _Server(ThreadingHTTPServer):
    allow_reuse_port = True


class _Publisher(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        content = _NEWS.read_bytes()
        self.send_response(200)
        self.send_header("Content-Type", "text/csv")
        self.send_header("Content-Length", str(len(content)))
        self.send_header("Last-Modified", "Mon, 01 Jan 2024 08:00:00 GMT")
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: object) -> None:
        del format, args


def main() -> None:
    """Serve the file, let its reader know the address, and do what was typed."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # as `crimjust` has it until it can say that it was stopped
    from crimjust_research import cli
    from crimjust_research.data import ingest

    server = _Server(("127.0.0.1", _PORT), _Publisher)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    os.environ["no_proxy"] = os.environ["NO_PROXY"] = "127.0.0.1"
    address = f"http://127.0.0.1:{_PORT}/overdose_announcements.csv"
    known = [
        replace(reader, address=address) if reader.name == "overdose_announcements" else reader
        for reader in ingest.readers()
    ]
    ingest.readers = lambda: tuple(known)
    sys.argv[1:] = sys.argv[4:]  # after the program, `-m` and the package
    cli.main()


if __name__ == "__main__":
    main()
