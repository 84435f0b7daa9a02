"""Identifiers: what is read, under which schemes, in which form, and what is refused with which words."""

from contextlib import suppress

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from syndication.catalogue.codes import SCHEMES, Code, luhn_holds, read_centre_code, read_formation_code, uai_letter
from syndication.errors import CodeError

KEY = "082581P012X1300279230016313002792300171-33063#L01"
ONISEP = "https://www.onisep.fr/http/redirection/formation"


def read(text: str) -> set[str]:
    return {str(code) for code in read_formation_code(text)}


# -- formations ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("bare", "prefix", "canonical"),
    [
        ("50022146", "cfd", "50022146"),
        ("46X25201", "cfd", "46X25201"),
        ("3553260B", "cfd", "3553260B"),
        ("46x25201", "cfd", "46X25201"),
        ("50022146T", "cfd", "50022146"),
        ("RNCP37553", "rncp", "RNCP37553"),
        ("RNCP521", "rncp", "RNCP521"),
        ("rncp00521", "rncp", "RNCP521"),
        ("37553", "rncp", "RNCP37553"),
        ("RS6533", "rs", "RS6533"),
        ("rs06533", "rs", "RS6533"),
        ("115708", "certifinfo", "115708"),
        ("75787", "certifinfo", "75787"),
        ("075787", "certifinfo", "75787"),
        ("001879", "certifinfo", "1879"),
        ("2412213921", "mef", "2412213921"),
        ("23210022139", "mefstat", "23210022139"),
        ("23K00025401", "mefstat", "23K00025401"),
        ("23k00025401", "mefstat", "23K00025401"),
        ("FOR.9664", "onisep", "FOR.9664"),
        ("AF.56380", "onisep", "AF.56380"),
        (f"{ONISEP}/slug/FOR.423", "onisep", "FOR.423"),
        (f"{ONISEP}/slug/FOR.423?utm_source=site#haut", "onisep", "FOR.423"),
        ("www.onisep.fr/http/redirection/formation/slug/FOR.423", "onisep", "FOR.423"),
        ("http://www.onisep.fr/http/redirection/formation/slug/FOR.423", "onisep", "FOR.423"),
        (f"{ONISEP}/identifiant/29036", "onisep", "identifiant/29036"),
        (
            "https://www.onisep.fr/ressources/univers-formation/formations/lycees/cap-cuisine",
            "onisep",
            "slug/cap-cuisine",
        ),
        (KEY, "cle", KEY),
        (KEY.lower(), "cle", KEY),
        (KEY.replace("#L01", "#LAD"), "cle", KEY.replace("#L01", "#LAD")),
        (KEY.replace("-33063", "-2A004"), "cle", KEY.replace("-33063", "-2A004")),
        (KEY.replace("P012X", "P0121"), "cle", KEY.replace("P012X", "P0121")),
        ("26437", "parcoursup", "26437"),
        ("026437", "parcoursup", "26437"),
        ("A19/00812165", "affelnet", "A19/00812165"),
        ("PARIS/abcdef", "affelnet", "PARIS/ABCDEF"),
        ("Orléans-Tours/00812165", "affelnet", "ORLÉANS-TOURS/00812165"),
    ],
)
def test_a_code_is_read_bare_and_behind_its_scheme_in_its_canonical_form(
    bare: str, prefix: str, canonical: str
) -> None:
    code = Code(prefix, canonical)
    assert code in read_formation_code(bare)
    assert code in read_formation_code(f"  {bare}\n")
    assert read_formation_code(f"{prefix}:{bare}") == (code,)
    assert read_formation_code(f"{prefix.upper()} : {bare}") == (code,)


@pytest.mark.parametrize(
    ("alias", "canonical"),
    [
        ("MEFSTAT11:23210022139", "mefstat:23210022139"),
        ("id_certifinfo:75787", "certifinfo:75787"),
        ("certif_info:75787", "certifinfo:75787"),
    ],
)
def test_other_names_of_a_scheme_mean_it_too(alias: str, canonical: str) -> None:
    assert read(alias) == {canonical}


