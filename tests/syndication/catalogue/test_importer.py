"""Official files into the catalogue: every format, every accident, and the real files when they are there."""

import csv
import random
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, func, select

from syndication import database, models
from syndication.catalogue import store
from syndication.catalogue.files import OfficialFile
from syndication.catalogue.importer import Report, import_files
from syndication.catalogue.importing import store as importing
from syndication.catalogue.resolve import resolve_formation
from syndication.errors import ImportFault
from tests.databases import Databases
from tests.helpers import NOON
from tests.syndication.catalogue.official import (
    ENCODINGS,
    WORLD,
    Cells,
    as_csv,
    certification,
    depp,
    diploma,
    kit,
    mef,
    offer,
    organisation,
    wish,
)
from tests.syndication.catalogue.real import ROWS, imported, opened, reports

TODAY = NOON.date()
CATALOGUE: tuple[type[models.Table], ...] = (
    models.Formation,
    models.FormationCode,
    models.Renewal,
    models.Centre,
    models.CentreCode,
    models.Offer,
)
Write = Callable[..., Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Write rows in the shape of one of the official files, and give its path."""
    written: list[Path] = []

    def run(kind: str, *rows: Cells) -> Path:
        path = tmp_path / f"{len(written)} {kind}.csv"
        path.write_bytes(as_csv(rows, *ENCODINGS[kind]))
        written.append(path)
        return path

    return run


@pytest.fixture
def world(write: Write) -> dict[str, Path]:
    return {kind: write(kind, *rows) for kind, rows in WORLD.items()}


@pytest.fixture(scope="module")
def template(databases: Databases) -> Path:
    """A folder with a migrated database and an empty catalogue."""

    def make(folder: Path) -> None:
        engine = database.open_engine(databases.at(folder).syndication)
        database.migrate(engine)
        engine.dispose()

    return databases.once("empty", make)


@pytest.fixture
def engine(databases: Databases, template: Path, tmp_path: Path) -> Iterator[Engine]:
    """An empty catalogue."""
    databases.copy(template, tmp_path)
    opened = database.open_engine(databases.at(tmp_path).syndication)
    yield opened
    opened.dispose()


def take(engine: Engine, *paths: Path, **options: Any) -> list[Report]:
    return import_files(engine, paths, NOON, **options)


def take_all(engine: Engine, paths: Sequence[Path]) -> list[Report]:
    return import_files(engine, paths, NOON)


def everything(engine: Engine, *more: type[models.Table]) -> dict[str, list[tuple[Any, ...]]]:
    """Every row of the catalogue, by table."""
    with engine.connect() as connection:
        tables = [database.table(model) for model in (*CATALOGUE, *more)]
        return {t.name: [tuple(r) for r in connection.execute(select(t).order_by(*t.primary_key))] for t in tables}


def titles(engine: Engine) -> dict[str, str]:
    with engine.connect() as connection:
        rows = connection.execute(select(store.FORMATION.c.natural_key, store.FORMATION.c.title))
        return {row.natural_key: row.title for row in rows}


def codes(engine: Engine, natural_key: str) -> set[str]:
    with engine.connect() as connection:
        found = store.codes_of(connection, importing.natural_keys(connection)[natural_key])
    return {f"{scheme}:{value}" for scheme, values in found.items() for value in values}


def newest(engine: Engine, code: str) -> str:
    """Natural key of the newest of the lineage behind a code."""
    with engine.connect() as connection:
        return resolve_formation(connection, code).formation.natural_key


def renewals(engine: Engine) -> set[tuple[str, str, str]]:
    with engine.connect() as connection:
        return set(importing.renewal_links(connection))


# -- each format -----------------------------------------------------------------------------------------------------


def test_diplomas_of_the_bcn_give_titles_levels_dates_and_renewals(engine: Engine, world: dict[str, Path]) -> None:
    (report,) = take(engine, world["diplomas"])
    assert (report.kind, report.read, report.kept, report.rejected) == ("BCN, diplômes", 4, 4, [])
    assert titles(engine) == {
        "cfd:50022139": "CUISINE (CAP)",
        "cfd:50022146": "CUISINE (CAP)",
        "cfd:45033404": "GOUVERNANTE D'HÔTEL (BP)",
        "cfd:46X25201": "MAINTENANCE",
    }
    with engine.connect() as connection:
        table = store.FORMATION
        row = connection.execute(select(table).where(table.c.natural_key == "cfd:50022139")).mappings().one()
    assert (row["level"], row["opened_on"], row["closed_on"]) == (3, date(2016, 9, 1), date(2026, 8, 31))
    assert renewals(engine) == {("cfd", "50022139", "50022146")}
    assert newest(engine, "50022139") == "cfd:50022146"


def test_mefs_of_the_bcn_give_their_codes_to_the_formation_of_their_cfd(engine: Engine, world: dict[str, Path]) -> None:
    (report,) = take(engine, world["mefs"])
    assert (report.kind, report.read, report.kept) == ("BCN, MEF", 3, 3)
    assert codes(engine, "cfd:50022146") == {"mef:2412214621", "mefstat:23210022146"}
    assert codes(engine, "cfd:32032003") == {"mef:3113200321", "mefstat:32211032003"}


def test_certif_info_joins_its_schemes_and_makes_formations_without_cfd(engine: Engine, world: dict[str, Path]) -> None:
    (report,) = take(engine, world["certifications"])
    assert (report.kind, report.read, report.kept) == ("Certif-Info", 3, 3)
    assert codes(engine, "cfd:50022146") == {"cfd:50022146", "certifinfo:115708", "rncp:RNCP38430", "onisep:FOR.9664"}
    assert codes(engine, "certifinfo:1879") == {"certifinfo:1879", "rs:RS6533"}
    assert renewals(engine) == {("certifinfo", "88543", "115708")}
    assert newest(engine, "88543") == "cfd:50022146"
    with engine.connect() as connection:
        table = store.FORMATION_CODE
        since = connection.execute(select(table.c.since, table.c.until).where(table.c.value == "115708")).one()
    assert tuple(since) == (date(2026, 1, 1), date(2031, 12, 31))


def test_the_kit_gives_rncp_codes_and_takes_nr_for_none(engine: Engine, world: dict[str, Path]) -> None:
    (report,) = take(engine, world["kits"])
    assert (report.kind, report.read, report.kept, report.rejected) == ("Kit apprentissage", 3, 3, [])
    assert titles(engine)["cfd:50022146"] == "CUISINE (CAP)"
    assert codes(engine, "cfd:50022146") == {"cfd:50022146", "rncp:RNCP38430"}
    assert codes(engine, "cfd:45033404") == {"cfd:45033404"}


def test_organisations_give_centres_with_all_their_sirets(engine: Engine, world: dict[str, Path]) -> None:
    (report,) = take(engine, world["organisations"])
    assert (report.kind, report.read, report.kept) == ("Organismes de formation", 3, 3)
    known = everything(engine)
    paris, campus = known["centre"]
    assert paris[1:3] == ("0751234J", "ASSOCIATION EXEMPLE")
    assert campus[1:3] == ("9990002Y", "CAMPUS EXEMPLE")
    assert {row[:3] for row in known["centre_code"]} == {
        ("uai", "0751234J", paris[0]),
        ("siret", "00000001800010", paris[0]),
        ("siret", "00000002600013", paris[0]),
        ("uai", "9990002Y", campus[0]),
    }


def test_depp_gives_names_without_their_long_preamble(engine: Engine, world: dict[str, Path]) -> None:
    (report,) = take(engine, world["depps"])
    assert (report.kind, report.read, report.kept) == ("DEPP, CFA", 2, 2)
    assert {row[1:3] for row in everything(engine)["centre"]} == {
        ("9990001X", "Exemple du Rhône"),
        ("0751234J", "Exemple de Paris"),
    }


def test_offers_stand_on_their_own_and_give_codes_centres_and_capacities(
    engine: Engine, world: dict[str, Path]
) -> None:
    (report,) = take(engine, world["offers"])
    assert (report.kind, report.read, report.kept, report.rejected) == ("Offres d'apprentissage", 2, 2, [])
    assert titles(engine)["cfd:32032003"] == 'BTS "communication", en alternance'
    assert codes(engine, "cfd:50022146") >= {"mefstat:23210022146", "certifinfo:115708", "onisep:FOR.9664"}
    assert renewals(engine) == {("cfd", "32032002", "32032003")}
    assert {(row[2], *row[4:]) for row in everything(engine)["offer"]} == {("lieu", 24, "offres")}
    assert len(everything(engine)["offer"]) == 2


def test_parcoursup_gives_offers_of_what_the_catalogue_knows(engine: Engine, world: dict[str, Path]) -> None:
    (report,) = take(engine, world["mefs"], world["organisations"], world["wishes"])[2:]
    assert (report.kind, report.read, report.kept, report.rejected) == ("Parcoursup, offres", 3, 3, [])
    assert report.remarks == [(4, "offre sans objet : statut « Scolaire »")]
    assert {(row[2], *row[4:]) for row in everything(engine)["offer"]} == {
        ("lieu", 12, "parcoursup"),
        ("lieu", None, "parcoursup"),
    }


# -- imports as a whole ----------------------------------------------------------------------------------------------


def test_importing_twice_leaves_the_same_catalogue(engine: Engine, world: dict[str, Path]) -> None:
    first = take_all(engine, list(world.values()))
    kept = everything(engine)
    assert all(kept.values())
    again = take_all(engine, list(world.values()))
    assert everything(engine) == kept
    assert again == first


def test_a_file_that_grew_adds_what_is_new_and_nothing_else(engine: Engine, write: Write) -> None:
    take(engine, write("kits", kit()))
    before = everything(engine)
    take(engine, write("kits", kit(), kit("32032003", "RNCP37198")))
    after = everything(engine)
    assert len(after["formation"]) == len(before["formation"]) + 1
    assert len(after["formation_code"]) == len(before["formation_code"]) + 2
    assert set(before["formation"]) <= set(after["formation"])


@pytest.mark.parametrize("seed", range(5))
def test_the_order_in_which_files_are_named_does_not_matter(
    seed: int, engine: Engine, world: dict[str, Path], databases: Databases, template: Path, tmp_path: Path
) -> None:
    other = database.open_engine(databases.at(databases.copy(template, tmp_path / "other")).syndication)
    shuffled = random.Random(seed).sample(list(world.values()), len(world))
    reports = take_all(other, shuffled)
    found = everything(other)
    other.dispose()
    assert reports == take_all(engine, list(world.values()))
    assert found == everything(engine)
    assert not [report for report in reports if report.rejected]


def test_the_files_that_others_lean_on_are_imported_first(engine: Engine, world: dict[str, Path]) -> None:
    reports = take_all(engine, list(world.values())[::-1])
    assert [report.path for report in reports] == list(world.values())


def test_progress_is_told_up_to_the_last_row(engine: Engine, world: dict[str, Path]) -> None:
    told: list[tuple[str, int, int]] = []

    def follow(file: OfficialFile) -> Callable[[int, int], None]:
        return lambda done, total: told.append((file.format.name, done, total))

    take(engine, world["kits"], world["depps"], on_file=follow)
    assert told == [("kit_apprentissage", 3, 3), ("depp_cfa", 2, 2)]


def test_a_dry_run_reports_the_same_and_stores_nothing(engine: Engine, world: dict[str, Path]) -> None:
    before = everything(engine, models.Change)
    announced = take(engine, *world.values(), dry_run=True)
    assert everything(engine, models.Change) == before
    assert take(engine, *world.values()) == announced
    assert everything(engine, models.Change) != before


def test_a_dry_run_over_a_catalogue_changes_nothing_of_it(engine: Engine, world: dict[str, Path], write: Write) -> None:
    take_all(engine, list(world.values()))
    before = everything(engine, models.Change)
    take(engine, write("certifications", certification(title="Autre titre")), dry_run=True)
    assert everything(engine, models.Change) == before


def test_a_renewal_remembers_the_day_and_the_file_it_came_from(engine: Engine, world: dict[str, Path]) -> None:
    take(engine, world["diplomas"])
    assert everything(engine)["renewal"] == [("cfd", "50022139", "50022146", "n_formation_diplome", TODAY)]


# -- what cannot be read ---------------------------------------------------------------------------------------------

UNFIT = {
    "binary": b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR",
    "utf-16": "uai;siret\n0751234J;1\n".encode("utf-16"),
    "other columns": "nom;prénom\nDurand;Léa\n".encode(),
    "prose": "Ceci n'est pas un tableau.".encode("latin-1"),
    "empty": b"",
    "half the columns": b"uai;siret;raison_sociale\n0751234J;;\n",
}


@pytest.mark.parametrize("content", UNFIT.values(), ids=UNFIT.keys())
def test_an_unfit_file_is_refused_by_its_path_before_anything_is_stored(
    content: bytes, engine: Engine, world: dict[str, Path], tmp_path: Path
) -> None:
    unfit = tmp_path / "unfit.csv"
    unfit.write_bytes(content)
    before = everything(engine, models.Change)
    with pytest.raises(ImportFault) as caught:
        take(engine, world["diplomas"], unfit, world["kits"])
    assert str(caught.value).startswith(f"{unfit} : ")
    assert everything(engine, models.Change) == before


@pytest.mark.parametrize("name", ["absent.csv", "."], ids=["missing", "a folder"])
def test_a_file_that_cannot_be_opened_is_refused_before_anything_is_stored(
    name: str, engine: Engine, world: dict[str, Path], tmp_path: Path
) -> None:
    before = everything(engine, models.Change)
    with pytest.raises(ImportFault, match="illisible"):
        take(engine, world["diplomas"], tmp_path / name)
    assert everything(engine, models.Change) == before


REJECTED: list[tuple[str, Cells, str]] = [
    ("diplomas", diploma("5002213"), "CFD mal formé : « 5002213 »"),
    ("diplomas", diploma("50022137", ""), "le libellé manque"),
    ("mefs", mef("241221462"), "MEF mal formé : « 241221462 »"),
    ("mefs", mef(cfd="5002214"), "CFD mal formé : « 5002214 »"),
    ("mefs", mef(MEF_STAT_11="2321"), "MEFSTAT11 mal formé : « 2321 »"),
    ("certifications", certification("12"), "Certif-Info mal formé : « 12 »"),
    ("certifications", certification(title=" "), "le libellé manque"),
    ("certifications", certification(cfd="ABC"), "CFD mal formé : « ABC »"),
    ("kits", kit("5002214"), "CFD mal formé : « 5002214 »"),
    ("kits", kit(rncp="RNCP"), "RNCP mal formé : « RNCP »"),
    ("kits", kit(title=""), "l'intitulé manque"),
    ("organisations", organisation("0751234K"), "La lettre de l'UAI 0751234K est fausse : J est attendue."),
    ("organisations", organisation(""), "«  » n'a pas la forme d'un UAI"),
    ("organisations", organisation(siret="00000001800011"), "La clé du SIRET 00000001800011 est fausse."),
    ("depps", depp("C752887F"), "« C752887F » n'a pas la forme d'un UAI"),
    ("offers", offer("0751234K"), "La lettre de l'UAI 0751234K est fausse"),
    ("offers", offer(siret="123"), "« 123 » n'a pas la forme d'un SIRET"),
    ("offers", offer(cfd="cap"), "CFD mal formé : « cap »"),
    ("offers", offer(rncp="NR"), "RNCP mal formé : « NR »"),
    ("wishes", wish("C752887F"), "« C752887F » n'a pas la forme d'un UAI"),
    ("wishes", wish("C752887F", STATUT="Scolaire"), "« C752887F » n'a pas la forme d'un UAI"),
    ("wishes", wish("9990003Z"), "UAI 9990003Z absent du catalogue"),
    ("wishes", wish(mefstat="23210022199"), "mefstat 23210022199 : aucune formation du catalogue"),
    ("wishes", wish(mefstat="2321"), "MEFSTAT11 mal formé : « 2321 »"),
]


@pytest.mark.parametrize(("kind", "bad", "reason"), REJECTED, ids=[f"{kind}: {reason}" for kind, _, reason in REJECTED])
def test_a_rejected_row_has_its_line_and_reason_and_stops_nothing(
    kind: str, bad: Cells, reason: str, engine: Engine, world: dict[str, Path], write: Write
) -> None:
    take(engine, world["mefs"], world["organisations"])
    rows = WORLD[kind][:2]
    (report,) = take(engine, write(kind, rows[0], bad, rows[1]))
    ((line, why),) = report.rejected
    assert line == 3
    assert reason in why
    assert (report.read, report.kept) == (3, 2)
    kept = everything(engine)
    (whole,) = take(engine, write(kind, *rows))
    assert whole.rejected == []
    assert everything(engine) == kept


@pytest.mark.parametrize(
    ("kind", "row", "remark"),
    [
        ("diplomas", diploma(ANCIEN_DIPLOME_1="5102002"), "ANCIEN_DIPLOME_1 mal formé : « 5102002 »"),
        ("diplomas", diploma(NOUVEAU_DIPLOME_7="450255S"), "NOUVEAU_DIPLOME_7 mal formé : « 450255S »"),
        ("diplomas", diploma(ANCIEN_DIPLOME_2="50022146"), "ANCIEN_DIPLOME_2 renvoie à la formation elle-même"),
        ("certifications", certification(codeIdeo2="TYPDISP.17"), "code ONISEP non repris : « TYPDISP.17 »"),
        ("certifications", certification(Code_RNCP="NR"), "code RNCP non repris : « NR »"),
        ("certifications", certification(Code_Ancien_Diplome="x"), "Code_Ancien_Diplome mal formé : « x »"),
        (
            "certifications",
            certification(Code_Ancien_Scolarité="5102002"),
            "Code_Ancien_Scolarité mal formé : « 5102002 »",
        ),
        (
            "certifications",
            certification(Code_Ancien_Diplome="115708"),
            "Code_Ancien_Diplome renvoie au diplôme lui-même",
        ),
    ],
)
def test_what_a_kept_row_says_in_vain_is_remarked(
    kind: str, row: Cells, remark: str, engine: Engine, write: Write
) -> None:
    (report,) = take(engine, write(kind, row))
    assert report.remarks == [(2, remark)]
    assert (report.kept, report.rejected) == (1, [])
    assert renewals(engine) == set()


def test_lines_are_those_of_the_file_whatever_their_cells_hold(engine: Engine, tmp_path: Path) -> None:
    header = "Code_Diplome;Intitulé diplôme (DEPP);Code_RNCP;Niveau fiche RNCP;Date d'échéance de la fiche RNCP"
    path = tmp_path / "kit.csv"
    lines = [
        header,  # 1
        "50022146;CUISINE;RNCP38430;Niveau 3;31/08/2030",  # 2
        "",  # 3
        '50022139;"CUISINE',  # 4
        'en deux lignes";RNCP37553;Niveau 3;31/08/2030',  # 5
        "5002214;COURT;RNCP38430;Niveau 3;31/08/2030",  # 6: rejected
        "50022137;BOULANGER;RNCP37537;Niveau 3",  # 7: rejected
        "50022137;BOULANGER;RNCP37537;Niveau 3;31/08/2030;de trop",  # 8: rejected
        f"50022137;{'X' * 140_000};RNCP37537;Niveau 3;31/08/2030",  # 9: rejected
        "32032003;COMMUNICATION;RNCP37198;Niveau 5;",  # 10
    ]
    path.write_text("\n".join(lines), encoding="utf-8")
    (report,) = take(engine, path)
    assert [line for line, _ in report.rejected] == [6, 7, 8, 9]
    assert [reason for _, reason in report.rejected[1:3]] == ["4 colonnes au lieu de 5", "6 colonnes au lieu de 5"]
    assert report.rejected[3][1].startswith("ligne illisible")
    assert (report.read, report.kept) == (7, 3)
    assert titles(engine) == {
        "cfd:50022146": "CUISINE",
        "cfd:50022139": "CUISINE\nen deux lignes",
        "cfd:32032003": "COMMUNICATION",
    }


@pytest.mark.parametrize("separator", [";", ","])
@pytest.mark.parametrize("encoding", ["latin-1", "utf-8", "utf-8-sig"])
@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
def test_any_encoding_separator_and_line_end_is_read_alike(
    separator: str, encoding: str, line_end: str, engine: Engine, tmp_path: Path
) -> None:
    path = tmp_path / "kit.csv"
    path.write_bytes(as_csv([kit(title="MÉTIERS, DE L'ÉLECTRICITÉ ; OPTION")], separator, encoding, line_end))
    (report,) = take(engine, path)
    assert report.rejected == []
    assert titles(engine) == {"cfd:50022146": "MÉTIERS, DE L'ÉLECTRICITÉ ; OPTION"}


# -- what files say of the same things -------------------------------------------------------------------------------


def by_rank(write: Write) -> list[Path]:
    """Files that name one formation, the least trusted first."""
    return [
        write("mefs", mef(LIBELLE_LONG="titre du MEF")),
        write("kits", kit(title="titre du kit")),
        write("diplomas", diploma(title="titre de la BCN")),
        write("offers", offer(intitule="titre de l'offre")),
        write("certifications", certification(title="titre de Certif-Info")),
    ]


@pytest.mark.parametrize("least_first", [True, False])
def test_the_better_ranked_title_wins_in_whatever_order_files_come(
    least_first: bool, engine: Engine, write: Write
) -> None:
    paths = by_rank(write)
    for path in paths if least_first else paths[::-1]:
        take(engine, path)
    assert titles(engine) == {"cfd:50022146": "titre de Certif-Info"}


@pytest.mark.parametrize(
    ("least", "title"), [(1, "titre du MEF"), (2, "titre du kit"), (3, "titre de la BCN"), (4, "titre de l'offre")]
)
def test_each_kind_of_file_outranks_those_before_it(least: int, title: str, engine: Engine, write: Write) -> None:
    take_all(engine, by_rank(write)[:least][::-1])
    assert titles(engine) == {"cfd:50022146": title}


def test_a_later_edition_of_the_same_file_renames(engine: Engine, write: Write) -> None:
    take(engine, write("kits", kit(title="Ancien nom")))
    take(engine, write("kits", kit(title="Nouveau nom")))
    assert titles(engine) == {"cfd:50022146": "Nouveau nom"}


def test_a_blank_title_never_replaces_a_known_one(engine: Engine, write: Write) -> None:
    take(engine, write("diplomas", diploma(title="CUISINE (CAP)")), write("offers", offer(intitule=" ")))
    assert titles(engine) == {"cfd:50022146": "CUISINE (CAP)"}


def test_a_blank_name_or_place_never_replaces_a_known_one(engine: Engine, write: Write) -> None:
    blank = {"cfa": "", "commune": "", "departement": "", "region": ""}
    take(engine, write("organisations", organisation()), write("offers", offer(**blank)))
    (centre,) = everything(engine)["centre"]
    assert centre[1:3] == ("0751234J", "CFA Exemple")
    assert centre[4:6] == ("Paris", "75")


def test_a_cfd_shared_by_unlike_diplomas_makes_formations_of_their_own(engine: Engine, write: Write) -> None:
    sports = {"1001": "Escrime", "1002": "Judo", "1003": "Voile"}
    shared = [certification(number, sport, "46033202", Code_RNCP=number) for number, sport in sports.items()]
    take(engine, write("certifications", *shared, certification()))
    assert titles(engine) == {f"certifinfo:{n}": sport for n, sport in sports.items()} | {"cfd:50022146": "CAP cuisine"}
    assert codes(engine, "certifinfo:1002") == {"certifinfo:1002", "rncp:RNCP1002"}
    assert newest(engine, "certifinfo:1003") == "certifinfo:1003"


@pytest.mark.parametrize(
    "rows",
    [
        [certification("2001"), certification("2002", "cap CUISINE")],
        [certification("2001"), certification("2002", "CAP art culinaire", Code_Ancien_Diplome="2001")],
        [certification("2002", "CAP art culinaire", Code_Ancien_Diplome="2001"), certification("2001")],
        [
            certification("2001"),
            certification("2002", "CAP art culinaire"),
            certification("2003", "CAP art culinaire", Code_Ancien_Diplome="2001"),
        ],
    ],
    ids=["same title", "renewed", "renewed, told first", "joined by a third"],
)
def test_a_cfd_shared_by_editions_of_one_diploma_is_one_formation(
    rows: list[Cells], engine: Engine, write: Write
) -> None:
    take(engine, write("certifications", *rows))
    assert list(titles(engine)) == ["cfd:50022146"]
    numbers = {f"certifinfo:{row['Code_Diplome']}" for row in rows}
    assert codes(engine, "cfd:50022146") == {"cfd:50022146"} | numbers


@pytest.mark.parametrize("stated_by", ["the old", "the new", "both"])
def test_a_renewal_counts_whichever_row_states_it(stated_by: str, engine: Engine, write: Write) -> None:
    old = {"NOUVEAU_DIPLOME_3": "50022146"} if stated_by != "the new" else {}
    new = {"ANCIEN_DIPLOME_5": "50022139"} if stated_by != "the old" else {}
    take(engine, write("diplomas", diploma("50022139", **old), diploma("50022146", **new)))
    assert newest(engine, "50022139") == newest(engine, "50022146") == "cfd:50022146"


def test_a_chain_told_by_several_files_leads_to_the_newest(engine: Engine, write: Write) -> None:
    take(engine, write("diplomas", diploma("50022131", NOUVEAU_DIPLOME_1="50022139")))
    take(
        engine,
        write("offers", offer(cfd_ancien="50022139")),
        write("certifications", certification("88543", cfd="50022139")),
    )
    assert {newest(engine, code) for code in ("50022131", "50022139", "88543", "50022146")} == {"cfd:50022146"}


def test_a_split_is_not_inherited(engine: Engine, write: Write) -> None:
    split = diploma("40025507", NOUVEAU_DIPLOME_1="40025513", NOUVEAU_DIPLOME_2="40025514")
    take(engine, write("diplomas", split, diploma("40025513"), diploma("40025514")))
    assert [newest(engine, code) for code in ("40025507", "40025513", "40025514")] == [
        "cfd:40025507",
        "cfd:40025513",
        "cfd:40025514",
    ]


def test_a_lineage_is_undone_when_a_later_file_reveals_a_split(engine: Engine, write: Write) -> None:
    take(engine, write("diplomas", diploma("40025507", NOUVEAU_DIPLOME_1="40025513"), diploma("40025513")))
    assert newest(engine, "40025507") == "cfd:40025513"
    take(engine, write("diplomas", diploma("40025514", ANCIEN_DIPLOME_1="40025507")))
    assert newest(engine, "40025507") == "cfd:40025507"


@pytest.mark.parametrize("told_first", ["the oldest", "the newest"])
def test_every_code_of_a_chain_leads_to_its_end_both_ways(told_first: str, engine: Engine, write: Write) -> None:
    links = {"50022131": "50022139", "50022139": "50022146"}
    paths = [write("diplomas", diploma(old, NOUVEAU_DIPLOME_1=new), diploma(new)) for old, new in links.items()]
    for path in paths if told_first == "the oldest" else paths[::-1]:
        take(engine, path)
    with engine.connect() as connection:
        found = [resolve_formation(connection, code) for code in ("50022131", "50022139", "50022146")]
    assert {one.formation.natural_key for one in found} == {"cfd:50022146"}
    assert len({one.members for one in found}) == 1
    assert [one.asked.natural_key for one in found] == ["cfd:50022131", "cfd:50022139", "cfd:50022146"]


def test_a_merge_is_not_inherited(engine: Engine, write: Write) -> None:
    merged = diploma("40025519", **{f"ANCIEN_DIPLOME_{n}": f"4002551{n + 2}" for n in (1, 2, 3)})
    take(engine, write("diplomas", merged, *(diploma(f"4002551{n}") for n in (3, 4, 5))))
    assert newest(engine, "40025519") == "cfd:40025519"
    assert [newest(engine, f"4002551{n}") for n in (3, 4, 5)] == ["cfd:40025513", "cfd:40025514", "cfd:40025515"]


def test_a_cycle_is_imported_as_one_lineage(engine: Engine, write: Write) -> None:
    ring = {"50022131": "50022139", "50022139": "50022146", "50022146": "50022131"}
    (report,) = take(engine, write("diplomas", *(diploma(old, NOUVEAU_DIPLOME_1=new) for old, new in ring.items())))
    assert report.rejected == []
    assert len({newest(engine, code) for code in ring}) == 1


def test_a_diploma_that_renews_itself_and_another_is_imported(engine: Engine, write: Write) -> None:
    own = diploma("50022146", NOUVEAU_DIPLOME_1="50022146", ANCIEN_DIPLOME_1="5102002", ANCIEN_DIPLOME_2="50022139")
    (report,) = take(engine, write("diplomas", own, diploma("50022139")))
    assert (report.rejected, len(report.remarks)) == ([], 2)
    assert newest(engine, "50022139") == newest(engine, "50022146") == "cfd:50022146"


def test_a_diploma_without_a_row_keeps_answering_by_every_old_code(engine: Engine, write: Write) -> None:
    former = {"Code_Ancien_Diplome": "88543", "Code_Ancien_RNCP": "37553", "Code_Ancien_Scolarité": "50022139"}
    take(engine, write("certifications", certification(Intitulé_Ancien_Diplome="CAP cuisine (ancien)", **former)))
    assert titles(engine) == {"cfd:50022146": "CAP cuisine", "cfd:50022139": "CAP cuisine (ancien)"}
    for code in ("certifinfo:88543", "RNCP37553", "50022139"):
        assert newest(engine, code) == "cfd:50022146"


def test_an_old_number_that_kept_its_cfd_is_one_more_code_of_the_formation(engine: Engine, write: Write) -> None:
    former = {"Code_Ancien_Diplome": "88543", "Code_Ancien_RNCP": "37553", "Code_Ancien_Scolarité": "50022146"}
    take(engine, write("certifications", certification(Intitulé_Ancien_Diplome="Autre titre", **former)))
    assert titles(engine) == {"cfd:50022146": "CAP cuisine"}
    assert codes(engine, "cfd:50022146") >= {"certifinfo:88543", "certifinfo:115708", "rncp:RNCP37553"}


def test_a_former_diploma_that_is_only_mentioned_breaks_no_renewal_that_is_stated(engine: Engine, write: Write) -> None:
    stated = write("diplomas", diploma("50022139", NOUVEAU_DIPLOME_1="50022146"), diploma("50022146"))
    take(engine, stated, write("certifications", certification(Code_Ancien_Diplome="88543")))
    assert newest(engine, "50022139") == "cfd:50022146"
    assert newest(engine, "certifinfo:88543") == "certifinfo:88543"


def test_a_former_cfd_shared_by_unlike_diplomas_is_lent_to_none_of_them(engine: Engine, write: Write) -> None:
    rows = [
        certification(f"200{n}", title, "", Code_Ancien_Diplome=f"100{n}", Intitulé_Ancien_Diplome=title,
                      Code_Ancien_Scolarité="46033202")
        for n, title in enumerate(("Escrime", "Judo"))
    ]  # fmt: skip
    take(engine, write("certifications", *rows))
    assert [newest(engine, f"certifinfo:100{n}") for n in (0, 1)] == ["certifinfo:2000", "certifinfo:2001"]


def test_a_diploma_told_by_two_registers_under_one_rncp_is_one_lineage(engine: Engine, write: Write) -> None:
    ours = certification("103412", "Ébéniste (CTM)", "", Code_RNCP="36988")
    take(engine, write("certifications", ours), write("kits", kit("46X23404", "RNCP36988", "EBENISTE (APCMA)")))
    for code in ("certifinfo:103412", "46X23404", "RNCP36988"):
        assert newest(engine, code) == "cfd:46X23404"


def test_the_old_codes_of_an_offer_lead_to_what_it_offers(engine: Engine, write: Write) -> None:
    old = {"cfd_ancien": "50022139", "rncp": "RNCP38430", "rncp_ancien": "RNCP37553"}
    (report,) = take(engine, write("offers", offer(**old)))
    assert (report.rejected, report.remarks) == ([], [])
    for code in ("50022139", "RNCP37553", "RNCP38430"):
        assert newest(engine, code) == "cfd:50022146"


# -- the real files --------------------------------------------------------------------------------------------------


def lines_with_a_bad_uai(path: Path) -> set[int]:
    """Lines of a Parcoursup file whose UAI cannot be one, by the ministry's rule."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        uais = [(line, row["UAI"]) for line, row in enumerate(csv.DictReader(file, delimiter=";"), 2)]
    return {
        line
        for line, uai in uais
        if not uai[:7].isdigit() or len(uai) != 8 or uai[7] != "ABCDEFGHJKLMNPRSTUVWXYZ"[int(uai[:7]) % 23]
    }


def test_the_eight_real_files_are_imported_whole(databases: Databases, real_data: Path, tmp_path: Path) -> None:
    folder = databases.copy(imported(databases, real_data), tmp_path)
    told = reports(folder)
    assert {name: report.read for name, report in told.items()} == ROWS
    for name in ROWS.keys() - {"bts_parcoursup_2024.csv"}:
        assert (told[name].kept, told[name].rejected) == (ROWS[name], []), name

    wishes = told["bts_parcoursup_2024.csv"]
    bad = lines_with_a_bad_uai(real_data / "bts_parcoursup_2024.csv")
    assert len(bad) == 18
    assert {line for line, reason in wishes.rejected if "n'a pas la forme d'un UAI" in reason} == bad
    assert all(line and reason for line, reason in wishes.rejected)
    assert wishes.kept == wishes.read - len(wishes.rejected)

    with opened(databases, folder) as engine, engine.connect() as connection:
        old, new = (resolve_formation(connection, code) for code in ("50022139", "50022146"))
        assert (old.asked.natural_key, new.asked.natural_key) == ("cfd:50022139", "cfd:50022146")
        assert old.formation == new.formation == new.asked
        assert {old.asked.id, new.asked.id} <= set(old.members)
        assert old.members == new.members
        assert old.formation.title == "CAP cuisine"
        for code in ("88543", "115708", "RNCP37553", "RNCP38430", "FOR.1210", "FOR.9664", "23210022139"):
            assert resolve_formation(connection, code).members == new.members, code


def test_the_renewals_of_the_real_nomenclature_survive(engine: Engine, real_data: Path) -> None:
    (report,) = take(engine, real_data / "n_formation_diplome.csv")
    malformed = [reason for _, reason in report.remarks if "mal formé" in reason]
    loops = [reason for _, reason in report.remarks if "elle-même" in reason]
    assert (len(malformed), len(loops), report.rejected) == (8, 3, [])
    with engine.connect() as connection:
        for code in ("50022426", "01025111"):  # they renew themselves
            assert resolve_formation(connection, code).asked.natural_key == f"cfd:{code}"
        for code in ("40025507", "40025513", "40025514", "40025515", "40025519"):  # a split, then a merge
            assert resolve_formation(connection, code).formation.natural_key == f"cfd:{code}"
        lineages = connection.execute(
            select(store.FORMATION.c.lineage_id).group_by(store.FORMATION.c.lineage_id).having(func.count() > 1)
        ).all()
    assert len(lineages) == 560


def test_certif_info_parts_only_what_it_shows_to_be_splits_and_merges(engine: Engine, real_data: Path) -> None:
    take(engine, real_data / "n_formation_diplome.csv")
    before = lineages_of(engine)
    take(engine, real_data / "certif_info.csv")
    after = {key: group for group in lineages_of(engine) for key in group}
    parted = [group for group in before if len({after[key] for key in group}) > 1]
    assert {"cfd:40031201", "cfd:40031206", "cfd:40031214"} in parted  # a second option of bac pro took over too
    assert len(parted) == 13


def lineages_of(engine: Engine) -> set[frozenset[str]]:
    """Natural keys of the members of every lineage."""
    groups: dict[int, set[str]] = defaultdict(set)
    with engine.connect() as connection:
        for row in connection.execute(select(store.FORMATION.c.natural_key, store.FORMATION.c.lineage_id)):
            groups[row.lineage_id].add(row.natural_key)
    return {frozenset(group) for group in groups.values()}
