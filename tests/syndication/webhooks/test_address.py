"""Receivers' URLs, and addresses that must never be called."""

import asyncio
import socket
from collections.abc import Sequence
from ipaddress import ip_address

import httpx
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from syndication.errors import WebhookError
from syndication.webhooks.address import LONGEST_URL, is_public, port_of, public_addresses, read_url

PUBLIC = ["1.1.1.1", "92.184.216.34", "172.32.0.1", "100.128.0.1", "198.20.0.1", "2606:4700::1111", "2a01:e0a::1"]
NOT_PUBLIC = [
    "0.0.0.0", "0.1.2.3", "10.0.0.1", "10.255.255.255", "100.64.0.1", "100.100.100.200", "127.0.0.1", "127.255.0.1",
    "169.254.169.254", "172.16.0.1", "172.31.255.255", "192.0.0.8", "192.0.0.192", "192.0.2.1", "192.88.99.1",
    "192.168.1.1", "198.18.0.1", "198.51.100.1", "203.0.113.1", "224.0.0.1", "239.255.255.250", "240.0.0.1",
    "255.255.255.255", "::", "::1", "fe80::1", "fe80::1%eth0", "fec0::1", "fc00::1", "fd00:ec2::254", "ff02::1",
    "ff0e::1", "100::1", "5f00::1", "2001:db8::1", "3fff::1", "2001:2::1", "2001:10::1", "2001:20::1", "4000::1",
]  # fmt: skip
WRAPPED = [
    "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:8.8.8.8", "::127.0.0.1", "::8.8.8.8", "::ffff:0:127.0.0.1",
    "64:ff9b::127.0.0.1", "64:ff9b::10.0.0.1", "64:ff9b::169.254.169.254", "64:ff9b::224.0.0.1", "64:ff9b::0.0.0.0",
    "64:ff9b:1::8.8.8.8", "2002:7f00:1::1", "2002:a9fe:a9fe::1", "2002:808:808::1", "2001::7f00:1",
    "2001:0:4136:e378:8000:63bf:f5ff:fffe",
]  # fmt: skip

REFUSED = {
    "commence par https://": [
        "", "exemple.fr", "//exemple.fr", "http://exemple.fr", "ftp://exemple.fr", "file:///etc/passwd",
        "javascript:alert(1)", "http://127.0.0.1:8000", "http://localhost/",
    ],
    "ni identifiant ni mot de passe": [
        "https://lea:secret@exemple.fr/", "https://lea@exemple.fr/", "https://exemple.fr\\@autre.fr/",
    ],
    "avant le « # »": ["https://exemple.fr/#ici", "https://exemple.fr/#"],
    "pas d'espace": ["https://exemple.fr/a b", "https://exemple.fr/a\u00a0b"],
    "ne se lit pas": [
        "https://exemple.fr/\ta", "https://exem\nple.fr/", "https://exemple.fr:port/", "https://\ud800.fr/",
        "https://0127.0.0.1/", "https://256.1.1.1/", "https://１２７.0.0.1/", "https://[::1",
        "https://é" + "a" * 63 + ".fr/",
    ],
    "de 1 à 65535": ["https://exemple.fr:0/", "https://exemple.fr:65536/", "https://exemple.fr:-1/"],
    "nom de site complet": [
        "https://", "https:///recu", "https://localhost/", "https://intranet/", "https://exemple.fr./", "https://-a.fr/",
        "https://exemple..fr/", "https://a_b.exemple.fr/", "https://*.exemple.fr/", "https://exemple%2efr/",
        "https://127.1/", "https://2130706433/", "https://0x7f.0.0.1/", "https://0x7f000001/", "https://exemple.0x1/",
        "https://" + "a" * 64 + ".fr/", "https://" + "a." * 126 + "fr/",
    ],
    "pas sur l'internet public": [
        "https://127.0.0.1/", "https://10.0.0.1/", "https://[::1]/", "https://[::ffff:127.0.0.1]/",
        "https://[fe80::1%25eth0]/", "https://169.254.169.254/latest/meta-data/",
    ],
    "au plus 2\u202f000 caractères": [
        "https://exemple.fr/" + "a" * LONGEST_URL, "https://exemple.fr/" + "é" * 700, "https://a.fr/" + "a" * 70_000,
    ],
}  # fmt: skip
"""What is no receiver's URL, by what is said of it."""


def resolved(*addresses: str, host: str = "recepteur.exemple.fr", allow_local: bool = False) -> tuple[str, ...]:
    async def answer(name: str, port: int) -> Sequence[str]:
        assert (name, port) == (host, 443)
        return addresses

    return asyncio.run(public_addresses(host, 443, answer, allow_local=allow_local))


