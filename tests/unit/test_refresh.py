"""Downloads from a server that misbehaves in every way servers do: a clear sentence each, nothing on disk changed."""

import contextlib
import errno
import gzip
import hashlib
import socket
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import date
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from time import sleep
from typing import Any

import pandas as pd
import pytest
from click.testing import CliRunner

from crimjust_research.cli import crimjust
from crimjust_research.data import limits
from crimjust_research.data.catalog import Catalog
from crimjust_research.data.download import USER_AGENT, Limits
from crimjust_research.data.ingest import Reader, readers
from crimjust_research.data.refresh import Refreshed, bars, chosen, refresh
from crimjust_research.data.tables import Field, Licence, Release, Source, Table
from crimjust_research.errors import DataError

TABLE = Table(
    name="counts",
    title="Counts",
    description="One row is a month.",
    fields=(
        Field("month", "yearmonth", "Month.", constraints={"required": True}),
        Field("count", "integer", "Count.", "events", {"required": True, "minimum": 0}),
    ),
    primary_key=("month",),
    licences=(Licence("made-up", "Made up for this test", "https://example.org/licence"),),
    sources=(Source("Nobody", "https://example.org/counts"),),
    time="month",
)
OLD = "Month,Count\n2025-01,3\n2025-02,5\n"
NEW = "Month,Count\n2025-01,3\n2025-02,6\n2025-03,4\n"
TODAY = date(2025, 4, 20)
LIMITS = Limits(attempts=3, silence_seconds=20, first_pause_seconds=1, longest_pause_seconds=60, most_bytes=4096)
QUICK = replace(LIMITS, attempts=2, silence_seconds=0.3)


def read_counts(paths: Sequence[Path], vintage: str | None) -> Sequence[Release]:
    frames = [
        pd.read_csv(path, dtype={"Month": "str", "Count": "str"}, keep_default_na=False).set_axis(
            ["month", "count"], axis=1
        )
        for path in paths
    ]
    frame = pd.concat(frames, ignore_index=True)
    bad = frame[~frame["count"].str.fullmatch(r"\d+")]
    if len(bad):
        raise DataError(f"{paths[0]}: row {bad.index[0] + 2}, Count = {bad['count'].iloc[0]!r}: must be a number")
    return [Release(TABLE, vintage or "none", frame.astype({"count": "int64"}))]


READER = Reader("counts", TABLE, frozenset({"Month", "Count"}), read_counts)


@dataclass
class Server:
    """A server on the loopback interface that answers every request by the function a test gives it."""

    answer: Callable[[BaseHTTPRequestHandler], None] = lambda handler: respond(handler, NEW)
    requests: list[str] = field(default_factory=list)
    agents: set[str] = field(default_factory=set)
    port: int = 0

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}/files/counts.csv"


def respond(
    handler: BaseHTTPRequestHandler,
    body: str | bytes = "",
    status: int = 200,
    kind: str = "text/csv",
    length: int | None = None,
    **headers: str,
) -> None:
    content = body.encode() if isinstance(body, str) else body
    handler.send_response(status)
    handler.send_header("Content-Type", kind)
    handler.send_header("Content-Length", str(len(content) if length is None else length))
    for name, value in headers.items():
        handler.send_header(name.replace("_", "-"), value)
    handler.end_headers()
    handler.wfile.write(content)


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.setenv(name, "127.0.0.1,localhost")
    state = Server()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            state.requests.append(self.path)
            state.agents.add(self.headers["User-Agent"])
            # The client hangs up where it has seen enough; that is its right.
            with contextlib.suppress(BrokenPipeError, ConnectionResetError):
                state.answer(self)

        def log_message(self, format: str, *args: object) -> None:
            del format, args

    http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    http.daemon_threads = True
    state.port = http.server_port
    thread = threading.Thread(target=http.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield state
    http.shutdown()
    thread.join()
    http.server_close()


@dataclass
class Bench:
    """A catalog with one vintage, a reader that downloads from the server, and the pauses that were asked for."""

    folder: Path
    reader: Reader
    pauses: list[float] = field(default_factory=list)
    seen: list[tuple[int, int | None]] = field(default_factory=list)

    @property
    def catalog(self) -> Catalog:
        return Catalog(self.folder)

    def refresh(self, limits: Limits = LIMITS, today: date = TODAY) -> Refreshed:
        (result,) = refresh(
            [self.reader],
            self.catalog,
            today,
            limits,
            lambda _, received, expected: self.seen.append((received, expected)),
            self.pauses.append,
        )
        return result

    def files(self) -> dict[str, str]:
        return {
            str(p.relative_to(self.folder)): hashlib.sha256(p.read_bytes()).hexdigest()
            for p in self.folder.rglob("*")
            if p.is_file()
        }

    def refuse(self, limits: Limits = LIMITS) -> str:
        """The sentence of a refresh that fails, after seeing to it that nothing on disk has changed."""
        before = self.files()
        result = self.refresh(limits)
        assert result.status == "failed", result
        assert self.files() == before
        assert str(self.folder.parent) not in result.sentence
        return result.sentence


@pytest.fixture
def bench(tmp_path: Path, server: Server, monkeypatch: pytest.MonkeyPatch) -> Bench:
    aside = tmp_path / "aside"
    aside.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(aside))
    catalog = Catalog(tmp_path / "raw")
    path = tmp_path / "old.csv"
    path.write_text(OLD)
    catalog.store(read_counts([path], "2025-03-10"))
    return Bench(catalog.folder, replace(READER, address=server.address))


