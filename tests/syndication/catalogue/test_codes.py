"""Identifiers: what is read, under which schemes, in which form, and what is refused with which words."""

import string
from collections.abc import Iterator
from contextlib import suppress
from urllib.parse import quote

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from syndication.catalogue.codes import (
    SCHEMES,
    Code,
    certifinfo_of_key,
    code_within,
    looks_like_centre,
    luhn_holds,
    manager_siret_of_key,
    read_centre_code,
    read_formation_code,
    trainer_siret_of_key,
    uai_letter,
)
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
        ("for.09664", "onisep", "FOR.9664"),
        ("AF.56380", "onisep", "AF.56380"),
        (f"{ONISEP}/slug/FOR.423", "onisep", "FOR.423"),
        (f"{ONISEP}/slug/FOR.423?utm_source=site#haut", "onisep", "FOR.423"),
        ("www.onisep.fr/http/redirection/formation/slug/FOR.423", "onisep", "FOR.423"),
        ("http://www.onisep.fr/http/redirection/formation/slug/FOR.423", "onisep", "FOR.423"),
        (f"{ONISEP}/identifiant/29036", "onisep", "identifiant/29036"),
        ("identifiant/29036", "onisep", "identifiant/29036"),
        ("slug/cap-cuisine", "onisep", "slug/cap-cuisine"),
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
        ("sise:2001235", "« sise » n'est pas un genre de code connu"),
        ("uai:0751234J", "« uai » n'est pas un genre de code connu"),
        ("uai:0751234J", "un établissement se donne dans `etablissement`"),
    ],
)
def test_a_refusal_says_precisely_what_is_wrong(text: str, words: str) -> None:
    with pytest.raises(CodeError) as caught:
        read_formation_code(text)
    assert words in str(caught.value)
    assert caught.value.subject == "formation"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (
            "cfd:5002214",
            "« 5002214 » n'est pas un code CFD : 8 caractères sont attendus, 7 ont été lus (comme 50022146).",
        ),
        ("cfd:", "« » n'est pas un code CFD : 8 caractères sont attendus, aucun n'a été lu"),
        ("cfd:5002O146", "un code CFD : un chiffre est attendu en 5e place, « O » a été lu (comme 50022146)."),
        ("cfd:É0022146", "une lettre ou un chiffre est attendu en 1re place, « É » a été lu"),
        ("cfd:5002214ß", "8 caractères sont attendus, 9 ont été lus"),
        ("cfd:RNCP38430", "9 ont été lus (comme 50022146). Forme attendue : 3 lettres ou chiffres, 3 chiffres, puis 2"),
        ("cfd:RNCP38430", "Il a la forme d'un code RNCP."),
        ("rncp:RS6533", "un code RNCP : un chiffre est attendu en 1re place, « R » a été lu"),
        ("rncp:RS6533", "Il a la forme d'un code RS."),
        ("rncp:RNCP38A30", "un chiffre est attendu en 7e place, « A » a été lu"),
        ("rncp:1", "2 à 5 chiffres sont attendus après RNCP, 1 a été lu"),
        ("rs:RS123456", "1 à 5 chiffres sont attendus après RS, 6 ont été lus"),
        ("certifinfo:12", "un code Certif-Info : 4 à 6 chiffres sont attendus, 2 ont été lus (comme 115708)"),
        ("certifinfo:0012", "le numéro, sans les zéros de tête, ne peut pas être inférieur à 1000"),
        ("parcoursup:1234567", "3 à 6 chiffres sont attendus, 7 ont été lus"),
        ("mef:241221392", "un code MEF : 10 caractères sont attendus, 9 ont été lus"),
        ("mefstat:2321002213", "11 caractères sont attendus, 10 ont été lus"),
        ("onisep:cap cuisine", "un code ONISEP : FOR ou AF, un point et un numéro sont attendus (comme FOR.9664)"),
        ("cle:082581P01", "n'est pas une clé ministère éducatif : 49 caractères sont attendus, 9 ont été lus"),
        (f"cle:{KEY.replace('-33063', '-3C063')}", "un chiffre, A ou B est attendu en 42e place, « C » a été lu"),
        (f"cle:{KEY.replace('#L01', '#LA1')}", "deux chiffres ou AD sont attendus à la fin"),
        ("affelnet:00812165", "une barre oblique est attendue entre l'académie et le code de l'offre"),
        ("affelnet:/0081", "l'académie manque avant la barre oblique"),
        ("affelnet:PARIS/", "1 à 20 caractères sont attendus après la barre oblique, aucun n'a été lu"),
        ("affelnet:PARIS/81-2", "une lettre ou un chiffre est attendu après la barre oblique, « - » a été lu"),
        ("affelnet:A123/81", "le nom ou le numéro d'une académie est attendu avant la barre oblique"),
    ],
)
def test_a_prefixed_refusal_names_what_was_expected_and_what_was_read(text: str, words: str) -> None:
    with pytest.raises(CodeError) as caught:
        read_formation_code(text)
    assert words in str(caught.value).replace("«  »", "« »")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("5002214", "un code CFD : 8 caractères sont attendus, 7 ont été lus"),
        ("5002O146", "un code CFD : un chiffre est attendu en 5e place, « O » a été lu"),
        ("130027923", "Un SIREN n'est pas le code d'une formation."),
        ("RNCP384300", "un code RNCP : 2 à 5 chiffres sont attendus après RNCP, 6 ont été lus"),
        ("RS1234567", "un code RS : 1 à 5 chiffres sont attendus après RS, 7 ont été lus"),
        ("000", "le numéro, sans les zéros de tête, ne peut pas être inférieur à 10"),
        ("24122139Z1", "un code MEF : un chiffre est attendu en 9e place"),
        ("751234J", "un établissement se donne dans `etablissement`"),
        ("13002792300163", "un établissement se donne dans `etablissement`"),
        ("13002792300164", "un établissement se donne dans `etablissement`"),
        (KEY.partition("#")[0], "elle est coupée au caractère # ; dans une adresse, # doit être écrit %23"),
        (KEY.partition("#")[0].lower(), "elle est coupée au caractère #"),
        (KEY + "0", "49 caractères sont attendus, 50 ont été lus"),
        (KEY.replace("P", "Q"), "« P » est attendu en 7e place, « Q » a été lu"),
        ("ENS.5205", "ENS désigne un établissement ; FOR.n ou AF.n est attendu"),
        ("MET.796", "MET désigne un métier"),
        ("AD.12", "AD désigne autre chose qu'une formation"),
        ("FOR9664", "FOR ou AF, un point et un numéro sont attendus"),
        ("https://www.exemple.fr/formations/cap-cuisine", "cette adresse n'est pas celle d'une formation de l'ONISEP"),
        ("PARIS/", "aucun n'a été lu"),
        ("CAP cuisine", "n'a la forme d'aucun code connu : CFD, RNCP"),
    ],
)
def test_a_bare_text_that_fits_nothing_is_given_the_most_helpful_hint(text: str, words: str) -> None:
    with pytest.raises(CodeError) as caught:
        read_formation_code(text)
    assert words in str(caught.value)


