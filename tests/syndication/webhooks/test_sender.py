"""Sending to real receivers, of which some are slow, talkative, impostors, or point at our own network."""

import asyncio
import logging
import os
import socket
import ssl
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
import trustme

from syndication.webhooks.schedule import Answer, Fate, outcome_of
from syndication.webhooks.sender import MOST_READ, send
from syndication.webhooks.signing import secret_of, signed_headers, verify
from tests.helpers import NOON

NAME = "recepteur.exemple.fr"
BODY = '{"type":"avis.publie","data":{"avis":"Équipe formidable"}}'.encode()
HEADERS = {"content-type": "application/json", "webhook-id": "msg_1"}
QUICK, PATIENT, SLACK = 1.0, 5.0, 5.0
"""Seconds given to a receiver that will not answer in time, and to one that should."""
NOBODY = "2d00::1"
"""An address of a block that IANA has given to nobody: public, and never reached."""
Reply = Callable[[asyncio.StreamWriter], Awaitable[None]]


@dataclass
class Receiver:
    """What a receiver saw: connections, names asked for by TLS, requests whole."""

    port: int = 0
    connections: int = 0
    names: list[str | None] = field(default_factory=list)
    requests: list[tuple[str, httpx.Headers, bytes]] = field(default_factory=list)

    def url(self, scheme: str = "https", host: str = NAME, path: str = "/recu") -> str:
        return f"{scheme}://{host}:{self.port}{path}"


def saying(*pieces: bytes, pause: float = 0.0) -> Reply:
    """A receiver that writes these pieces, and a pause after each."""

    async def reply(writer: asyncio.StreamWriter) -> None:
        for piece in pieces:
            writer.write(piece)
            await writer.drain()
            await asyncio.sleep(pause)

    return reply


def answering(status: str, *headers: str, body: bytes = b"") -> Reply:
    """A receiver that answers a status line, headers and a body."""
    lines = [f"HTTP/1.1 {status}", *headers, f"content-length: {len(body)}", "", ""]
    return saying("\r\n".join(lines).encode() + body)


DONE = answering("204 No Content")