@pytest.mark.parametrize(
    ("text", "readings"),
    [
        ("50022146", {"cfd:50022146"}),
        ("RNCP38430", {"rncp:RNCP38430"}),
        ("38430", {"rncp:RNCP38430", "certifinfo:38430", "parcoursup:38430"}),
        ("115708", {"certifinfo:115708", "parcoursup:115708"}),
        ("521", {"rncp:RNCP521", "parcoursup:521"}),
        ("2412213921", {"mef:2412213921"}),
        ("23210022139", {"mefstat:23210022139"}),
        ("FOR.9664", {"onisep:FOR.9664"}),
        (KEY, {f"cle:{KEY}"}),
        ("A19/00812165", {"affelnet:A19/00812165"}),
        (f"{ONISEP}/slug/FOR.423", {"onisep:FOR.423"}),
    ],
)
def test_a_bare_code_is_read_under_every_scheme_it_fits_and_no_other(text: str, readings: set[str]) -> None:
    assert read(text) == readings


def test_every_scheme_has_an_example_that_it_reads_itself() -> None:
    examples = {name: scheme.example for name, scheme in SCHEMES.items() if "…" not in scheme.example}
    assert set(examples) == set(SCHEMES) - {"cle"}
    assert all(SCHEMES[name].canonical(example) == example for name, example in examples.items())


def test_the_key_of_the_ministry_keeps_its_hash_sign() -> None:
    (code,) = read_formation_code(KEY)
    assert code.value.endswith("#L01")
    with pytest.raises(CodeError):
        read_formation_code(KEY.partition("#")[0])


@pytest.mark.parametrize(
    "text",
    [
        "5002214",
        "500221461",
        "ABCDEFGH",
        "NR",
        "RNCP",
        "RNCP123456",
        "RS",
        "RS1234567",
        "ENS.5205",
        "FOR.",
        "FOR.9664X",
        "CAP cuisine",
        "/00812165",
        "PARIS/",
        "https://www.exemple.fr/formations/cap-cuisine",
        KEY + "0",
        KEY.replace("P", "Q"),
        "٥٠٠٢٢١٤٦",
        "0",
        "000",
        ":",
        "::",
    ],
)
def test_what_has_the_form_of_no_code_is_refused(text: str) -> None:
    with pytest.raises(CodeError):
        read_formation_code(text)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "est vide"),
        (" \n\t", "est vide"),
        ("9" * 201, "200 caractères"),
        ("CAP cuisine", "« CAP cuisine » n'a la forme d'aucun code connu"),
        ("cfd:1234", "« 1234 » n'a pas la forme d'un code CFD, comme 50022146"),
        ("rncp:RS6533", "« RS6533 » n'a pas la forme d'un code RNCP, comme RNCP38430"),
        ("certifinfo:12", "« 12 » n'a pas la forme d'un code Certif-Info"),
        ("mef:241221392", "d'un code MEF, comme 2412213921"),
        ("onisep:cap cuisine", "d'un code ONISEP, comme FOR.9664"),
        ("cle:082581P01", "d'un code clé ministère éducatif"),
        ("affelnet:00812165", "d'un code Affelnet, comme PARIS/00812165"),
        ("sise:2001235", "« sise » n'est pas un genre de code connu"),
        ("uai:0751234J", "« uai » n'est pas un genre de code connu"),
        ("cfd:", "d'un code CFD"),
    ],
)
def test_a_refusal_says_precisely_what_is_wrong(text: str, words: str) -> None:
    with pytest.raises(CodeError) as caught:
        read_formation_code(text)
    assert words in str(caught.value)
    assert caught.value.subject == "formation"


def test_a_text_of_200_characters_is_still_read_and_one_more_is_not() -> None:
    address = f"{ONISEP}/slug/FOR.423?q="
    assert read(address.ljust(200, "x")) == {"onisep:FOR.423"}
    with pytest.raises(CodeError, match="200"):
        read_formation_code(address.ljust(201, "x"))