def test_other_figures_become_a_new_vintage_beside_the_old(bench: Bench, server: Server, tmp_path: Path) -> None:
    server.answer = lambda handler: respond(handler, NEW, Last_Modified="Wed, 16 Apr 2025 08:00:00 GMT")
    result = bench.refresh()
    digest = hashlib.sha256(NEW.encode()).hexdigest()
    assert (result.table, result.status) == ("counts", "stored")
    assert result.sentence == (
        f"new vintage 2025-04-16 (3 rows) from {server.address}, {len(NEW)} bytes, sha256 {digest[:12]}…"
    )
    assert [r.vintage for r in bench.catalog.resources] == ["2025-03-10", "2025-04-16"]
    latest = bench.catalog.resource("counts")
    assert latest.vintage == "2025-04-16"
    assert latest.notes == (f"downloaded from {server.address}, {len(NEW)} bytes, sha256 {digest}",)
    assert bench.catalog.open("counts")["count"].tolist() == [3, 6, 4]
    assert bench.catalog.open("counts", "2025-03-10")["count"].tolist() == [3, 5]
    assert server.agents == {USER_AGENT}
    assert "crimjust-research" in USER_AGENT
    assert bench.seen[-1] == (len(NEW), len(NEW))
    assert list((tmp_path / "aside").iterdir()) == []


@pytest.mark.parametrize(
    "modified",
    [
        None,
        "Sat, 01 Feb 2025 00:00:00 GMT",  # before the vintage at hand
        "Sat, 15 Mar 2025 00:00:00 GMT",  # before the last month in the file is over
        "Mon, 21 Apr 2025 00:00:00 GMT",  # tomorrow
        "Fri, 31 Dec 9999 23:59:59 GMT",
        "Mon, 01 Jan 0001 00:00:00 +2359",
        "Mon, 99999999999 Jan 99999999999 00:00:00 GMT",
        "Wed, 16 Apr 2025 99:99:99 GMT",
        "\xb2",
        "soon",
        "",
    ],
)
def test_a_vintage_is_named_after_the_day_of_download_where_the_servers_day_cannot_be(
    bench: Bench, server: Server, modified: str | None
) -> None:
    server.answer = lambda handler: respond(handler, NEW, **({} if modified is None else {"Last_Modified": modified}))
    assert bench.refresh().status == "stored"
    assert bench.catalog.resource("counts").vintage == "2025-04-20"


def test_the_same_figures_are_no_new_vintage(bench: Bench, server: Server) -> None:
    server.answer = lambda handler: respond(handler, OLD)
    before = bench.files()
    result = bench.refresh()
    assert result.status == "unchanged"
    assert "vintage 2025-03-10" in result.sentence
    assert bench.files() == before


def test_withdrawn_figures_are_not_brought_back(bench: Bench, server: Server) -> None:
    bench.catalog.withdraw("counts", "2025-03-10", "the wrong file", "2025-04-01")
    server.answer = lambda handler: respond(handler, OLD)
    before = bench.files()
    result = bench.refresh()
    assert result.status == "unchanged"
    assert result.sentence.endswith("vintage 2025-03-10, which was withdrawn on 2025-04-01 (the wrong file)")
    assert bench.files() == before
    server.answer = lambda handler: respond(handler, NEW)
    assert bench.refresh().status == "stored"


def test_the_first_vintage_of_a_table_is_stored(bench: Bench, tmp_path: Path) -> None:
    bench.folder = tmp_path / "empty"
    bench.catalog.store([])
    assert bench.refresh().status == "stored"


@pytest.mark.parametrize(
    ("content", "name"),
    [(NEW.encode(), "counts.csv"), (gzip.compress(NEW.encode(), mtime=0), "counts.gz")],
    ids=["plain", "packed"],
)
@pytest.mark.parametrize(
    "place",
    ["/files/counts.csv", "/a/%2e%2e", "/a/..%2f..%2fx.csv", "/a%00b.csv", f"/{'a' * 300}.csv", "/[[9|x]].xlsx", "/"],
)
def test_a_file_is_named_by_its_table_and_content_wherever_the_server_sends(
    bench: Bench, server: Server, place: str, content: bytes, name: str
) -> None:
    def answer(handler: BaseHTTPRequestHandler) -> None:
        if len(server.requests) == 1:
            respond(handler, "x" * 100, status=302, Location=f"{place}?version=2")
        else:
            respond(handler, content, Content_Disposition="attachment; filename=../../x.xlsx")

    def read(paths: Sequence[Path], vintage: str | None) -> Sequence[Release]:
        names.extend(path.name for path in paths)
        return read_counts(paths, vintage)

    names: list[str] = []
    server.answer = answer
    bench.reader = replace(bench.reader, read=read)
    assert bench.refresh().status == "stored"
    assert server.requests[0] == "/files/counts.csv"
    assert len(server.requests) == 2
    assert names == [name]


