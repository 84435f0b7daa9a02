"""Tokens, their two hashes, and the addresses that carry them."""

import base64
from urllib.parse import urlsplit

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from collector import links
from collector.errors import LinkError

HOST = "https://avis.exemple.fr"
OLD, NEW, FOREIGN = ("o" * 40, "n" * 40, "f" * 40)
ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"


def common_token(keys: tuple[str, ...], campaign_id: str) -> str:
    return links.common_link(HOST, keys, campaign_id).rsplit("/", 1)[-1]


def test_a_token_carries_128_bits_in_22_url_safe_characters() -> None:
    token = links.new_token()
    assert len(token) == 22
    assert set(token) <= set(ALPHABET)
    assert len(base64.urlsafe_b64decode(token + "==")) * 8 == 128


def test_tokens_never_repeat() -> None:
    assert len({links.new_token() for _ in range(5_000)}) == 5_000


def test_every_byte_of_a_token_varies() -> None:
    drawn = [base64.urlsafe_b64decode(links.new_token() + "==") for _ in range(300)]
    assert all(len({bytes_[place] for bytes_ in drawn}) > 50 for place in range(16))


def test_ids_never_repeat_and_are_never_taken_for_an_option() -> None:
    ids = [links.new_id() for _ in range(5_000)]
    assert len(set(ids)) == 5_000
    assert all(len(one) == 16 and set(one) <= set("abcdefghijklmnopqrstuvwxyz234567") for one in ids)


def test_a_token_of_ours_has_the_shape_of_one() -> None:
    assert all(links.is_token(links.new_token()) for _ in range(100))


@pytest.mark.parametrize(
    "value", ["", "a" * 21, "a" * 23, "a" * 21 + "=", "a" * 21 + " ", "a" * 22 + "\n", "é" * 22, "a" * 21 + "/"]
)
def test_what_is_no_token_is_told_apart(value: str) -> None:
    assert not links.is_token(value)


def test_a_personal_link_takes_at_most_60_characters_after_the_host() -> None:
    link = links.personal_link(HOST, links.new_token())
    assert link.startswith(HOST + "/r/")
    assert len(link.removeprefix(HOST)) <= 60


def test_a_common_link_takes_at_most_60_characters_after_the_host() -> None:
    link = links.common_link(HOST, (NEW, OLD), links.new_id())
    assert link.startswith(HOST + "/c/")
    assert len(link.removeprefix(HOST)) <= 60


def test_links_need_no_escaping_in_an_address() -> None:
    for link in (
        links.personal_link(HOST, links.new_token()),
        links.common_link(HOST, (NEW,), links.new_id()),
    ):
        parts = urlsplit(link)
        assert set(parts.path) <= set(ALPHABET + "/.")
        assert not parts.query
        assert not parts.fragment


def test_the_two_hashes_of_a_token_differ_and_neither_holds_it() -> None:
    token = links.new_token()
    hashes = (links.roster_hash(token), links.author_hash(token))
    assert hashes[0] != hashes[1]
    assert all(len(one) == 32 and token not in one for one in hashes)


def test_hashes_do_not_depend_on_anything_but_the_token() -> None:
    token, other = links.new_token(), links.new_token()
    for hash_of in (links.roster_hash, links.author_hash):
        assert hash_of(token) == hash_of(token)
        assert hash_of(token) != hash_of(other)


def test_a_common_link_gives_its_campaign_back() -> None:
    campaign = links.new_id()
    assert links.read_common_token((NEW,), common_token((NEW,), campaign)) == campaign


def test_a_common_link_survives_the_rotation_of_keys() -> None:
    campaign = links.new_id()
    before = common_token((OLD,), campaign)
    assert links.read_common_token((NEW, OLD), before) == campaign


def test_a_common_link_is_signed_with_the_newest_key() -> None:
    campaign = links.new_id()
    after = common_token((NEW, OLD), campaign)
    assert links.read_common_token((NEW,), after) == campaign
    with pytest.raises(LinkError):
        links.read_common_token((OLD,), after)


def test_a_common_link_dies_with_the_key_that_signed_it() -> None:
    before = common_token((OLD,), links.new_id())
    with pytest.raises(LinkError):
        links.read_common_token((NEW,), before)


def test_a_common_link_signed_with_a_foreign_key_is_refused() -> None:
    forged = common_token((FOREIGN,), links.new_id())
    with pytest.raises(LinkError, match="nulle part"):
        links.read_common_token((NEW, OLD), forged)


@pytest.mark.parametrize("value", ["", ".", "abc", "abc.", ".abc", "0123456789abcdef01234567", "é.é", "a" * 5_000])
def test_what_is_no_common_link_is_refused(value: str) -> None:
    with pytest.raises(LinkError):
        links.read_common_token((NEW,), value)


def test_a_signature_does_not_fit_another_campaign() -> None:
    first, second = links.new_id(), links.new_id()
    signature = common_token((NEW,), first).rpartition(".")[2]
    with pytest.raises(LinkError):
        links.read_common_token((NEW,), f"{second}.{signature}")


@given(st.data())
def test_a_common_link_changed_in_one_place_never_leads_to_another_campaign(data: st.DataObject) -> None:
    campaign = links.new_id()
    token = common_token((NEW,), campaign)
    place = data.draw(st.integers(0, len(token) - 1))
    letter = data.draw(st.sampled_from(ALPHABET))
    assume(letter != token[place])
    changed = token[:place] + letter + token[place + 1 :]
    try:
        assert links.read_common_token((NEW,), changed) == campaign
        assert place == len(token) - 1, "only the spare bits of the last character mean nothing"
    except LinkError:
        pass


@given(st.text(max_size=200))
def test_any_text_is_refused_as_a_common_link_without_another_error(value: str) -> None:
    with pytest.raises(LinkError):
        links.read_common_token((NEW, OLD), value)