@pytest.mark.parametrize(
    ("text", "canonical"),
    [
        ("RNCP 38430", "rncp:RNCP38430"),
        ("500 221 46", "cfd:50022146"),
        ("500\u00a0221\u202f46", "cfd:50022146"),
        ("FOR. 9664", "onisep:FOR.9664"),
        ("23210 022 139", "mefstat:23210022139"),
        (KEY.replace("P01", " P01 ").replace("-", " - "), f"cle:{KEY}"),
        ("cfd: 500 221 46", "cfd:50022146"),
        ("Aix  Marseille / 0081 2165", "affelnet:AIX MARSEILLE/00812165"),
    ],
)
def test_spaces_inside_a_code_are_left_out_but_for_those_of_a_name(text: str, canonical: str) -> None:
    assert read(text) == {canonical}


def test_spaces_do_not_make_a_code_of_a_title() -> None:
    with pytest.raises(CodeError, match="aucun code connu"):
        read_formation_code("BTS tourisme")


@pytest.mark.parametrize("text", [KEY, "cfd:50022146", "PARIS/00812165", f"{ONISEP}/slug/FOR.423?q=a b", "RNCP 38430"])
def test_a_code_encoded_twice_is_decoded_once_more(text: str) -> None:
    assert read(quote(text, safe="")) == read(text)
    assert read_centre_code(quote("uai:0751234 J")) == Code("uai", "0751234J")


