"""Sending one message to one receiver, once.

The connection goes to an address that was just checked and to no other: the URL is rewritten to that address, while the
Host header and TLS (the name asked for, and the one the certificate must bear) keep the receiver's name. The message
goes straight through a transport, without a client around it: no redirect is followed, no proxy nor password is taken
from the environment, no cookie kept, and no line of log tells the URL, which may hold a secret.
"""

import asyncio
import ssl
from collections.abc import Iterator, Mapping
from contextlib import suppress
from functools import cache

import httpx

from syndication.errors import WebhookError
from syndication.webhooks.address import Resolver, port_of, public_addresses, read_url, resolve
from syndication.webhooks.schedule import Answer

TIMEOUT_SECONDS = 10.0
MOST_READ = 64 * 1024
"""Bytes read of an answer."""
MOST_ADDRESSES = 4
"""Addresses tried of one name: a receiver with more is not reached by trying them all within the time."""
USER_AGENT = "sirius-avis-webhooks/1"
_EXPIRED, _OTHER_NAME, _OTHER_ADDRESS = 10, 62, 64
"""OpenSSL's reasons for refusing a certificate (X509_V_ERR_…), those that an integrator can mend at once."""


async def send(
    url: str,
    headers: Mapping[str, str],
    body: bytes,
    *,
    timeout: float = TIMEOUT_SECONDS,
    allow_local: bool = False,
    resolver: Resolver = resolve,
    trust: ssl.SSLContext | None = None,
) -> Answer:
    """Post a body to a receiver and give what came of it, within so many seconds in all.

    Nothing that a receiver does is raised: an answer without a status says what went wrong. A status that came in time
    counts, even when the rest of the answer did not. ``trust`` says whose certificates are believed: by default the
    authorities that browsers know.
    """
    deadline = asyncio.get_running_loop().time() + timeout
    async with httpx.AsyncHTTPTransport(verify=trust or _authorities(), trust_env=False) as transport:
        try:
            async with asyncio.timeout_at(deadline):
                place = read_url(url, allow_local=allow_local)
                host = place.raw_host.decode("ascii")
                addresses = await public_addresses(host, port_of(place), resolver, allow_local=allow_local)
                left = deadline - asyncio.get_running_loop().time()
                response = await _answered(transport, _requests(place, addresses, headers, body, left))
        except WebhookError as error:
            return Answer(None, str(error))
        except (OSError, httpx.TransportError) as error:
            return Answer(None, _why(error))
        beginning = await _beginning(response, deadline)
        return Answer(response.status_code, "", response.headers.get("retry-after", ""), beginning)


def _requests(
    place: httpx.URL, addresses: tuple[str, ...], headers: Mapping[str, str], body: bytes, left: float
) -> list[httpx.Request]:
    """The same request to each of the first addresses, of which none may use up the time (seconds) that is left.

    Connecting takes two waits, TCP's and TLS's. All of them together end before the time does: what is waiting for TLS
    when it is cancelled from outside is never closed by httpcore (1.0), while its own timeout closes it.
    """
    tried = addresses[:MOST_ADDRESSES]
    whole = httpx.Headers(headers)
    whole.update(
        {
            "host": place.netloc.decode("ascii"),
            "user-agent": USER_AGENT,
            "accept-encoding": "identity",
            "connection": "close",
        }
    )
    extensions = {
        "sni_hostname": place.raw_host.decode("ascii"),
        "timeout": httpx.Timeout(left, connect=left / (2 * len(tried) + 1)).as_dict(),
    }
    return [
        httpx.Request("POST", place.copy_with(host=address), headers=whole, content=body, extensions=extensions)
        for address in tried
    ]


async def _answered(transport: httpx.AsyncHTTPTransport, requests: list[httpx.Request]) -> httpx.Response:
    """The first answer. Only a connection that was not made is followed by another: nothing is sent twice."""
    *first, last = requests
    for request in first:
        with suppress(httpx.ConnectError, httpx.ConnectTimeout):
            return await transport.handle_async_request(request)
    return await transport.handle_async_request(last)


async def _beginning(response: httpx.Response, deadline: float) -> bytes:
    """What the receiver said, as far as it is short and quick."""
    read = bytearray()
    try:
        with suppress(OSError, httpx.TransportError):
            async with asyncio.timeout_at(deadline):
                async for piece in response.aiter_raw():
                    read += piece
                    if len(read) >= MOST_READ:
                        break
    finally:
        await response.aclose()
    return bytes(read[:MOST_READ])


@cache
def _authorities() -> ssl.SSLContext:
    return httpx.create_ssl_context(trust_env=False)


def _why(error: Exception) -> str:
    """Why there is no status, in French. Lateness comes first: TLS waits by raising an SSLError, which leads to it."""
    if isinstance(error, TimeoutError | httpx.TimeoutException):
        return "Le récepteur n'a pas répondu à temps."
    for cause in _causes(error):
        if isinstance(cause, ssl.SSLCertVerificationError):
            return _why_not_trusted(cause)
        if isinstance(cause, ssl.SSLError):
            return "Le récepteur ne s'entend pas avec nous sur le chiffrement."
    if isinstance(error, httpx.ConnectError):
        return "Rien n'accepte de connexion à cette adresse."
    return "Le récepteur a coupé la connexion, ou sa réponse est illisible."


def _why_not_trusted(error: ssl.SSLCertVerificationError) -> str:
    if error.verify_code in {_OTHER_NAME, _OTHER_ADDRESS}:
        return "Le certificat du récepteur est à un autre nom."
    if error.verify_code == _EXPIRED:
        return "Le certificat du récepteur est périmé."
    return "Le certificat du récepteur n'est pas signé par une autorité connue."


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    """An error and what led to it, whether or not a library on the way chose to hide it."""
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__