def number(shortest: int, longest: int) -> st.SearchStrategy[str]:
    return st.integers(10 ** (shortest - 1), 10**longest - 1).map(str)


@settings(deadline=None)
@given(
    st.from_regex(r"[A-Z0-9]{3}[0-9]{3}[A-Z0-9]{2}", fullmatch=True, alphabet="AXZ0159").map(lambda v: Code("cfd", v))
    | number(2, 5).map(lambda v: Code("rncp", f"RNCP{v}"))
    | number(1, 5).map(lambda v: Code("rs", f"RS{v}"))
    | number(4, 6).map(lambda v: Code("certifinfo", v))
    | number(3, 6).map(lambda v: Code("parcoursup", v))
    | number(10, 10).map(lambda v: Code("mef", v))
    | st.text("AK09", min_size=11, max_size=11).map(lambda v: Code("mefstat", v))
    | number(1, 6).map(lambda v: Code("onisep", f"FOR.{v}"))
    | st.text("AB12", min_size=1, max_size=20).map(lambda v: Code("affelnet", f"PARIS/{v}"))
)
def test_a_canonical_code_reads_as_itself(code: Code) -> None:
    assert read_formation_code(str(code)) == (code,)
    assert code in read_formation_code(code.value)
    assert SCHEMES[code.scheme].canonical(code.value) == code.value


CODE_LIKE = st.text("0123456789ABXPJ./#:-' ²٣ßé\n", max_size=60) | st.text(max_size=220)


@settings(deadline=None, max_examples=300)
@given(CODE_LIKE)
def test_any_text_is_read_as_a_formation_or_refused_and_nothing_else_happens(text: str) -> None:
    try:
        readings = read_formation_code(text)
    except CodeError:
        return
    assert readings
    assert len({code.scheme for code in readings}) == len(readings)
    assert {code.scheme for code in readings} <= set(SCHEMES)


@settings(deadline=None, max_examples=300)
@given(CODE_LIKE | st.sampled_from(("uai:", "siret:", "cfd:")).flatmap(lambda p: st.text(max_size=16).map(p.__add__)))
def test_any_text_is_read_as_a_centre_or_refused_and_nothing_else_happens(text: str) -> None:
    try:
        code = read_centre_code(text)
    except CodeError:
        return
    assert read_centre_code(str(code)) == code
    assert (code.scheme, len(code.value)) in {("uai", 8), ("siret", 14)}


# -- centres ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "canonical"),
    [
        ("0010856A", "0010856A"),
        ("0951099D", "0951099D"),
        ("0751234J", "0751234J"),
        ("0751234j", "0751234J"),
        ("751234J", "0751234J"),
        ("10856A", "0010856A"),
        ("0694442d", "0694442D"),
        (" 0751234 J ", "0751234J"),
    ],
)
def test_a_uai_is_read_in_upper_case_on_eight_characters(text: str, canonical: str) -> None:
    assert read_centre_code(text) == Code("uai", canonical)
    assert read_centre_code(f"UAI:{text}") == Code("uai", canonical)


@pytest.mark.parametrize(
    ("text", "letter"), [("0010856B", "A"), ("0000856A", "F"), ("0951099C", "D"), ("0751234I", "J"), ("751234O", "J")]
)
def test_it_refuses_a_uai_whose_letter_is_wrong(text: str, letter: str) -> None:
    with pytest.raises(CodeError) as caught:
        read_centre_code(text)
    assert f"La lettre de l'UAI {text.zfill(8)} est fausse : {letter} est attendue." in str(caught.value)


@pytest.mark.parametrize("text", ["C752887F", "C590350K", "07512345J", "0751234", "J0751234", "0751234JJ", "0751234É"])
def test_it_refuses_what_has_not_the_form_of_a_uai(text: str) -> None:
    with pytest.raises(CodeError, match="n'a pas la forme d'un UAI"):
        read_centre_code(f"uai:{text}")