def test_a_file_sent_compressed_is_unpacked_once(bench: Bench, server: Server) -> None:
    server.answer = lambda handler: respond(handler, gzip.compress(NEW.encode()), Content_Encoding="gzip")
    assert bench.refresh().status == "stored"
    assert bench.catalog.open("counts")["count"].tolist() == [3, 6, 4]


@pytest.mark.parametrize("coding", ["gzip, gzip", "GZIP,gzip", "deflate", "br", "zstd", "gzip;q=1", "x" * 5000])
def test_codings_over_each_other_or_not_asked_for_are_not_unpacked(bench: Bench, server: Server, coding: str) -> None:
    bomb = gzip.compress(gzip.compress(b"0" * 10**7))
    server.answer = lambda handler: respond(handler, bomb, Content_Encoding=coding)
    sentence = bench.refuse()
    assert f"is sent compressed as '{coding.lower()[:300]}" in sentence
    assert len(sentence) < 600
    assert (len(server.requests), bench.seen) == (1, [])


def test_several_addresses_are_read_together(bench: Bench, server: Server) -> None:
    content = {"/a/counts.csv": "Month,Count\n2025-03,4\n", "/b/counts.csv": "Month,Count\n2025-01,3\n2025-02,6\n"}
    server.answer = lambda handler: respond(handler, content[handler.path])
    bench.reader = replace(READER, address=" ".join(f"http://127.0.0.1:{server.port}{path}" for path in content))
    assert bench.refresh().status == "stored"
    assert bench.catalog.open("counts")["count"].tolist() == [3, 6, 4]


def test_too_many_requests_wait_as_long_as_asked(bench: Bench, server: Server) -> None:
    def answer(handler: BaseHTTPRequestHandler) -> None:
        if len(server.requests) == 1:
            respond(handler, status=429, Retry_After="7")
        else:
            respond(handler, NEW)

    server.answer = answer
    assert bench.refresh().status == "stored"
    assert bench.pauses == [7.0]


def test_a_date_to_wait_for_is_held_against_the_servers_own_clock(bench: Bench, server: Server) -> None:
    def answer(handler: BaseHTTPRequestHandler) -> None:
        if len(server.requests) > 1:
            return respond(handler, NEW)
        handler.send_response_only(429)
        handler.send_header("Date", "Wed, 16 Apr 2025 08:00:00 GMT")
        handler.send_header("Retry-After", "Wed, 16 Apr 2025 08:00:42 GMT")
        handler.send_header("Content-Length", "0")
        return handler.end_headers()

    server.answer = answer
    assert bench.refresh().status == "stored"
    assert bench.pauses == [42.0]


@pytest.mark.parametrize(
    "asked",
    [
        *("-5", "0", "nan", "inf", "1e9", "1.5", "\xb2", "9" * 400, "soon", "", "Mon, 99 Jan 2029 00:00:00 GMT"),
        "Wed, 16 Apr 2025 08:00:00 -0000",  # long past
        "Wed, 16 Apr 2025 08:00:00 +9999",
        "Mon, 99999999999 Jan 99999999999 00:00:00 GMT",
    ],
)
def test_a_wait_that_is_none_is_as_long_as_ours(bench: Bench, server: Server, asked: str) -> None:
    server.answer = lambda handler: respond(handler, status=503, Retry_After=asked)
    assert "out of service (503), 3 times in a row" in bench.refuse()
    assert bench.pauses == [1.0, 2.0]


def test_a_server_that_asks_to_wait_for_thousands_of_years_is_left_alone(bench: Bench, server: Server) -> None:
    server.answer = lambda handler: respond(handler, status=503, Retry_After="Fri, 31 Dec 9999 23:59:59 GMT")
    assert "asks to be left alone for 2" in bench.refuse()
    assert bench.pauses == []


def test_a_server_that_asks_for_too_long_a_wait_is_left_alone(bench: Bench, server: Server) -> None:
    server.answer = lambda handler: respond(handler, status=429, Retry_After="86400")
    sentence = bench.refuse()
    assert "429" in sentence
    assert "left alone for 86,400 seconds" in sentence
    assert (len(server.requests), bench.pauses) == (1, [])


def test_a_server_that_goes_on_refusing_is_given_up(bench: Bench, server: Server) -> None:
    server.answer = lambda handler: respond(handler, status=429)
    assert "too many requests (429), 3 times in a row" in bench.refuse()
    assert bench.pauses == [1.0, 2.0]


@pytest.mark.parametrize(("status", "words"), [(500, "fault of the server (500)"), (503, "out of service (503)")])
def test_faults_of_the_server_are_tried_again_and_then_said(
    bench: Bench, server: Server, status: int, words: str
) -> None:
    server.answer = lambda handler: respond(handler, "oops", status=status)
    assert words in bench.refuse()
    assert len(server.requests) == 3


def test_a_fault_that_passes_does_no_harm(bench: Bench, server: Server) -> None:
    server.answer = lambda handler: respond(
        handler, NEW if len(server.requests) == 3 else "", 200 if len(server.requests) == 3 else 502
    )
    assert bench.refresh().status == "stored"
    assert bench.pauses == [1.0, 2.0]


