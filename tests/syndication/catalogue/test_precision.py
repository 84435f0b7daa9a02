"""What share of real codes resolves, by scheme: every real offer, the whole kit, the whole of Certif-Info.

A code that does not resolve has one of the causes listed here, each of them checked against the files themselves; a
failure that has none fails the test. The shares are told at the end of the run.
"""

import csv
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, select

from syndication.catalogue import store
from syndication.catalogue.codes import Code, read_formation_code
from syndication.catalogue.resolve import Resolved, resolve, resolve_centre, resolve_formation
from syndication.errors import AmbiguousCode, UnknownCode, UnusableCode
from tests.databases import Databases
from tests.syndication.catalogue.real import imported, opened

Figure = Callable[[str, float], None]
Rows = list[dict[str, str]]

SENTINEL = "the file says that there is no code (NR)"
OTHER_KIND = "an ONISEP identifier of a scheme of study, not of a formation (TYPDISP)"
SEVERAL = "several diplomas, which no renewal links, bear the code"
TWO_SCHEMES = "the bare number is a code of two schemes, and means one thing behind its own"
SHARED = "unlike diplomas share the CFD, which stands for none of them"
NOT_TOLD_APART = "several of the diplomas that bear the code are taught in that centre"
"""The closed list of causes."""


@pytest.fixture(scope="module")
def catalogue(databases: Databases, real_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Connection]:
    folder = databases.copy(imported(databases, real_data), tmp_path_factory.mktemp("precision"))
    with opened(databases, folder) as engine, engine.connect() as connection:
        yield connection


@pytest.fixture(scope="module")
def offers(real_data: Path) -> Rows:
    return rows(real_data / "offres_apprentissage_bts.csv", ",")


@pytest.fixture(scope="module")
def kit(real_data: Path) -> Rows:
    return rows(real_data / "kit_apprentissage_20231218.csv", ";")


@pytest.fixture(scope="module")
def certifications(real_data: Path) -> Rows:
    return rows(real_data / "certif_info.csv", ";")


def rows(path: Path, separator: str) -> Rows:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file, delimiter=separator))


class Trial:
    """Resolves codes of one scheme, and counts those that resolve and why the others do not."""

    def __init__(self, connection: Connection, certifications: Rows) -> None:
        self._connection = connection
        self._known: dict[str, Resolved | UnusableCode] = {}
        self._titles: dict[str, set[str]] = defaultdict(set)
        for row in certifications:
            for cfd, title in (
                ("Code_Scolarité", "Libelle_Diplome"),
                ("Code_Ancien_Scolarité", "Intitulé_Ancien_Diplome"),
            ):
                self._titles[row[cfd].strip()].add(row[title].strip().casefold())

    def outcome(self, code: str, centre: str | None = None) -> Resolved | UnusableCode:
        """What a code, perhaps with a centre, resolves to, or why it does not."""
        key = f"{code}@{centre or ''}"
        if key not in self._known:
            try:
                self._known[key] = resolve(self._connection, code, centre)
            except UnusableCode as error:
                self._known[key] = error
        return self._known[key]

    def share(self, scheme: str, texts: Sequence[str], *, bare: bool = False) -> tuple[float, Counter[str]]:
        """Percentage of codes that resolve, and how many fail by cause; a failure without a cause fails the test."""
        causes: Counter[str] = Counter()
        for text in texts:
            found = self.outcome(text if bare else f"{scheme}:{text}")
            if isinstance(found, UnusableCode):
                causes[self.cause(scheme, text, found)] += 1
        return 100 * (1 - causes.total() / len(texts)), causes

    def cause(self, scheme: str, text: str, error: UnusableCode) -> str:
        """Why a code of some scheme does not resolve."""
        if text == "NR":
            return SENTINEL
        if scheme == "onisep" and re.fullmatch(r"TYPDISP\.[0-9]+", text):
            return OTHER_KIND
        if isinstance(error, UnknownCode) and scheme == "cfd" and len(self._titles[text]) > 1:
            return SHARED
        if isinstance(error, AmbiguousCode):
            alone = self.outcome(f"{scheme}:{text}")
            if isinstance(alone, Resolved):
                assert len({candidate.partition(":")[0] for candidate in error.candidates}) > 1, text
                return TWO_SCHEMES
            assert self.lineages(scheme, text) > 1, text
            return SEVERAL
        pytest.fail(f"{scheme}:{text} does not resolve, and has no cause of the list: {error}")

    def lineages(self, scheme: str, text: str) -> int:
        """How many lineages bear a code, as stored."""
        (code,) = read_formation_code(f"{scheme}:{text}")
        query = select(store.FORMATION.c.lineage_id).distinct().join(store.FORMATION_CODE)
        query = query.where(store.FORMATION_CODE.c.scheme == scheme, store.FORMATION_CODE.c.value == code.value)
        return len(self._connection.execute(query).all())


