"""One file from a publisher's server: politely, within limits, and whole or not at all."""

import hashlib
import socket
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from email.utils import parsedate_to_datetime
from fnmatch import fnmatch
from html.parser import HTMLParser
from pathlib import Path, PurePosixPath
from time import sleep
from urllib.parse import unquote, urldefrag, urljoin, urlsplit

import httpx

from crimjust_research import __version__
from crimjust_research.errors import DataError

USER_AGENT = f"crimjust-research/{__version__} (reproducible research on UNODC's CRIMJUST programme)"
_REDIRECTS = 5
_CHUNK_BYTES = 1 << 16
_OK, _TOO_MANY, _UNAVAILABLE = 200, 429, 503
_TEXT_SUFFIXES = (".csv", ".tsv", ".txt")
# Address, bytes received so far, and bytes announced or None.
Progress = Callable[[str, int, int | None], None]


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
    """What a download may cost: attempts, seconds of silence, seconds between attempts, and bytes."""

    attempts: int = 4
    silence_seconds: float = 30.0
    first_pause_seconds: float = 1.0
    longest_pause_seconds: float = 120.0
    most_bytes: int = 256 * 2**20


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
) -> Download:
    """The file at `address`, written into `folder` under the publisher's name and the suffix of its content.

    Failures that may pass (no answer, a cut connection, 429, 5xx) are tried again, each time after twice the pause,
    or after what the server asks for.

    Raises
    ------
    WebPageError
        If the answer is a web page.
    UnreachableError
        If the server cannot be reached, or fails at every attempt.
    PublisherError
        If it refuses, sends elsewhere, or sends too much.
    """
    received = _persistent(lambda: _received(address, folder, limits, progress), limits, wait)
    with received.path.open("rb") as stream:
        start = stream.read(512).lstrip(b"\xef\xbb\xbf \t\r\n")
    if start.startswith(b"<"):
        raise WebPageError(f"{address} answers with a web page where a file of figures was expected")
    suffix = _suffix(received.path)
    if received.path.suffix == suffix:
        return received
    named = received.path.with_name(received.path.name + suffix)
    return Download(received.path.rename(named), address, received.bytes, received.sha256, received.dated)


def linked_files(
    page: str, pattern: str, folder: Path, limits: Limits, wait: Callable[[float], None] = sleep
) -> tuple[str, ...]:
    """Addresses of the files on the page's own host that it links to under names such as `pattern`, in their order.

    Raises
    ------
    PublisherError
        If the page cannot be had, or links to no such file.
    """
    received = _persistent(lambda: _received(page, folder, limits, None), limits, wait)
    parser = _Links()
    parser.feed(received.path.read_text(encoding="utf-8", errors="replace"))
    targets = [urldefrag(urljoin(page, href)).url for href in parser.targets]
    wanted = [t for t in targets if urlsplit(t)[:2] == urlsplit(page)[:2] and fnmatch(_name(t), pattern)]
    if not wanted:
        raise PublisherError(
            f"{page} links to no file named like {pattern}: the publisher has moved it; look for it there and run "
            "`crimjust data ingest` on it"
        )
    return tuple(dict.fromkeys(wanted))