@pytest.mark.parametrize(
    ("status", "words"), [(404, "not there any more (404)"), (410, "(410)"), (403, "refuses the download (403)")]
)
def test_a_file_that_is_gone_or_refused_is_asked_for_once(
    bench: Bench, server: Server, status: int, words: str
) -> None:
    server.answer = lambda handler: respond(handler, "<html>", status=status)
    sentence = bench.refuse()
    assert words in sentence
    assert "crimjust data ingest" in sentence
    assert len(server.requests) == 1


@pytest.mark.parametrize("page", ["<!DOCTYPE html><p>Please accept", "\ufeff \n<html>", '<?xml version="1.0"?>'])
def test_a_web_page_instead_of_a_file(bench: Bench, server: Server, page: str) -> None:
    server.answer = lambda handler: respond(handler, page)
    assert "answers with a web page" in bench.refuse()


def test_a_web_page_where_the_export_is_by_hand_says_how(bench: Bench, server: Server) -> None:
    server.answer = lambda handler: respond(handler, "<html>", kind="text/html")
    bench.reader = replace(bench.reader, manual="Press the button.")
    result = bench.refresh()
    assert result.status == "by hand"
    assert "Press the button. Then: crimjust data ingest FILE" in result.sentence


def test_a_cut_connection(bench: Bench, server: Server) -> None:
    server.answer = lambda handler: respond(handler, NEW[:20], length=len(NEW))
    sentence = bench.refuse()
    assert "did not send a whole answer (peer closed connection" in sentence
    assert "3 times in a row" in sentence


def test_a_connection_cut_once_is_taken_up_from_the_start(bench: Bench, server: Server) -> None:
    server.answer = lambda handler: respond(handler, NEW[:20] if len(server.requests) == 1 else NEW, length=len(NEW))
    assert bench.refresh().status == "stored"
    assert bench.catalog.open("counts")["count"].tolist() == [3, 6, 4]


def test_a_server_that_falls_silent(bench: Bench, server: Server) -> None:
    released = threading.Event()

    def answer(handler: BaseHTTPRequestHandler) -> None:
        del handler
        released.wait(20)

    server.answer = answer
    try:
        assert "did not answer within 0.3 seconds, 2 times in a row" in bench.refuse(QUICK)
    finally:
        released.set()


def dribble(start: bytes, drop: bytes) -> Callable[[BaseHTTPRequestHandler], None]:
    """An answer that goes on for twenty seconds, a few bytes at a time."""

    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.wfile.write(start)
        for _ in range(1000):
            handler.wfile.write(drop)
            sleep(0.02)

    return answer


HEADER = b"HTTP/1.1 200 OK\r\nConnection: close\r\n"
DRIBBLES = {
    "header": (HEADER, b"x: "),
    "interim answers": (b"", b"HTTP/1.1 102 Processing\r\n\r\n"),
    "body": (HEADER + b"\r\n", b"a"),
    "chunks": (HEADER + b"Transfer-Encoding: chunked\r\n\r\n", b"1\r\na\r\n"),
    "packed": (HEADER + b"Content-Encoding: gzip\r\n\r\n" + gzip.compress(b"", mtime=0)[:10], b"\0\0\0\xff\xff"),
    "packed nothing": (
        HEADER + b"Content-Encoding: gzip\r\n\r\n" + gzip.compress(b"", mtime=0)[:10],
        b"\0\0\0\xff\xff" * 9999,
    ),
}


@pytest.mark.parametrize("kind", DRIBBLES)
def test_a_byte_now_and_then_is_as_silence(bench: Bench, server: Server, kind: str) -> None:
    server.answer = dribble(*DRIBBLES[kind])
    sentence = bench.refuse(QUICK)
    assert (
        "sent less than 16 KiB in"
        if kind in ("body", "chunks", "packed", "packed nothing")
        else "did not answer within"
    ) in sentence
    assert "0.3 seconds, 2 times in a row" in sentence


@pytest.mark.parametrize("kind", DRIBBLES)
def test_a_download_ends_whatever_arrives(bench: Bench, server: Server, kind: str) -> None:
    server.answer = dribble(*DRIBBLES[kind])
    sentence = bench.refuse(replace(LIMITS, most_seconds=0.3))
    assert "had not arrived whole after 0.3 seconds; try again later, or allow more with --timeout" in sentence
    assert len(server.requests) <= 1