@asynccontextmanager
async def receiving(
    reply: Reply = DONE, tls: ssl.SSLContext | None = None, host: str = "127.0.0.1", port: int = 0
) -> AsyncIterator[Receiver]:
    """A real server of this loop, on a free port of this machine unless told which."""
    receiver = Receiver()
    if tls is not None:
        tls.sni_callback = lambda _socket, name, _context: receiver.names.append(name)

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        receiver.connections += 1
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
            line, *fields = head.rstrip("\r\n").split("\r\n")
            headers = httpx.Headers(dict(one.split(": ", 1) for one in fields))
            body = await reader.readexactly(int(headers["content-length"]))
            receiver.requests.append((line, headers, body))
            await reply(writer)
        except (OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass  # the sender had enough, or the test is over
        finally:
            writer.close()

    server = await asyncio.start_server(serve, host, port, ssl=tls)
    receiver.port = server.sockets[0].getsockname()[1]
    async with server:
        yield receiver


def always(*addresses: str) -> Callable[[str, int], Awaitable[Sequence[str]]]:
    """A resolver that knows these addresses, whatever the name."""

    async def answer(_host: str, _port: int) -> Sequence[str]:
        return addresses

    return answer


HERE: dict[str, Any] = {"resolver": always("127.0.0.1"), "allow_local": True, "timeout": PATIENT}
"""The name leads to this machine, which may be called."""


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture(scope="module")
def trust(authority: trustme.CA) -> ssl.SSLContext:
    """What believes the authority of the tests, and no other."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    authority.configure_trust(context)
    return context


@pytest.fixture
def certified(authority: trustme.CA) -> Callable[..., ssl.SSLContext]:
    """What a server of these names shows."""

    def run(*names: str, **options: Any) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        authority.issue_cert(*names, **options).configure_cert(context)
        return context

    return run


def answer_of(reply: Reply, tls: ssl.SSLContext, trust: ssl.SSLContext, **options: Any) -> tuple[Answer, Receiver]:
    """Send once to a receiver that replies so, by https."""

    async def run() -> tuple[Answer, Receiver]:
        async with receiving(reply, tls) as receiver:
            return await send(receiver.url(), HEADERS, BODY, trust=trust, **(HERE | options)), receiver

    return asyncio.run(run())


# -- what arrives ------------------------------------------------------------------------------------------------------


def test_a_message_arrives_whole_at_the_name_that_was_given(
    certified: Callable[..., ssl.SSLContext], trust: ssl.SSLContext
) -> None:
    answer, receiver = answer_of(answering("200 OK", body=b"merci"), certified(NAME), trust)
    assert answer == Answer(200, body=b"merci")
    assert receiver.names == [NAME]
    [(line, headers, body)] = receiver.requests
    assert (line, body) == ("POST /recu HTTP/1.1", BODY)
    assert headers["host"] == f"{NAME}:{receiver.port}"
    assert headers["content-type"] == "application/json"
    assert headers["webhook-id"] == "msg_1"
    assert headers["user-agent"].startswith("sirius-avis")


def test_what_is_signed_is_believed_when_it_arrives(
    certified: Callable[..., ssl.SSLContext], trust: ssl.SSLContext
) -> None:
    secret = secret_of("une clé", "un sel")

    async def run() -> Receiver:
        async with receiving(DONE, certified(NAME)) as receiver:
            headers = signed_headers([secret], "msg_2", NOON, BODY)
            assert (await send(receiver.url(), headers, BODY, trust=trust, **HERE)).status == 204
            return receiver

    [(_, headers, body)] = asyncio.run(run()).requests
    assert verify([secret], headers, body, NOON) == "msg_2"


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_a_demonstration_is_called_by_http_on_this_machine(host: str) -> None:
    async def run() -> tuple[Answer, Receiver]:
        async with receiving() as receiver:
            url = receiver.url("http", host)
            return await send(url, HEADERS, BODY, timeout=PATIENT, allow_local=True), receiver

    answer, receiver = asyncio.run(run())
    assert answer == Answer(204)
    assert [headers["host"] for _, headers, _ in receiver.requests] == [f"{host}:{receiver.port}"]


def test_the_next_address_is_tried_when_nobody_listens_on_the_first(
    certified: Callable[..., ssl.SSLContext], trust: ssl.SSLContext
) -> None:
    answer, receiver = answer_of(DONE, certified(NAME), trust, resolver=always("127.0.0.9", "::1", "127.0.0.1"))
    assert answer.status == 204
    assert len(receiver.requests) == 1


def test_a_message_that_left_is_not_sent_to_another_address(
    certified: Callable[..., ssl.SSLContext], trust: ssl.SSLContext
) -> None:
    answer, receiver = answer_of(saying(), certified(NAME), trust, resolver=always("127.0.0.1", "127.0.0.2"))
    assert answer == Answer(None, "Le récepteur a coupé la connexion, ou sa réponse est illisible.")
    assert receiver.connections == 1


# -- what receivers answer ---------------------------------------------------------------------------------------------


def test_a_receiver_that_is_gone_stops_everything(
    certified: Callable[..., ssl.SSLContext], trust: ssl.SSLContext
) -> None:
    answer, _ = answer_of(answering("410 Gone"), certified(NAME), trust)
    assert answer == Answer(410)
    assert outcome_of(answer, NOON).fate is Fate.STOP


def test_a_receiver_may_ask_to_wait(certified: Callable[..., ssl.SSLContext], trust: ssl.SSLContext) -> None:
    answer, _ = answer_of(answering("429 Too Many Requests", "Retry-After: 120"), certified(NAME), trust)
    assert answer == Answer(429, retry_after="120")
    assert outcome_of(answer, NOON).asked == timedelta(minutes=2)


@pytest.mark.parametrize("status", ["301 Moved", "302 Found", "303 See Other", "307 Temporary", "308 Permanent"])
def test_a_redirect_is_not_followed(
    status: str, certified: Callable[..., ssl.SSLContext], trust: ssl.SSLContext
) -> None:
    async def run() -> tuple[Answer, Receiver, Receiver]:
        async with receiving() as elsewhere:
            reply = answering(status, f"location: http://127.0.0.1:{elsewhere.port}/secret")
            async with receiving(reply, certified(NAME)) as receiver:
                answer = await send(receiver.url(), HEADERS, BODY, trust=trust, **HERE)
                return answer, receiver, elsewhere

    answer, receiver, elsewhere = asyncio.run(run())
    assert answer == Answer(int(status[:3]))
    assert outcome_of(answer, NOON).fate is Fate.RETRY
    assert (receiver.connections, elsewhere.connections) == (1, 0)


@pytest.mark.parametrize(
    "reply",
    [
        saying(b"", pause=60.0), saying(b"HTTP/1.1 200 OK\r\n", *[b"x", b"-"] * 1000, pause=0.05),
        saying(*(b"HTTP/1.1 100 Continue\r\n\r\n" for _ in range(1000)), pause=0.05),
    ],
    ids=["mute", "letter by letter", "always about to answer"],
)  # fmt: skip
def test_a_slow_receiver_is_cut(reply: Reply, certified: Callable[..., ssl.SSLContext], trust: ssl.SSLContext) -> None:
    start = time.monotonic()
    answer, _ = answer_of(reply, certified(NAME), trust, timeout=QUICK)
    assert time.monotonic() - start < QUICK + SLACK  # it would have taken fifty at least
    assert answer == Answer(None, "Le récepteur n'a pas répondu à temps.")


def test_a_slow_resolver_is_cut() -> None:
    async def asleep(_host: str, _port: int) -> Sequence[str]:
        await asyncio.sleep(60)
        return ["127.0.0.1"]

    answer = asyncio.run(send(f"https://{NAME}/", HEADERS, BODY, timeout=QUICK, resolver=asleep))
    assert answer == Answer(None, "Le récepteur n'a pas répondu à temps.")


def test_a_status_that_came_in_time_counts_though_the_rest_did_not(
    certified: Callable[..., ssl.SSLContext], trust: ssl.SSLContext
) -> None:
    reply = saying(b"HTTP/1.1 202 Accepted\r\ncontent-length: 9000\r\n\r\n", *(b"." for _ in range(9000)), pause=0.02)
    start = time.monotonic()
    answer, _ = answer_of(reply, certified(NAME), trust, timeout=QUICK)
    assert time.monotonic() - start < QUICK + SLACK  # it would have taken fifty at least
    assert answer.status == 202
    assert 0 < len(answer.body) < 9000


def test_a_status_counts_though_the_connection_breaks_after_it(
    certified: Callable[..., ssl.SSLContext], trust: ssl.SSLContext
) -> None:
    answer, _ = answer_of(saying(b"HTTP/1.1 200 OK\r\ncontent-length: 900\r\n\r\nmerci"), certified(NAME), trust)
    assert answer == Answer(200, body=b"merci")


@pytest.mark.parametrize("heading", ["content-length: 999999999999", "transfer-encoding: chunked"])
def test_a_huge_answer_is_cut(heading: str, certified: Callable[..., ssl.SSLContext], trust: ssl.SSLContext) -> None:
    written = 0

    async def pour(writer: asyncio.StreamWriter) -> None:
        nonlocal written
        writer.write(f"HTTP/1.1 200 OK\r\n{heading}\r\ncontent-encoding: gzip\r\n\r\n".encode())
        piece = (b"4000\r\n" if "chunked" in heading else b"") + b"x" * 0x4000 + b"\r\n"
        while written < 200_000_000:
            writer.write(piece)
            await writer.drain()
            written += len(piece)

    answer, _ = answer_of(pour, certified(NAME), trust)
    assert answer.status == 200
    assert len(answer.body) == MOST_READ
    assert written < 50_000_000


@pytest.mark.parametrize(
    "reply",
    [saying(), saying(b"bonjour\r\n\r\n"), saying(b"HTTP/1.1 2000 OK\r\n\r\n"), saying(b"HTTP/1.1 200 OK\r\nx"),
     saying(b"HTTP/1.1 200 OK\r\n" + b"x: " + b"y" * 200_000 + b"\r\n\r\n")],
    ids=["nothing", "no HTTP", "no status", "cut", "huge headers"],
)  # fmt: skip
def test_an_answer_that_cannot_be_read_is_no_answer(
    reply: Reply, certified: Callable[..., ssl.SSLContext], trust: ssl.SSLContext
) -> None:
    answer, _ = answer_of(reply, certified(NAME), trust)
    assert answer == Answer(None, "Le récepteur a coupé la connexion, ou sa réponse est illisible.")


# -- who answers -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("names", [("autre.exemple.fr",), ("127.0.0.1", "localhost"), ("*.recepteur.exemple.fr",)])
def test_a_certificate_of_another_name_is_refused(
    names: tuple[str, ...], certified: Callable[..., ssl.SSLContext], trust: ssl.SSLContext
) -> None:
    answer, receiver = answer_of(DONE, certified(*names), trust)
    assert answer == Answer(None, "Le certificat du récepteur est à un autre nom.")
    assert receiver.requests == []


def test_a_certificate_that_has_expired_is_refused(
    certified: Callable[..., ssl.SSLContext], trust: ssl.SSLContext
) -> None:
    answer, receiver = answer_of(DONE, certified(NAME, not_after=NOON - timedelta(days=3650)), trust)
    assert answer == Answer(None, "Le certificat du récepteur est périmé.")
    assert receiver.requests == []


def test_a_certificate_of_an_unknown_authority_is_refused(certified: Callable[..., ssl.SSLContext]) -> None:
    async def run() -> tuple[Answer, Receiver]:
        async with receiving(DONE, certified(NAME)) as receiver:
            return await send(receiver.url(), HEADERS, BODY, **HERE), receiver

    answer, receiver = asyncio.run(run())
    assert answer == Answer(None, "Le certificat du récepteur n'est pas signé par une autorité connue.")
    assert receiver.requests == []


def test_a_receiver_that_wants_a_certificate_of_ours_gets_no_answer_of_us(
    certified: Callable[..., ssl.SSLContext], trust: ssl.SSLContext
) -> None:
    demanding = certified(NAME)
    demanding.verify_mode = ssl.CERT_REQUIRED
    answer, receiver = answer_of(DONE, demanding, trust)
    assert answer.status is None
    assert answer.fault
    assert receiver.requests == []


def test_a_receiver_that_garbles_its_encryption_is_understood_to_have_failed(
    certified: Callable[..., ssl.SSLContext], trust: ssl.SSLContext
) -> None:
    async def garble(writer: asyncio.StreamWriter) -> None:
        os.write(writer.get_extra_info("socket").fileno(), b"this is no TLS record")

    answer, receiver = answer_of(garble, certified(NAME), trust)
    assert answer == Answer(None, "Le récepteur ne s'entend pas avec nous sur le chiffrement.")
    assert len(receiver.requests) == 1


@pytest.mark.parametrize("words", [b"", b"HTTP/1.1 400 Bad Request\r\n\r\n"])
def test_a_receiver_that_refuses_encryption_is_said_so(words: bytes, trust: ssl.SSLContext) -> None:
    async def refuse(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(words)
        writer.close()

    async def run() -> Answer:
        async with await asyncio.start_server(refuse, "127.0.0.1", 0) as server:
            url = f"https://{NAME}:{server.sockets[0].getsockname()[1]}/"
            return await send(url, HEADERS, BODY, trust=trust, **HERE)

    assert asyncio.run(run()) == Answer(None, "Le récepteur ne s'entend pas avec nous sur le chiffrement.")


def test_a_receiver_without_encryption_is_not_spoken_to_by_https(trust: ssl.SSLContext) -> None:
    async def run() -> tuple[Answer, Receiver]:
        async with receiving() as receiver:  # waits for a request, and reads none in a handshake
            return await send(receiver.url(), HEADERS, BODY, trust=trust, **(HERE | {"timeout": QUICK})), receiver

    answer, receiver = asyncio.run(run())
    assert answer.status is None
    assert receiver.requests == []


def test_nobody_listening_is_said_so(unused_tcp_port: int, trust: ssl.SSLContext) -> None:
    url = f"https://{NAME}:{unused_tcp_port}/"
    answer = asyncio.run(send(url, HEADERS, BODY, trust=trust, **HERE))
    assert answer == Answer(None, "Rien n'accepte de connexion à cette adresse.")


@pytest.fixture
def unused_tcp_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        port: int = bound.getsockname()[1]
        return port


# -- where it never goes -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("addresses", [("127.0.0.1",), (NOBODY, "127.0.0.1"), ("::ffff:127.0.0.1",), ("10.0.0.1",)])
def test_a_name_that_leads_to_a_private_address_is_refused(
    addresses: tuple[str, ...], certified: Callable[..., ssl.SSLContext], trust: ssl.SSLContext
) -> None:
    answer, receiver = answer_of(DONE, certified(NAME), trust, resolver=always(*addresses), allow_local=False)
    assert answer == Answer(None, f"« {NAME} » mène à une adresse qui n'est pas publique.")
    assert receiver.connections == 0


@pytest.mark.parametrize("url", ["http://127.0.0.1:1/", "https://10.0.0.1/", "ftp://exemple.fr", "", "https://a@b.fr/"])
def test_a_url_that_is_none_is_not_called(url: str) -> None:
    answer = asyncio.run(send(url, HEADERS, BODY, resolver=always("1.1.1.1")))
    assert answer.status is None
    assert "adresse de réception" in answer.fault


@pytest.fixture
def rebound(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What resolves names answers a public address first, and this machine ever after; gives the names it was asked.

    Every library of the process asks here, so that a second question by any of them would be answered.
    """
    asked: list[str] = []

    def getaddrinfo(host: str | bytes, port: int, *_: Any, **__: Any) -> list[Any]:
        asked.append(host.decode() if isinstance(host, bytes) else host)
        if len(asked) == 1:
            return [(socket.AF_INET6, socket.SOCK_STREAM, 6, "", (NOBODY, port, 0, 0))]
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", port))]

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    return asked


def test_a_name_that_leads_elsewhere_once_checked_never_reaches_us(
    rebound: list[str], certified: Callable[..., ssl.SSLContext], trust: ssl.SSLContext
) -> None:
    async def run() -> tuple[Answer, int, int]:
        async with receiving(DONE, certified(NAME), port=0) as receiver:
            answer = await send(receiver.url(), HEADERS, BODY, timeout=QUICK, trust=trust)
            reached = receiver.connections
            async with httpx.AsyncClient(verify=trust, trust_env=False) as plain:  # the trap works: it catches others
                await plain.post(receiver.url(), content=BODY)
            return answer, reached, receiver.connections

    answer, reached, by_others = asyncio.run(run())
    assert answer.status is None
    assert (reached, by_others) == (0, 1)
    assert rebound == [NAME, NAME]


def test_the_connection_goes_to_the_address_that_was_checked(
    certified: Callable[..., ssl.SSLContext], trust: ssl.SSLContext
) -> None:
    answers = iter([["127.0.0.1"], ["127.0.0.2"]])

    async def rebinding(_host: str, _port: int) -> Sequence[str]:
        return next(answers)

    async def run() -> list[tuple[int, int]]:
        counts = []
        async with (
            receiving(DONE, certified(NAME)) as first,
            receiving(DONE, certified(NAME), "127.0.0.2", first.port) as second,
        ):
            for _ in range(2):
                options = HERE | {"resolver": rebinding}
                assert (await send(first.url(), HEADERS, BODY, trust=trust, **options)).status == 204
                counts.append((first.connections, second.connections))
        return counts

    assert asyncio.run(run()) == [(1, 0), (1, 1)]


def test_nothing_of_the_environment_changes_the_road(
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    certified: Callable[..., ssl.SSLContext],
    trust: ssl.SSLContext,
) -> None:
    (tmp_path / ".netrc").write_text(
        f"machine {NAME} login lea password secret\nmachine 127.0.0.1 login a password b\n"
    )
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("NETRC", str(tmp_path / ".netrc"))
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    answer, receiver = answer_of(DONE, certified(NAME), trust)
    assert answer.status == 204
    assert "authorization" not in receiver.requests[0][1]


def test_no_log_tells_a_secret(
    caplog: pytest.LogCaptureFixture, certified: Callable[..., ssl.SSLContext], trust: ssl.SSLContext
) -> None:
    secret, token = secret_of("une clé", "un sel"), "motdepasse"

    async def run() -> None:
        async with receiving(DONE, certified(NAME)) as receiver:
            headers = signed_headers([secret], "msg_3", NOON, BODY)
            url = receiver.url(path=f"/{token}?clef={token}")
            assert (await send(url, headers, BODY, trust=trust, **HERE)).status == 204

    with caplog.at_level(logging.DEBUG):
        asyncio.run(run())
    for hidden in (token, secret, "v1,", "formidable"):
        assert hidden not in caplog.text
