"""Searching: accents, plurals and word forms, within a scope, and nothing left of a withdrawn text."""

import pytest

from syndication.search.words import query_terms, terms_of


def found(query: str, text: str) -> bool:
    terms = set(terms_of(text).split())
    return all(terms.intersection(group) for group in query_terms(query))


@pytest.mark.parametrize(
    ("query", "text"),
    [
        ("horaire", "Les horaires sont durs"),
        ("HORAIRES", "un horaire"),
        ("employe", "les employés"),
        ("employées", "un employe"),
        ("anciennete", "l'ancienneté compte"),
        ("coeur", "mon cœur de métier"),
        ("l'entreprise", "Les entreprises"),
        ("cuisinière", "cuisiniers"),
        ("travailler", "je travaillais le soir"),
        ("collègue sympa", "Des collègues sympas"),
        ("le patron", "Patronne gentille"),
        ("journal", "les journaux"),
    ],
)
def test_words_are_found_whatever_their_form(query: str, text: str) -> None:
    assert found(query, text)


@pytest.mark.parametrize(("query", "text"), [("cuisine", "la mécanique"), ("patron internat", "un patron")])
def test_every_word_must_be_there(query: str, text: str) -> None:
    assert not found(query, text)


def test_a_query_of_empty_words_alone_still_asks_for_them() -> None:
    assert query_terms("de la") == [("de",), ("la",)]
    assert query_terms("« ? »") == []