def test_attempts_and_pauses_are_counted_with_the_download(
    bench: Bench, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("crimjust_research.data.download.monotonic", lambda: 300.0 * len(bench.pauses))
    server.answer = lambda handler: respond(handler, status=500)
    sentence = bench.refuse(replace(LIMITS, attempts=9, most_seconds=600))
    assert "had not arrived whole after 600 seconds" in sentence
    assert bench.pauses == [1.0, 2.0]


@pytest.mark.parametrize(
    "content",
    [
        HEADER + b"x: " + b"a" * 10**6 + b"\r\n\r\n",
        HEADER + b"x: y\r\n" * 10**5 + b"\r\n",
        b"not the protocol\r\n\r\n" + b"x" * 1000,
        b"HTTP/1.1 999999 OK\r\n\r\n",
        HEADER + b"Content-Length: -5\r\n\r\na,b\n",
        HEADER + b"Content-Length: 4\r\nContent-Length: 5\r\n\r\na,b\n",
        HEADER + b"Content-Length: " + b"9" * 5000 + b"\r\n\r\na,b\n",
        HEADER + b"Content-Length: \xb2\r\n\r\na,b\n",
        HEADER + b"Transfer-Encoding: chunked\r\n\r\nffffffffffffffffffffffff\r\na",
        HEADER + b"Transfer-Encoding: chunked\r\n\r\nnone\r\n",
        HEADER.replace(b"200", b"302") + b"Location: http://[::1\r\n\r\n",
        HEADER + b"\xff: \x01\r\n\r\n",
        b"",
    ],
)
def test_what_is_no_answer(bench: Bench, server: Server, content: bytes) -> None:
    server.answer = lambda handler: handler.wfile.write(content) and None
    sentence = bench.refuse()
    assert "did not send a whole answer (" in sentence
    assert len(sentence) < 600


def test_a_body_shorter_or_longer_than_announced(bench: Bench, server: Server) -> None:
    server.answer = lambda handler: respond(handler, NEW, length=len(NEW) + 1000)
    assert f"received {len(NEW)} bytes, expected {len(NEW) + 1000}" in bench.refuse()
    # What comes after the announced end is not part of the file.
    server.answer = lambda handler: respond(handler, NEW + "<html>", length=len(NEW))
    assert bench.refresh().status == "stored"


def test_a_body_that_is_not_packed_as_announced(bench: Bench, server: Server) -> None:
    server.answer = lambda handler: respond(handler, NEW, Content_Encoding="gzip")
    assert "cannot be downloaded (Error -3 while decompressing data" in bench.refuse()


def test_no_secure_connection(bench: Bench, server: Server) -> None:
    bench.reader = replace(READER, address=server.address.replace("http:", "https:"))
    assert "no secure connection to 127.0.0.1 can be made ([SSL" in bench.refuse()
    assert bench.pauses == []


def test_an_announced_size_beyond_the_limit_is_not_downloaded(bench: Bench, server: Server) -> None:
    server.answer = lambda handler: respond(handler, NEW, length=10**9)
    assert "sends more than" in bench.refuse()
    assert (len(server.requests), bench.seen) == (1, [])


def test_a_file_that_grows_beyond_the_limit_is_broken_off(bench: Bench, server: Server) -> None:
    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.end_headers()
        for _ in range(2000):
            handler.wfile.write(b"2025-01,3\n" * 100)

    server.answer = answer
    assert "sends more than" in bench.refuse()


def test_a_small_file_that_unpacks_beyond_the_limit_is_broken_off(bench: Bench, server: Server) -> None:
    bomb = gzip.compress(b"0" * 10**6)
    assert len(bomb) < LIMITS.most_bytes
    server.answer = lambda handler: respond(handler, bomb, Content_Encoding="gzip")
    assert "sends more than" in bench.refuse()


@pytest.mark.parametrize(
    "target",
    [
        "http://localhost:{port}/files/counts.csv",
        "https://127.0.0.1:{port}/files/counts.csv",
        "http://127.0.0.1:9/x.csv",
        "http://127.0.0.1/x.csv",
        "http://somebody@127.0.0.1:{port}/x.csv",
        "ftp://127.0.0.1:{port}/x.csv",
        "http://169.254.169.254/x.csv",
        "http://[::1]:{port}/x.csv",
        "http://127.1:{port}/x.csv",
    ],
)
def test_a_redirect_to_another_host_or_protocol_is_not_followed(bench: Bench, server: Server, target: str) -> None:
    target = target.format(port=server.port)
    server.answer = lambda handler: respond(handler, status=301, Location=target)
    sentence = bench.refuse()
    assert f"redirects to another host or protocol, {target}" in sentence
    assert len(server.requests) == 1


@pytest.mark.parametrize("target", ["file:///etc/hosts", "data:text/csv,Month,Count", "javascript:1"])
def test_a_redirect_to_what_is_on_no_server_is_not_followed(bench: Bench, server: Server, target: str) -> None:
    server.answer = lambda handler: respond(handler, status=302, Location=target)
    sentence = bench.refuse()
    assert "redirects to another host or protocol" in sentence or "open it in a browser" in sentence
    assert len(server.requests) == 1


def test_no_cookies_and_no_passwords_are_sent(
    bench: Bench, server: Server, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login somebody password secret\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    sent = set[str]()

    def answer(handler: BaseHTTPRequestHandler) -> None:
        sent.update(name.casefold() for name in handler.headers)
        if len(server.requests) < 4:
            respond(handler, status=302 if len(server.requests) < 3 else 503, Location="/x", Set_Cookie="who=1; Path=/")
        else:
            respond(handler, NEW, Set_Cookie="who=1; Path=/")

    server.answer = answer
    assert [bench.refresh().status, bench.refresh().status] == ["stored", "unchanged"]
    assert len(server.requests) == 5
    assert sent == {"host", "accept", "connection", "user-agent", "accept-encoding"}


def test_every_publisher_is_asked_by_https() -> None:
    addresses = [address for reader in readers() for address in (reader.address or "").split()]
    assert addresses
    assert all(address.startswith("https://") for address in addresses)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"%PDF-1.4\n1 0 obj", "holds no table"),
        (b'{"error": "too many requests"}', "holds no table"),
        (b"\x89PNG\r\n\x1a\n\0\0", "holds no table"),
        # Without its time: all processes must give a case the same name.
        (gzip.compress(b"<html><p>Not found</html>", mtime=0), "holds no table"),
        (b"Error: too many requests, please wait\n", "no reader recognises its columns"),
        (NEW.encode() + b"<html>Bad gateway</html>", "counts.csv: row 5"),
    ],
    ids=["PDF", "JSON", "picture", "packed page", "words", "broken off"],
)
def test_what_is_sent_in_place_of_figures_is_not_taken_for_them(
    bench: Bench, server: Server, content: bytes, said: str
) -> None:
    server.answer = lambda handler: respond(handler, content)
    assert said in bench.refuse()


