"""Standard Webhooks: published vectors, the published library, rotation, and messages that are not to be believed."""

import base64
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from standardwebhooks import Webhook, WebhookVerificationError

from syndication.errors import WebhookError
from syndication.webhooks.signing import ID, SIGNATURE, TIMESTAMP, secret_of, sign, signed_headers, verify
from tests.helpers import NOON

SECRET = "whsec_" + base64.b64encode(b"une clef de vingt-quatre").decode()
OLD_SECRET = "whsec_" + base64.b64encode(b"la clef d'avant, plus longue").decode()
BODY = '{"type":"avis.publie","data":{"avis":"Équipe formidable"}}'.encode()

# From github.com/standard-webhooks/standard-webhooks at b2fa7b8: `test_sign_function` of
# libraries/python/tests/test_webhooks.py (the same in Go, JavaScript, PHP, Java, Ruby and C#), and `test_sign` of
# libraries/rust/src/lib.rs.
PUBLISHED = [
    ("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330,
     b'{"test": 2432232314}', "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="),
    ("whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD", "msg_27UH4WbU6Z5A5EzD8u03UvzRbpk", 1649367553,
     b'{"email":"test@example.com","username":"test_user"}', "v1,tZ1I4/hDygAJgO5TYxiSd6Sd0kDW6hPenDe+bTa3Kkw="),
]  # fmt: skip
# Signatures that `test_multi_sig_payload_is_valid` of the same file surrounds the right one with.
OTHERS = ("v1,Ceo5qEr07ixe2NLpvHk3FH9bwy/WavXrAFQ/9tdO6mc=", "v2,Ceo5qEr07ixe2NLpvHk3FH9bwy/WavXrAFQ/9tdO6mc=")


@pytest.mark.parametrize(("secret", "message_id", "timestamp", "body", "signature"), PUBLISHED)
def test_it_signs_and_believes_the_published_vectors(
    secret: str, message_id: str, timestamp: int, body: bytes, signature: str
) -> None:
    assert sign(secret, message_id, timestamp, body) == signature
    headers = {ID: message_id, TIMESTAMP: str(timestamp), SIGNATURE: f"{OTHERS[0]} {OTHERS[1]} {signature} {OTHERS[0]}"}
    now = datetime.fromtimestamp(timestamp, UTC)
    assert verify([secret], headers, body, now) == message_id
    for wrong in (*OTHERS, "v1,", "v1", "", signature[:8], signature.replace("v1,", "v1a,"), signature[3:], "v1,é"):
        with pytest.raises(WebhookError):
            verify([secret], headers | {SIGNATURE: wrong}, body, now)


@given(body=st.text(st.characters(exclude_categories=["Cs"])))
def test_the_published_library_believes_what_is_signed_here(body: str) -> None:
    secret = secret_of("une clé", "un sel")
    headers = signed_headers([secret], "msg_1", datetime.now(UTC), body.encode())
    Webhook(secret).verify(body, headers, json_parse=False)
    with pytest.raises(WebhookVerificationError):
        Webhook(secret_of("une clé", "un autre")).verify(body, headers, json_parse=False)


def test_what_the_published_library_signs_is_believed_here() -> None:
    now = datetime.now(UTC)
    signature = Webhook(SECRET).sign("msg_1", now, BODY.decode())
    headers = {ID: "msg_1", TIMESTAMP: str(int(now.timestamp())), SIGNATURE: signature}
    assert verify([SECRET], headers, BODY, now) == "msg_1"


def test_each_key_and_each_salt_make_a_secret_of_their_own_always_the_same() -> None:
    secrets = {secret_of(key, salt) for key in ("une clé", "une autre") for salt in ("a", "b", "c")}
    assert len(secrets) == 6
    assert secret_of("une clé", "a") in secrets
    for secret in secrets:
        assert secret.startswith("whsec_")
        assert "=" not in secret
        assert 24 <= len(base64.b64decode(secret.removeprefix("whsec_"), validate=True)) <= 64