# -- URLs --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "url", "port"),
    [
        ("https://exemple.fr/recu", "https://exemple.fr/recu", 443),
        (" https://EXEMPLE.fr:443/recu?clef=a%20b ", "https://exemple.fr/recu?clef=a%20b", 443),
        ("https://exemple.fr:8443", "https://exemple.fr:8443", 8443),
        ("https://école.fr/é", "https://xn--cole-9oa.fr/%C3%A9", 443),
        ("https://a-b.c1.exemple.museum/", "https://a-b.c1.exemple.museum/", 443),
        ("https://1.1.1.1/recu", "https://1.1.1.1/recu", 443),
        ("https://[2606:4700::1111]:8443/", "https://[2606:4700::1111]:8443/", 8443),
    ],
)  # fmt: skip
def test_a_receiver_is_named_by_a_whole_https_url(text: str, url: str, port: int) -> None:
    read = read_url(text)
    assert (str(read), port_of(read)) == (url, port)


@pytest.mark.parametrize(("text", "why"), [(text, why) for why, texts in REFUSED.items() for text in texts])
def test_what_names_no_public_receiver_is_refused_with_the_reason(text: str, why: str) -> None:
    with pytest.raises(WebhookError, match=why):
        read_url(text)


def test_a_refusal_repeats_no_password() -> None:
    with pytest.raises(WebhookError) as refusal:
        read_url("https://lea:motdepasse@exemple.fr/")
    assert "motdepasse" not in str(refusal.value)


@pytest.mark.parametrize("text", ["http://127.0.0.1:8001/recu", "http://localhost:8001/recu", "https://localhost/"])
def test_a_demonstration_may_name_this_machine(text: str) -> None:
    assert str(read_url(text, allow_local=True)) == text


@pytest.mark.parametrize(
    "text",
    ["http://exemple.fr/", "http://127.0.0.2/", "http://10.0.0.1/", "https://192.168.1.1/", "http://localhost.fr/",
     "http://lea:secret@localhost/", "ftp://localhost/", "http://localhost:0/", "http://[::ffff:127.0.0.1]/"],
)  # fmt: skip
def test_a_demonstration_may_name_nothing_else(text: str) -> None:
    with pytest.raises(WebhookError):
        read_url(text, allow_local=True)


@given(text=st.text(max_size=60).map("https://{}".format) | st.text(max_size=60))
@example("https://a.fr/%")
@example("https://a.fr?%zz")
def test_any_text_is_a_url_that_reads_the_same_again_or_is_refused(text: str) -> None:
    try:
        url = read_url(text)
    except WebhookError:
        return
    assert str(read_url(str(url))) == str(url)
    assert url.scheme == "https"
    assert str(url).isascii()
    assert httpx.URL(str(url)).raw_host == url.raw_host


# -- addresses ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("address", [*PUBLIC, "64:ff9b::8.8.8.8"])
def test_public_addresses_may_be_called(address: str) -> None:
    assert is_public(ip_address(address))
    assert resolved(address) == (address,)


@pytest.mark.parametrize("address", [*NOT_PUBLIC, *WRAPPED, "", "pas une adresse", "10.0.0.1 "])
def test_a_name_that_leads_to_any_other_address_is_refused(address: str) -> None:
    with pytest.raises(WebhookError, match="pas publique") as refusal:
        resolved(address)
    assert not address or address not in str(refusal.value)


@pytest.mark.parametrize("addresses", [("1.1.1.1", "10.0.0.1"), ("10.0.0.1", "1.1.1.1"), ("1.1.1.1", "::1")])
def test_one_private_address_condemns_the_name(addresses: tuple[str, ...]) -> None:
    with pytest.raises(WebhookError, match="pas publique"):
        resolved(*addresses)


def test_addresses_keep_their_order_and_come_once() -> None:
    assert resolved("1.1.1.1", "2606:4700::1111", "1.1.1.1") == ("1.1.1.1", "2606:4700::1111")


def test_a_demonstration_may_call_this_machine_and_no_other() -> None:
    assert resolved("::1", "127.0.0.1", allow_local=True) == ("::1", "127.0.0.1")
    for address in ("10.0.0.1", "169.254.169.254", "::ffff:127.0.0.1", "0.0.0.0", "::"):
        with pytest.raises(WebhookError):
            resolved(address, allow_local=True)


def test_a_name_without_address_leads_nowhere() -> None:
    async def nobody(_host: str, _port: int) -> Sequence[str]:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    with pytest.raises(WebhookError, match="nulle part"):
        asyncio.run(public_addresses("recepteur.exemple.fr", 443, nobody))
    with pytest.raises(WebhookError, match="nulle part"):
        resolved()


def test_this_machine_resolves_by_default() -> None:
    assert asyncio.run(public_addresses("1.1.1.1", 443)) == ("1.1.1.1",)
    with pytest.raises(WebhookError, match="pas publique"):
        asyncio.run(public_addresses("localhost", 443))
    assert "127.0.0.1" in asyncio.run(public_addresses("localhost", 443, allow_local=True))


@pytest.mark.parametrize("disguised", ["127.1", "0x7f.0.0.1", "2130706433", "017700000001"])
def test_a_disguised_address_is_seen_once_resolved(disguised: str) -> None:
    with pytest.raises(WebhookError):
        asyncio.run(public_addresses(disguised, 443))