def test_a_code_encoded_three_times_is_not_guessed_at() -> None:
    with pytest.raises(CodeError):
        read_formation_code(quote(quote("PARIS/00812165", safe=""), safe=""))


def test_the_parts_of_the_key_of_the_ministry_can_be_told() -> None:
    assert certifinfo_of_key(KEY) == "82581"
    assert manager_siret_of_key(KEY) == "13002792300163"
    assert trainer_siret_of_key(KEY) == "13002792300171"
    assert code_within(Code("cle", KEY)) == Code("certifinfo", "82581")
    assert code_within(Code("cfd", "50022146")) is None


@pytest.mark.parametrize(
    ("text", "like"),
    [
        ("0751234J", True),
        ("0751234K", True),
        ("751234 j", True),
        ("130 027 923 00163", True),
        ("uai:x", True),
        ("50022146", False),
        ("2412213921", False),
        ("RNCP38430", False),
    ],
)
def test_what_looks_like_a_centre_is_told_from_what_looks_like_a_formation(text: str, like: bool) -> None:
    assert looks_like_centre(text) is like


def test_a_text_of_200_characters_is_still_read_and_one_more_is_not() -> None:
    address = f"{ONISEP}/slug/FOR.423?q="
    assert read(address.ljust(200, "x")) == {"onisep:FOR.423"}
    with pytest.raises(CodeError, match="200"):
        read_formation_code(address.ljust(201, "x"))


def number(shortest: int, longest: int) -> st.SearchStrategy[str]:
    return st.integers(10 ** (shortest - 1), 10**longest - 1).map(str)


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


@settings(max_examples=300)
@given(CODE_LIKE)
def test_any_text_is_read_as_a_formation_or_refused_and_nothing_else_happens(text: str) -> None:
    try:
        readings = read_formation_code(text)
    except CodeError:
        return
    assert readings
    assert len({code.scheme for code in readings}) == len(readings)
    assert {code.scheme for code in readings} <= set(SCHEMES)


ONE_OF_EACH = {
    "cfd": "46X25201", "rncp": "RNCP38430", "rs": "RS6533", "certifinfo": "115708", "mef": "2412213921",
    "mefstat": "23K00025401", "onisep": "FOR.9664", "cle": KEY, "parcoursup": "26437", "affelnet": "PARIS/00812165",
    "uai": "0751234J", "siret": "13002792300163",
}  # fmt: skip
WRONG = string.digits + string.ascii_uppercase + ".#/:-_%+'é٣ß²\x00\ud800"


def one_changed(text: str, left_out: str) -> Iterator[str]:
    """Every text that differs from one in a single character; spaces, mere capitals and what is left out set aside."""
    for place, right in enumerate(text):
        for wrong in set(WRONG) - {right} - set(left_out):
            yield text[:place] + wrong + text[place + 1 :]


def outcome(text: str, scheme: str) -> tuple[tuple[Code, ...], str]:
    """How a text is read, or the words it is refused with."""
    try:
        found = read_centre_code(text) if scheme in {"uai", "siret"} else read_formation_code(text)
    except CodeError as error:
        return (), str(error)
    return (found,) if isinstance(found, Code) else found, ""


