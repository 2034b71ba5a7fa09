"""One file from a publisher's server: politely, within limits, and whole or not at all."""

import asyncio
import hashlib
import re
import socket
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from email.utils import parsedate_to_datetime
from functools import cache
from pathlib import Path
from time import monotonic, sleep
from typing import TypeVar
from urllib.parse import urlsplit

import httpx

from crimjust_research import __version__
from crimjust_research.data.limits import MEGABYTE, current
from crimjust_research.errors import DataError

USER_AGENT = f"crimjust-research/{__version__} (reproducible research on UNODC's CRIMJUST programme)"
_REDIRECTS = 5
_CHUNK_BYTES = 1 << 14
_OK, _TOO_MANY, _UNAVAILABLE = 200, 429, 503
_SHOWN = 300
# Address, bytes received so far, and bytes announced or None.
Progress = Callable[[str, int, int | None], None]
_T = TypeVar("_T")


class PublisherError(DataError):
    """A publisher's server that cannot be reached or does not answer with the file it is asked for."""


class UnreachableError(PublisherError):
    """No answer of use for now; another day may bring one."""


class WebPageError(PublisherError):
    """A web page where a file was expected."""


class _Again(UnreachableError):
    """A failure that may pass; `after` is how many seconds the server asks to be left alone, if it says."""

    def __init__(self, sentence: str, after: float | None = None) -> None:
        super().__init__(sentence)
        self.after = after


@dataclass(frozen=True)
class Limits:
    """What a download may cost: attempts, seconds without a chunk, seconds between attempts, bytes as they are once
    unpacked, and seconds from the first attempt to the last byte.
    """

    attempts: int = 4
    silence_seconds: float = 30.0
    first_pause_seconds: float = 1.0
    longest_pause_seconds: float = 120.0
    most_bytes: int = field(default_factory=lambda: current().megabytes * MEGABYTE)
    most_seconds: float = 600.0


@dataclass(frozen=True)
class Download:
    """A file as it was received, where it came from, and the day its server says it was last changed."""

    path: Path
    address: str
    bytes: int
    sha256: str
    dated: date | None


def fetch(
    address: str,
    folder: Path,
    limits: Limits,
    progress: Progress | None = None,
    wait: Callable[[float], None] = sleep,
    name: str = "download",
) -> Download:
    """The file at `address`, written into `folder` under `name` and the suffix of its content.

    Failures that may pass (no answer, a cut connection, 429, 5xx) are tried again, each time after twice the pause,
    or after what the server asks for.

    Raises
    ------
    WebPageError
        If the answer is a web page.
    UnreachableError
        If the server cannot be reached, fails at every attempt, or takes longer than the limits allow.
    PublisherError
        If it refuses, sends elsewhere, or sends too much.
    """
    ends = monotonic() + limits.most_seconds
    late = UnreachableError(
        f"{address} had not arrived whole after {limits.most_seconds:g} seconds; try again later, or allow more with "
        "--timeout"
    )

    def attempt() -> Download:
        received = _received(address, folder / name, limits, progress)
        return asyncio.run(_in_time(received, ends - monotonic(), late))

    received = _persistent(attempt, limits, wait)
    with received.path.open("rb") as stream:
        start = stream.read(512).lstrip(b"\xef\xbb\xbf \t\r\n")
    if start.startswith(b"<"):
        raise WebPageError(f"{address} answers with a web page where a file of figures was expected")
    named = received.path.with_name(name + _suffix(received.path))
    return replace(received, path=received.path.rename(named))


def _persistent(attempt: Callable[[], Download], limits: Limits, wait: Callable[[float], None]) -> Download:
    pause = limits.first_pause_seconds
    for left in range(limits.attempts - 1, -1, -1):
        try:
            return attempt()
        except _Again as error:
            asked = error.after or 0.0
            if asked > limits.longest_pause_seconds:
                raise UnreachableError(
                    f"{error} and asks to be left alone for {asked:,.0f} seconds; try again after that"
                ) from error
            if not left:
                raise UnreachableError(f"{error}, {limits.attempts} times in a row; try again later") from error
            wait(max(pause, asked))
            pause = min(2 * pause, limits.longest_pause_seconds)
    raise AssertionError("the last attempt returns or raises")


async def _in_time(step: Awaitable[_T], seconds: float, otherwise: UnreachableError) -> _T:
    """What `step` comes to within `seconds`. httpx's own limits are for each packet: a byte a second meets them for ever."""
    try:
        async with asyncio.timeout(seconds):
            return await step
    except TimeoutError:
        raise otherwise from None


async def _received(address: str, path: Path, limits: Limits, progress: Progress | None) -> Download:
    """One attempt: what the server sends, whatever it is, in full."""
    async with _answer(address, limits) as response:
        _refuse_status(address, response)
        coding = response.headers.get("content-encoding", "").strip().lower()
        if coding not in ("", "identity", "gzip"):
            # Codings may be laid over each other, and then a kilobyte unpacks to a gigabyte in one step.
            raise PublisherError(
                f"{address} is sent compressed as {_short(coding)!r}, which was not asked for; open it in a browser and "
                "run `crimjust data ingest` on the file"
            )
        announced = response.headers.get("content-length", "")
        expected = int(announced) if coding != "gzip" and announced.isdigit() else None
        too_much = PublisherError(
            f"{address} sends more than {limits.most_bytes / MEGABYTE:.3g} megabytes, unpacked, far more than this table "
            "holds; if it is what it should be, allow more with --limit megabytes=N"
        )
        if expected is not None and expected > limits.most_bytes:
            raise too_much
        slow = _Again(f"{address} sent less than {_CHUNK_BYTES // 2**10} KiB in {limits.silence_seconds:g} seconds")
        chunks = response.aiter_bytes(_CHUNK_BYTES)
        digest, size = hashlib.sha256(), 0
        with path.open("wb") as stream:
            while chunk := await _in_time(anext(chunks, b""), limits.silence_seconds, slow):
                size += len(chunk)
                if size > limits.most_bytes:
                    raise too_much
                digest.update(chunk)
                stream.write(chunk)
                if progress:
                    progress(address, size, expected)
        if not size:
            raise _Again(f"{address} answers with an empty file")
        modified = _moment(response.headers.get("last-modified"))
        return Download(path, address, size, digest.hexdigest(), modified.date() if modified else None)