def test_a_redirect_in_a_circle_ends(bench: Bench, server: Server) -> None:
    server.answer = lambda handler: respond(handler, status=302, Location="/files/counts.csv")
    assert "redirects more than 5 times" in bench.refuse()


def test_an_empty_file(bench: Bench, server: Server) -> None:
    server.answer = lambda handler: respond(handler, "")
    assert "empty file, 3 times in a row" in bench.refuse()


def test_another_layout_names_the_columns_it_lacks(bench: Bench, server: Server) -> None:
    server.answer = lambda handler: respond(handler, "Month,Number\n2025-01,3\n")
    assert "nearest is counts (1 of 2 columns): lacks 'Count'; has 'Number'" in bench.refuse()


def test_figures_of_the_future_are_not_made_the_latest(bench: Bench, server: Server) -> None:
    server.answer = lambda handler: respond(handler, NEW + "9999-12,1\n")
    assert "vintage 2025-04-20 of 'counts' lies before the last period in it, 9999-12" in bench.refuse()


def test_a_figure_the_reader_refuses(bench: Bench, server: Server) -> None:
    server.answer = lambda handler: respond(handler, NEW.replace("6", "six"))
    assert bench.refuse() == "counts.csv: row 3, Count = 'six': must be a number"


def test_a_frame_that_breaks_its_schema(bench: Bench, server: Server) -> None:
    server.answer = lambda handler: respond(handler, NEW + "2025-03,9\n")
    assert "stands more than once; keep one of the rows" in bench.refuse()


@pytest.mark.parametrize("shorter", ["Month,Count\n2025-02,6\n2025-03,4\n", "Month,Count\n2025-01,4\n"])
def test_a_file_that_covers_less_is_not_made_the_latest(bench: Bench, server: Server, shorter: str) -> None:
    server.answer = lambda handler: respond(handler, shorter)
    assert "it lacks 1 of the 2 values of month that vintage 2025-03-10 has" in bench.refuse()


def test_a_file_that_lacks_many_rows_is_not_made_the_latest(bench: Bench, server: Server) -> None:
    months = [f"20{year}-{month:02}" for year in (21, 22) for month in range(1, 13)]
    whole = pd.DataFrame({"month": months, "count": 1})
    bench.catalog.store([Release(TABLE, "2025-03-11", whole)])
    # Of 24 rows at hand one may be withdrawn, two are too many.
    one, two = (whole.drop(index=range(5, 5 + n)).set_axis(["Month", "Count"], axis=1) for n in (1, 2))
    server.answer = lambda handler: respond(handler, two.to_csv(index=False))
    assert "2021-06 to 2021-07" in bench.refuse()
    server.answer = lambda handler: respond(handler, one.to_csv(index=False))
    assert bench.refresh().status == "stored"


def test_a_part_of_a_table_is_not_stored_and_says_how_to_get_the_whole(bench: Bench) -> None:
    def read_part(paths: Sequence[Path], vintage: str | None) -> Sequence[Release]:
        return [replace(release, lacks=("some",)) for release in read_counts(paths, vintage)]

    bench.reader = replace(bench.reader, read=read_part, manual="Take both files.")
    sentence = bench.refuse()
    assert "only a part of the table, which vintage 2025-03-10 holds whole" in sentence
    assert "Take both files." in sentence


def test_a_damaged_archive(bench: Bench, server: Server) -> None:
    server.answer = lambda handler: respond(handler, b"PK\x03\x04 and nothing else")
    assert "counts.zip cannot be read" in bench.refuse()