@pytest.fixture(scope="module")
def trial(catalogue: Connection, certifications: Rows) -> Trial:
    return Trial(catalogue, certifications)


# -- every code column -----------------------------------------------------------------------------------------------

OFFERS = {
    "cfd": "cfd", "mef10": "mef", "mefstat11": "mefstat", "id_certifinfo": "certifinfo", "rncp": "rncp",
    "onisep": "onisep", "cfd_ancien": "cfd", "rncp_ancien": "rncp",
}  # fmt: skip
KIT = {"Code_Diplome": "cfd", "Code_RNCP": "rncp"}
CERTIFICATIONS = {
    "Code_Diplome": "certifinfo", "Code_RNCP": "rncp", "Code_RS": "rs", "Code_Scolarité": "cfd", "codeIdeo2": "onisep",
    "Code_Ancien_Diplome": "certifinfo", "Code_Ancien_RNCP": "rncp", "Code_Ancien_Scolarité": "cfd",
}  # fmt: skip
LEAST = {
    ("offres", "rncp"): 87, ("offres", "rncp_ancien"): 91, ("kit", "Code_RNCP"): 54, ("certif_info", "Code_RNCP"): 84,
    ("certif_info", "Code_RS"): 98, ("certif_info", "codeIdeo2"): 92, ("certif_info", "Code_Ancien_Diplome"): 99,
    ("certif_info", "Code_Ancien_RNCP"): 86, ("certif_info", "Code_Ancien_Scolarité"): 99,
    ("certif_info", "Code_Scolarité"): 99.9,
}  # fmt: skip
"""Percentages below which a column never fell; every other column resolves whole."""


def check(trial: Trial, figure: Figure, file: str, found: Rows, columns: Mapping[str, str]) -> None:
    """Resolve every code of some columns, tell the shares, and hold them to what they were."""
    for column, scheme in columns.items():
        texts = [text for row in found if (text := row[column].strip())]
        share, causes = trial.share(scheme, texts)
        figure(f"codes that resolve, %, {file}, {column} ({scheme}, {len(texts)} codes)", share)
        for cause, count in causes.items():
            figure(f"codes that do not resolve, {file}, {column}: {cause}", count)
        assert share >= LEAST.get((file, column), 100), (column, causes)


def test_every_code_of_every_real_offer_resolves_or_says_why(trial: Trial, offers: Rows, figure: Figure) -> None:
    assert len(offers) == 5_701
    check(trial, figure, "offres", offers, OFFERS)


def test_every_code_of_the_kit_resolves_or_says_why(trial: Trial, kit: Rows, figure: Figure) -> None:
    assert len(kit) == 5_707
    check(trial, figure, "kit", kit, KIT)


def test_every_code_of_certif_info_resolves_or_says_why(trial: Trial, certifications: Rows, figure: Figure) -> None:
    assert len(certifications) == 10_067
    check(trial, figure, "certif_info", certifications, CERTIFICATIONS)