def test_during_a_rotation_either_secret_opens() -> None:
    headers = signed_headers([SECRET, OLD_SECRET], "msg_1", NOON, BODY)
    assert headers[SIGNATURE].count("v1,") == 2
    assert headers[SIGNATURE].count(" ") == 1
    for secrets in ([SECRET], [OLD_SECRET], [secret_of("une clé", "un sel"), OLD_SECRET]):
        assert verify(secrets, headers, BODY, NOON) == "msg_1"
    with pytest.raises(WebhookError, match="signature"):
        verify([secret_of("une clé", "un sel")], headers, BODY, NOON)


def test_headers_may_come_in_capitals() -> None:
    headers = {name.title(): value for name, value in signed_headers([SECRET], "msg_1", NOON, BODY).items()}
    assert verify([SECRET], headers, BODY, NOON) == "msg_1"


@pytest.mark.parametrize("name", [ID, TIMESTAMP, SIGNATURE])
def test_a_header_cannot_be_missing_nor_changed(name: str) -> None:
    headers = signed_headers([SECRET], "msg_1", NOON, BODY)
    with pytest.raises(WebhookError, match="manque"):
        verify([SECRET], {key: value for key, value in headers.items() if key != name}, BODY, NOON)
    with pytest.raises(WebhookError):
        verify([SECRET], headers | {name: headers[name] + "1"}, BODY, NOON)


def test_a_changed_body_is_not_believed() -> None:
    headers = signed_headers([SECRET], "msg_1", NOON, BODY)
    with pytest.raises(WebhookError, match="signature"):
        verify([SECRET], headers, BODY + b" ", NOON)


@pytest.mark.parametrize("seconds", [-300, 0, 300])
def test_five_minutes_between_clocks_are_forgiven(seconds: int) -> None:
    headers = signed_headers([SECRET], "msg_1", NOON + timedelta(seconds=seconds), BODY)
    assert verify([SECRET], headers, BODY, NOON) == "msg_1"


@pytest.mark.parametrize("seconds", [-301, 301, 86400])
def test_a_message_played_again_later_is_refused(seconds: int) -> None:
    headers = signed_headers([SECRET], "msg_1", NOON + timedelta(seconds=seconds), BODY)
    with pytest.raises(WebhookError, match="cinq minutes"):
        verify([SECRET], headers, BODY, NOON)


@pytest.mark.parametrize("timestamp", ["hello", "1614265330.0", "-1614265330", "١٢٣", "9" * 12, " 1"])
def test_a_timestamp_is_a_number_of_seconds(timestamp: str) -> None:
    headers = signed_headers([SECRET], "msg_1", NOON, BODY) | {TIMESTAMP: timestamp}
    with pytest.raises(WebhookError, match="secondes"):
        verify([SECRET], headers, BODY, NOON)


@pytest.mark.parametrize(
    "secret",
    ["", "whsec_", "whsec_é", SECRET.removeprefix("whsec_"), SECRET[:-4], SECRET[:-1], SECRET + " ",
     "whsk_" + SECRET.removeprefix("whsec_"), "whsec_" + base64.b64encode(bytes(65)).decode()],
)  # fmt: skip
def test_what_is_no_secret_is_refused_without_being_told(secret: str) -> None:
    with pytest.raises(WebhookError, match="24 à 64 octets") as refusal:
        sign(secret, "msg_1", 1, BODY)
    assert secret.removeprefix("whsec_")[:8] not in str(refusal.value) or len(secret) < 8


@pytest.mark.parametrize("message_id", ["", "msg.1", "msg 1", "msg\n1", "é", "x" * 101])
def test_an_id_that_could_be_confused_is_never_signed(message_id: str) -> None:
    with pytest.raises(ValueError, match="id"):
        sign(SECRET, message_id, 1, BODY)