def test_offline(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    def no_network(*_: object, **__: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", no_network)
    bench.reader = replace(READER, address="http://publisher.invalid/counts.csv")
    sentence = bench.refuse()
    assert "publisher.invalid cannot be found: this machine is offline" in sentence
    assert "work on with the vintages at hand" in sentence
    assert bench.pauses == []


def test_nobody_listens(bench: Bench) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        bench.reader = replace(READER, address=f"http://127.0.0.1:{free.getsockname()[1]}/counts.csv")
        assert "127.0.0.1 cannot be reached" in bench.refuse()
    assert bench.pauses == [1.0, 2.0]


def test_a_reader_without_an_address_says_how_to_export_by_hand(bench: Bench, server: Server) -> None:
    bench.reader = replace(READER, manual="Choose all months and press export.")
    before = bench.files()
    result = bench.refresh()
    assert result.status == "by hand"
    assert "Choose all months and press export. Then: crimjust data ingest FILE" in result.sentence
    assert (server.requests, bench.files()) == ([], before)


def test_figures_held_in_code_have_nothing_to_download(bench: Bench) -> None:
    bench.reader = replace(READER, columns=frozenset())
    assert bench.refresh().status == "in code"


def test_one_failure_does_not_keep_the_others_from_their_files(bench: Bench, server: Server) -> None:
    broken = replace(READER, name="broken", address=server.address.replace("counts", "missing"))

    def answer(handler: BaseHTTPRequestHandler) -> None:
        if "missing" in handler.path:
            respond(handler, status=404)
        else:
            respond(handler, NEW)

    server.answer = answer
    results = list(refresh([broken, bench.reader], bench.catalog, TODAY, LIMITS))
    assert [r.status for r in results] == ["failed", "stored"]


class Panic(BaseException):
    """What libraries in Rust raise."""


@pytest.mark.parametrize(
    ("raised", "words"),
    [
        (ValueError("of a library\n at length"), "the reader 'bad' cannot read the file (ValueError: of a library at"),
        (KeyError("Count"), "(KeyError: 'Count')"),
        (MemoryError(), "(MemoryError: )"),
        (Panic("index out of bounds"), "(Panic: index out of bounds)"),
        (OSError(errno.ENOSPC, "No space left on device"), "No space left on device; make room"),
        (OSError("of no number"), "of no number; free it or mend"),
    ],
)
def test_whatever_a_reader_raises_is_said_of_its_source_alone(bench: Bench, raised: BaseException, words: str) -> None:
    def read(paths: Sequence[Path], vintage: str | None) -> Sequence[Release]:
        del paths, vintage
        raise raised

    results = list(refresh([replace(bench.reader, name="bad", read=read), bench.reader], bench.catalog, TODAY, LIMITS))
    assert [r.status for r in results] == ["failed", "stored"]
    assert words in results[0].sentence


@pytest.mark.parametrize("place", ["the file aside", "the table", "the folder aside"])
def test_a_full_disk(bench: Bench, monkeypatch: pytest.MonkeyPatch, place: str) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    where = {
        "the file aside": "crimjust_research.data.download.hashlib.sha256",
        "the table": "crimjust_research.project.write_atomically",
        "the folder aside": "tempfile.mkdtemp",
    }
    before = bench.files()
    with monkeypatch.context() as patch:
        patch.setattr(where[place], full)
        result = bench.refresh()
    assert (result.status, bench.files()) == ("failed", before)
    assert result.sentence == "No space left on device; make room, or allow larger files, then type the same"


def test_no_folder_for_temporary_files(bench: Bench, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "old.csv" / "below a file"))
    result = bench.refresh()
    assert result.status == "failed"
    assert "Not a directory; free it or mend its permissions" in result.sentence


@pytest.mark.parametrize("moment", ["download", "pause", "reading", "while a class is made"])
def test_an_interruption_leaves_nothing(bench: Bench, server: Server, tmp_path: Path, moment: str) -> None:
    def interrupt(*_: object) -> Any:
        if moment == "while a class is made":
            raise RuntimeError("Error calling __set_name__") from KeyboardInterrupt()
        raise KeyboardInterrupt

    before = bench.files()
    reader = bench.reader if moment in ("download", "pause") else replace(bench.reader, read=interrupt)
    progress = interrupt if moment == "download" else None
    if moment == "pause":
        server.answer = lambda handler: respond(handler, status=500)
    with pytest.raises(KeyboardInterrupt):
        list(refresh([reader, reader], bench.catalog, TODAY, LIMITS, progress, interrupt))
    assert bench.files() == before
    assert list((tmp_path / "aside").iterdir()) == []


def test_what_another_process_stores_during_a_download_is_kept(bench: Bench, tmp_path: Path) -> None:
    held = bench.catalog
    assert len(held.resources) == 1
    path = tmp_path / "other.csv"
    path.write_text("Month,Count\n2025-01,3\n2025-02,7\n")

    def ingest(*_: object) -> None:
        bench.catalog.store(read_counts([path], "2025-04-11"))

    (result,) = refresh([bench.reader], held, TODAY, LIMITS, ingest)
    assert result.status == "stored"
    assert [r.vintage for r in bench.catalog.resources] == ["2025-03-10", "2025-04-11", "2025-04-20"]


def test_two_refreshes_at_once_store_the_figures_once(bench: Bench, server: Server) -> None:
    both = threading.Barrier(2)

    def answer(handler: BaseHTTPRequestHandler) -> None:
        both.wait(20)
        respond(handler, NEW)

    server.answer = answer
    with ThreadPoolExecutor(2) as pool:
        ends = [pool.submit(lambda: list(refresh([bench.reader], bench.catalog, TODAY, LIMITS))) for _ in range(2)]
        statuses = {result.status for end in ends for result in end.result()}
    assert "stored" in statuses
    assert statuses <= {"stored", "unchanged"}
    assert [r.vintage for r in bench.catalog.resources] == ["2025-03-10", "2025-04-20"]
    assert len(bench.catalog.verify()) == 0


def test_readers_are_chosen_by_table_and_an_unknown_one_is_refused_with_the_near_one() -> None:
    other = replace(READER, name="other", table=replace(TABLE, name="sums"))
    assert chosen([READER, other], None) == (READER, other)
    assert chosen([READER, other], "sums") == (other,)
    with pytest.raises(DataError, match=r"'count'; did you mean 'counts'\? there are: counts, sums"):
        chosen([READER, other], "count")


def test_the_command_says_what_came_of_each_source_and_fails_if_one_did(
    bench: Bench, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    gone = replace(READER, name="gone", address=server.address.replace("counts", "gone"))
    held = replace(READER, name="held", columns=frozenset())
    monkeypatch.setattr("crimjust_research.data.ingest.readers", lambda: (bench.reader, gone, held))
    monkeypatch.setattr("crimjust_research.data.catalog.raw", lambda: bench.catalog)
    server.answer = lambda handler: respond(handler, NEW, 404 if "gone" in handler.path else 200)
    result = CliRunner().invoke(crimjust, ["data", "refresh", "counts"])
    lines = result.output.splitlines()
    assert [line.split(":")[:2] for line in lines] == [
        ["counts (counts)", " stored"],
        ["counts (gone)", " failed"],
        ["counts (held)", " in code"],
        ["Next", " crimjust data diff TABLE OLD, crimjust data panels, crimjust data codebook"],
    ]
    assert str(result.exception) == "1 of 3 sources could not be refreshed; what is stored of them is as it was"
    again = CliRunner().invoke(crimjust, ["data", "refresh", "counts"])
    assert again.output.startswith("counts (counts): unchanged: ")


def test_with_debug_the_trace_of_each_failed_source_is_shown(
    bench: Bench, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    def read(paths: Sequence[Path], vintage: str | None) -> Sequence[Release]:
        del paths, vintage
        raise KeyError("a column\x1b[2J")

    broken = [replace(bench.reader, name=name, read=read) for name in ("one", "two")]
    monkeypatch.setattr("crimjust_research.data.ingest.readers", lambda: (*broken, bench.reader))
    monkeypatch.setattr("crimjust_research.data.catalog.raw", lambda: bench.catalog)
    server.answer = lambda handler: respond(handler, NEW)
    for options, traces in (([], 0), (["--debug"], 2)):
        told = CliRunner().invoke(crimjust, [*options, "data", "refresh", "counts"])
        assert told.output.count("Traceback") == traces
        assert told.output.count("in read\n") == traces
        assert "\x1b" not in told.output


def test_what_is_unpacked_is_counted_for_each_source_alone(bench: Bench, server: Server) -> None:
    server.answer = lambda handler: respond(handler, NEW)

    def read(paths: Sequence[Path], vintage: str | None) -> Sequence[Release]:
        for path in paths:
            limits.spend(path, 100 * limits.MEGABYTE)
        return read_counts(paths, vintage)

    readers = [replace(bench.reader, name=name, read=read) for name in ("one", "two")]
    with limits.within(replace(limits.PUBLISHED, megabytes=100, together=150)):
        ends = list(refresh(readers, bench.catalog, TODAY, LIMITS))
    assert [end.status for end in ends] == ["stored", "unchanged"], ends


def test_a_fault_of_the_schema_names_where_the_figures_were_read_from(bench: Bench, server: Server) -> None:
    server.answer = lambda handler: respond(handler, NEW)

    def read(paths: Sequence[Path], vintage: str | None) -> Sequence[Release]:
        return [replace(r, frame=r.frame.assign(count=-1)) for r in read_counts(paths, vintage)]

    (end,) = refresh([replace(bench.reader, read=read)], bench.catalog, TODAY, LIMITS)
    assert end.status == "failed"
    assert server.address in end.sentence


def test_what_a_server_wrote_does_not_act_on_the_terminal(
    bench: Bench, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("crimjust_research.data.ingest.readers", lambda: (replace(bench.reader, read=read_aloud),))
    monkeypatch.setattr("crimjust_research.data.catalog.raw", lambda: bench.catalog)
    server.answer = lambda handler: respond(handler, NEW + "\x1b[2J,1\n")
    output = CliRunner().invoke(crimjust, ["data", "refresh"]).output
    assert "\\x1b[2J" in output
    assert "\x1b" not in output


def read_aloud(paths: Sequence[Path], vintage: str | None) -> Sequence[Release]:
    del vintage
    raise DataError(paths[0].read_text().splitlines()[-1])


def test_the_command_takes_bounds(bench: Bench, server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("crimjust_research.data.ingest.readers", lambda: (bench.reader,))
    monkeypatch.setattr("crimjust_research.data.catalog.raw", lambda: bench.catalog)
    server.answer = lambda handler: respond(handler, NEW + " " * 2**20)
    small = CliRunner().invoke(crimjust, ["data", "refresh", "--limit", "megabytes=1", "--timeout", "60"])
    assert "sends more than 1 megabytes, unpacked" in small.output
    assert "allow more with --limit megabytes=N" in small.output
    assert small.exit_code == 1


def test_progress_is_shown_on_a_terminal_only(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def advance() -> str:
        with bars() as progress:
            progress("https://example.org/counts[/red].csv", 512, 1024)
            progress("https://example.org/counts[/red].csv", 1024, 1024)
        return capsys.readouterr().err

    monkeypatch.delenv("FORCE_COLOR", raising=False)
    assert advance() == ""
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert "counts[/red].csv" in advance()