class _Links(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.targets: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "a":
            self.targets += [value for name, value in attrs if name == "href" and value]


def _persistent(attempt: Callable[[], Download], limits: Limits, wait: Callable[[float], None]) -> Download:
    pause = limits.first_pause_seconds
    for left in range(limits.attempts - 1, -1, -1):
        try:
            return attempt()
        except _Again as error:
            if error.after is not None and error.after > limits.longest_pause_seconds:
                raise UnreachableError(
                    f"{error} and asks to be left alone for {error.after:,.0f} seconds; try again after that"
                ) from error
            if not left:
                raise UnreachableError(f"{error}, {limits.attempts} times in a row; try again later") from error
            wait(pause if error.after is None else error.after)
            pause = min(2 * pause, limits.longest_pause_seconds)
    raise AssertionError("the last attempt returns or raises")


def _received(address: str, folder: Path, limits: Limits, progress: Progress | None) -> Download:
    """One attempt: what the server sends, whatever it is, in full."""
    with _translated_failures(address, limits), _answer(address, limits) as response:
        _refuse_status(address, response)
        encoded = "content-encoding" in response.headers
        announced = None if encoded else response.headers.get("content-length", "")
        expected = int(announced) if announced and announced.isdigit() else None
        too_much = f"{address} sends more than {limits.most_bytes / 2**20:,.0f} MiB, far more than this table holds"
        if expected is not None and expected > limits.most_bytes:
            raise PublisherError(too_much)
        path = folder / (_name(str(response.url)) or "download")
        digest, size = hashlib.sha256(), 0
        with path.open("wb") as stream:
            for chunk in response.iter_bytes(_CHUNK_BYTES):
                size += len(chunk)
                if size > limits.most_bytes:
                    raise PublisherError(too_much)
                digest.update(chunk)
                stream.write(chunk)
                if progress:
                    progress(address, size, expected)
        if not size:
            raise _Again(f"{address} answers with an empty file")
        return Download(path, address, size, digest.hexdigest(), _day(response.headers.get("last-modified")))


@contextmanager
def _answer(address: str, limits: Limits) -> Iterator[httpx.Response]:
    """The answer to a request for `address`, redirects within its host and protocol followed."""
    timeout = httpx.Timeout(limits.silence_seconds)
    with httpx.Client(headers={"User-Agent": USER_AGENT}, timeout=timeout, follow_redirects=False) as client:
        here = address
        for _ in range(_REDIRECTS):
            with client.stream("GET", here) as response:
                if response.next_request is None:
                    yield response
                    return
                target = str(response.next_request.url)
                if urlsplit(target)[:2] != urlsplit(address)[:2]:
                    raise PublisherError(
                        f"{address} redirects to another host or protocol, {target}, which is not followed: if the "
                        "publisher has moved the file, the reader's address must say so"
                    )
                here = target
        raise PublisherError(f"{address} redirects more than {_REDIRECTS} times; try again later")


@contextmanager
def _translated_failures(address: str, limits: Limits) -> Iterator[None]:
    host = urlsplit(address).hostname
    try:
        yield
    except httpx.TimeoutException as error:
        raise _Again(f"{host} did not answer within {limits.silence_seconds:g} seconds") from error
    except httpx.ConnectError as error:
        if any(isinstance(cause, socket.gaierror) for cause in _causes(error)):
            raise UnreachableError(
                f"the address of {host} cannot be found: this machine is offline, or the publisher has moved; "
                "connect it and try again, or work on with the vintages at hand"
            ) from error
        raise _Again(f"{host} cannot be reached ({error})") from error
    except (httpx.RemoteProtocolError, httpx.ReadError) as error:
        raise _Again(f"{address}: the connection was cut before the whole file had arrived") from error
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise PublisherError(f"{address} cannot be downloaded ({error})") from error


def _causes(error: BaseException) -> Iterator[BaseException]:
    cause: BaseException | None = error
    while cause is not None:
        yield cause
        cause = cause.__cause__ or cause.__context__


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
    if asked.isdigit():
        return float(asked)
    try:
        until = parsedate_to_datetime(asked)
        return max((until - parsedate_to_datetime(response.headers["date"])).total_seconds(), 0.0)
    except (ValueError, KeyError, TypeError):
        return None


def _day(header: str | None) -> date | None:
    try:
        return parsedate_to_datetime(header).date() if header else None
    except ValueError:
        return None


def _name(address: str) -> str:
    return PurePosixPath(unquote(urlsplit(address).path)).name


def _suffix(path: Path) -> str:
    """Suffix that readers know the kind of file by: servers name files as they please."""
    with path.open("rb") as stream:
        start = stream.read(2)
    if start == b"\x1f\x8b":
        return ".gz"
    if start != b"PK":
        return path.suffix if path.suffix in _TEXT_SUFFIXES else ".csv"
    try:
        with zipfile.ZipFile(path) as archive:
            return ".xlsx" if "[Content_Types].xml" in archive.namelist() else ".zip"
    except zipfile.BadZipFile as error:
        raise PublisherError(f"{path.name} is a damaged archive ({error}); try again later") from error