@pytest.mark.parametrize(
    ("text", "canonical"),
    [
        ("13002792300163", "13002792300163"),
        ("130 027 923 00163", "13002792300163"),
        ("130.027.923.00163", "13002792300163"),
        ("35600000000048", "35600000000048"),
        ("35600000009075", "35600000009075"),
        ("35600000009093", "35600000009093"),
        ("00000001800010", "00000001800010"),
        ("588006700011", "00588006700011"),
    ],
)
def test_a_siret_is_read_on_fourteen_digits(text: str, canonical: str) -> None:
    assert read_centre_code(text) == Code("siret", canonical)
    assert read_centre_code(f"siret:{text}") == Code("siret", canonical)


@pytest.mark.parametrize("text", ["13002792300164", "35600000009090", "31002792300163"])
def test_it_refuses_a_siret_whose_key_is_wrong(text: str) -> None:
    with pytest.raises(CodeError) as caught:
        read_centre_code(text)
    assert str(caught.value) == f"La clé du SIRET {text} est fausse."


def test_only_la_poste_may_do_without_the_key_of_luhn() -> None:
    assert not luhn_holds("35600000009075")
    assert read_centre_code("35600000009075").scheme == "siret"
    other = "35600100009001"  # its digits sum to a multiple of five, but it is no office of La Poste
    assert sum(map(int, other)) % 5 == 0
    assert not luhn_holds(other)
    with pytest.raises(CodeError, match="clé"):
        read_centre_code(other)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("siret:12345678", "n'a pas la forme d'un SIRET"),
        ("siret:130027923001630", "n'a pas la forme d'un SIRET"),
        ("siret:0751234J", "n'a pas la forme d'un SIRET"),
        ("uai:13002792300163", "n'a pas la forme d'un UAI"),
        ("CFA de Paris", "n'est ni un UAI (7 chiffres et une lettre) ni un SIRET (14 chiffres)"),
        ("12345678", "ni un SIRET"),
        ("cfd:50022146", "« cfd » n'est pas un identifiant d'établissement : uai ou siret est attendu."),
        ("", "vide"),
        ("0" * 201, "200 caractères"),
    ],
)
def test_a_refusal_of_a_centre_says_what_is_wrong_and_that_it_is_about_the_centre(text: str, words: str) -> None:
    with pytest.raises(CodeError) as caught:
        read_centre_code(text)
    assert words in str(caught.value)
    assert caught.value.subject == "etablissement"


@settings(deadline=None)
@given(st.integers(0, 9_999_999))
def test_exactly_one_letter_fits_seven_digits(digits: int) -> None:
    accepted = []
    for letter in "ABCDEFGHIJKLMNOPQRSTUVWXYZ":
        with suppress(CodeError):
            accepted.append(read_centre_code(f"{digits:07}{letter}").value)
    assert accepted == [f"{digits:07}{uai_letter(f'{digits:07}')}"]
    assert not set(accepted[0]) & set("IOQ")


def luhn_key(body: str) -> str:
    """Luhn's key of thirteen digits."""
    twice = (0, 2, 4, 6, 8, 1, 3, 5, 7, 9)
    return str(-sum(twice[int(d)] if place % 2 == 0 else int(d) for place, d in enumerate(body)) % 10)


@settings(deadline=None)
@given(st.integers(0, 10**13 - 1).map(lambda n: f"{n:013}"), st.integers(0, 13), st.integers(1, 9))
def test_one_wrong_digit_is_always_seen_in_a_siret(body: str, place: int, shift: int) -> None:
    siret = body + luhn_key(body)
    wrong = siret[:place] + str((int(siret[place]) + shift) % 10) + siret[place + 1 :]
    assume(not wrong.startswith("356000000"))
    assert read_centre_code(siret).value == siret
    with pytest.raises(CodeError, match="clé"):
        read_centre_code(wrong)


@settings(deadline=None)
@given(st.integers(10**7, 10**12 - 1))
def test_a_siret_that_lost_its_leading_zeros_finds_them_again(number: int) -> None:
    siret = f"{number:013}" + luhn_key(f"{number:013}")
    assert read_centre_code(siret.lstrip("0")).value == siret