@cache
def _certificates() -> ssl.SSLContext:
    """The authorities that are trusted; they take longer to read than most answers."""
    return httpx.create_ssl_context()


@asynccontextmanager
async def _answer(address: str, limits: Limits) -> AsyncIterator[httpx.Response]:
    """The answer to a request for `address`, redirects within its host and protocol followed."""
    silent = _Again(f"{urlsplit(address).hostname} did not answer within {limits.silence_seconds:g} seconds")
    headers = {"User-Agent": USER_AGENT, "Accept-Encoding": "gzip"}
    with _translated_failures(address):
        async with httpx.AsyncClient(headers=headers, timeout=None, verify=_certificates()) as client:
            request = client.build_request("GET", address)
            for _ in range(_REDIRECTS):
                response = await _in_time(client.send(request, stream=True), limits.silence_seconds, silent)
                if response.next_request is None:
                    yield response
                    return
                await response.aclose()
                request = response.next_request
                request.headers.pop("cookie", None)  # who sends elsewhere does not follow what is asked for there
                if urlsplit(str(request.url))[:2] != urlsplit(address)[:2]:
                    raise PublisherError(
                        f"{address} redirects to another host or protocol, {_short(request.url)}, which is not followed: "
                        "if the publisher has moved the file, the reader's address must say so"
                    )
            raise PublisherError(f"{address} redirects more than {_REDIRECTS} times; try again later")


@contextmanager
def _translated_failures(address: str) -> Iterator[None]:
    host = urlsplit(address).hostname
    try:
        yield
    except httpx.ConnectError as error:
        causes = tuple(_causes(error))
        if any(isinstance(cause, socket.gaierror) for cause in causes):
            raise UnreachableError(
                f"the address of {host} cannot be found: this machine is offline, or the publisher has moved; "
                "connect it and try again, or work on with the vintages at hand"
            ) from error
        if any(isinstance(cause, ssl.SSLError) for cause in causes):
            raise UnreachableError(
                f"no secure connection to {host} can be made ({_short(error)}): its certificate or this network is "
                "not to be trusted for now; try again later or from another network"
            ) from error
        raise _Again(f"{host} cannot be reached ({_short(error)})") from error
    except (httpx.RemoteProtocolError, httpx.ReadError) as error:
        raise _Again(f"{address} did not send a whole answer ({_short(error) or 'the connection was cut'})") from error
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise PublisherError(
            f"{address} cannot be downloaded ({_short(error)}); try again later, or open it in a browser and run "
            "`crimjust data ingest` on the file"
        ) from error


def _causes(error: BaseException) -> Iterator[BaseException]:
    cause: BaseException | None = error
    while cause is not None:
        yield cause
        cause = cause.__cause__ or cause.__context__


def _short(words: object) -> str:
    """What a server wrote, or a library wrote of it, cut to what a sentence holds."""
    text = str(words)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"


def _refuse_status(address: str, response: httpx.Response) -> None:
    status = response.status_code
    if status == _OK:
        return
    if status in (_TOO_MANY, _UNAVAILABLE):
        why = "answers too many requests" if status == _TOO_MANY else "is out of service"
        raise _Again(f"{address} {why} ({status})", _retry_after(response))
    if status >= 500:
        raise _Again(f"{address} answers with a fault of the server ({status})")
    if status in (404, 410):
        raise PublisherError(
            f"{address} is not there any more ({status}): the publisher has moved or withdrawn it; look for it at "
            "the source docs/DATA.md names and run `crimjust data ingest` on it"
        )
    raise PublisherError(
        f"{address} refuses the download ({status}); open it in a browser and run `crimjust data ingest` on the file"
    )


def _retry_after(response: httpx.Response) -> float | None:
    """Seconds the server asks to wait; a date is held against the server's own clock."""
    asked = response.headers.get("retry-after", "").strip()
    if re.fullmatch("[0-9]{1,9}", asked):
        return float(asked)
    until, now = _moment(asked), _moment(response.headers.get("date"))
    return (until - now).total_seconds() if until and now else None


def _moment(header: str | None) -> datetime | None:
    """The moment a header names, in UTC; None where it names none, whatever else the server wrote there."""
    try:
        moment = parsedate_to_datetime(header or "")
        return moment.replace(tzinfo=moment.tzinfo or UTC).astimezone(UTC)
    except Exception:  # the library raises what it meets: no digits, a month of 99 days, the year 99999999999
        return None


def _suffix(path: Path) -> str:
    """Suffix that readers know the kind of file by: servers name files as they please."""
    content = path.read_bytes()
    if content.startswith(b"\x1f\x8b"):
        return ".gz"
    if content.startswith(b"PK"):
        return ".xlsx" if b"[Content_Types].xml" in content else ".zip"
    return ".csv"