def holds_together(readings: tuple[Code, ...], words: str) -> bool:
    """True when a text is refused with a sentence, or read as codes that read as themselves."""
    again = all(code in outcome(str(code), code.scheme)[0] for code in readings)
    return again and (bool(readings) or words.endswith("."))


@pytest.mark.parametrize("scheme", ONE_OF_EACH)
def test_one_wrong_character_is_refused_with_words_or_makes_another_code(scheme: str) -> None:
    code = ONE_OF_EACH[scheme]
    for bare in one_changed(code, "." if scheme in {"uai", "siret"} else ""):
        for text in (bare, f"{scheme}:{bare}"):
            readings, words = outcome(text, scheme)
            assert Code(scheme, code) not in readings, text
            assert holds_together(readings, words), text


PREFIXED = st.tuples(st.sampled_from([*SCHEMES, "uai", "siret"]), st.text(max_size=20)).map(":".join)


@settings(max_examples=10_000)
@given(CODE_LIKE | PREFIXED)
def test_any_of_ten_thousand_texts_is_read_or_refused_with_a_sentence(text: str) -> None:
    for scheme in ("cfd", "uai"):
        assert holds_together(*outcome(text, scheme))


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
    assert ("des zéros ont été ajoutés devant" in str(caught.value)) is (len(text) < 8)


@pytest.mark.parametrize("text", ["C752887F", "C590350K", "07512345J", "0751234", "J0751234", "0751234JJ", "0751234É"])
def test_it_refuses_what_has_not_the_form_of_a_uai(text: str) -> None:
    with pytest.raises(CodeError, match="n'a pas la forme d'un UAI : 7 chiffres et une lettre sont attendus, "):
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
        ("siret:12345678", "n'a pas la forme d'un SIRET : 14 chiffres sont attendus, 8 ont été lus"),
        ("130027923001630", "14 chiffres sont attendus, 15 ont été lus"),
        ("siret:13002792300A63", "14 chiffres sont attendus, « A » a été lu en 12e place"),
        ("1300279230016", "14 chiffres sont attendus, 13 ont été lus : des zéros ont été ajoutés devant"),
        ("07512345J", "8 chiffres et 1 lettre ont été lus"),
        ("0751234", "la lettre manque : J"),
        ("0751234J5", "« 5 » a été lu en 9e place"),
        ("uai:C752887F", "« C » a été lu en 1re place"),
        ("50022146", "Il a la forme d'un code CFD : une formation se donne dans `formation`."),
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


@given(st.integers(1, 10**13 - 1).map(lambda n: f"{n:013}"), st.integers(0, 13), st.integers(1, 9))
def test_one_wrong_digit_is_always_seen_in_a_siret(body: str, place: int, shift: int) -> None:
    siret = body + luhn_key(body)
    wrong = siret[:place] + str((int(siret[place]) + shift) % 10) + siret[place + 1 :]
    assume(not wrong.startswith("356000000"))
    assert read_centre_code(siret).value == siret
    with pytest.raises(CodeError, match="clé"):
        read_centre_code(wrong)


@given(st.integers(10**7, 10**12 - 1))
def test_a_siret_that_lost_its_leading_zeros_finds_them_again(number: int) -> None:
    siret = f"{number:013}" + luhn_key(f"{number:013}")
    assert read_centre_code(siret.lstrip("0")).value == siret


@pytest.mark.parametrize(("place", "role"), [(24, "responsable"), (38, "formateur")])
def test_a_key_of_the_ministry_whose_siret_is_wrong_says_whose(place: int, role: str) -> None:
    wrong = KEY[:place] + str((int(KEY[place]) + 1) % 10) + KEY[place + 1 :]
    for text in (wrong, f"cle:{wrong}"):
        with pytest.raises(CodeError, match=f"SIRET du centre {role}"):
            read_formation_code(text)