@pytest.mark.parametrize("column", ["Code_Diplome", "Code_RNCP", "Code_Scolarité", "codeIdeo2"])
def test_a_bare_code_resolves_unless_it_is_a_code_of_two_schemes(
    column: str, trial: Trial, certifications: Rows, figure: Figure
) -> None:
    scheme = CERTIFICATIONS[column]
    texts = [text for row in certifications if (text := row[column].strip())]
    share, causes = trial.share(scheme, texts, bare=True)
    prefixed, _ = trial.share(scheme, texts)
    figure(f"bare codes that resolve, %, certif_info, {column} ({scheme})", share)
    assert share >= prefixed - 1
    assert share + 100 * causes[TWO_SCHEMES] / len(texts) == pytest.approx(prefixed)


# -- every pair ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("by", ["uai", "siret"])
def test_every_real_pair_resolves_to_its_formation_and_its_centre(
    by: str, trial: Trial, offers: Rows, figure: Figure
) -> None:
    for row in offers:
        found = trial.outcome(row["cfd"], row[by])
        assert isinstance(found, Resolved), (row["cfd"], row[by], found)
        assert found.formation is not None
        assert found.centre is not None
        assert found.formation.asked.natural_key == f"cfd:{row['cfd']}"
        assert (found.role, found.centre.uai) == ("lieu", row["uai"])
    figure(f"pairs that resolve, %, offres, cfd@{by}", 100)


def test_the_centre_of_a_pair_tells_most_options_under_one_rncp_apart(
    trial: Trial, offers: Rows, figure: Figure, catalogue: Connection
) -> None:
    causes: Counter[str] = Counter()
    for row in offers:
        found = trial.outcome(row["rncp"], row["uai"])
        meant = trial.outcome(row["cfd"])
        assert isinstance(meant, Resolved)
        assert meant.formation is not None
        if isinstance(found, Resolved):
            assert found.formation is not None
            assert found.formation.members == meant.formation.members
            continue
        assert isinstance(found, AmbiguousCode), found
        centre = resolve_centre(catalogue, row["uai"])
        codes = store.formations_by_code(catalogue, Code("rncp", row["rncp"]))
        taught = {one.lineage_id for one in codes if store.parts_of(catalogue, one.lineage_id, centre.id)}
        assert len(taught) > 1, row
        causes[NOT_TOLD_APART] += 1
    share = 100 * (1 - causes.total() / len(offers))
    figure("pairs that resolve, %, offres, rncp@uai", share)
    for cause, count in causes.items():
        figure(f"pairs that do not resolve, offres, rncp@uai: {cause}", count)
    assert share >= 95


def test_every_present_code_of_an_offer_leads_to_the_same_formation(trial: Trial, offers: Rows) -> None:
    present = {column: scheme for column, scheme in OFFERS.items() if not column.endswith("_ancien")}
    for row in offers:
        found = [trial.outcome(f"{scheme}:{row[column]}") for column, scheme in present.items() if row[column].strip()]
        members = {one.formation.members for one in found if isinstance(one, Resolved) and one.formation}
        assert len(members) == 1, row


TEXTS = ("50022146", "50022139", "RNCP38430", "38430", "115708", "FOR.9664", "2412214621", "23210022146")
"""A code of each scheme."""


@pytest.mark.sqlite
@pytest.mark.parametrize("text", TEXTS)
def test_a_code_is_looked_up_and_no_table_is_read_through(catalogue: Connection, text: str) -> None:
    asked: list[str] = []
    driver: Any = catalogue.connection.driver_connection
    driver.set_trace_callback(asked.append)
    resolve_formation(catalogue, text)
    driver.set_trace_callback(None)
    assert asked
    for statement in asked:
        plan = [row[-1] for row in driver.execute(f"EXPLAIN QUERY PLAN {statement}")]
        assert not [line for line in plan if line.startswith("SCAN")], plan
