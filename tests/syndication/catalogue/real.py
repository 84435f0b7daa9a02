"""The real official files, all of them imported once a run."""

import pickle
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Engine

from syndication import database
from syndication.catalogue.importer import Report, import_files
from tests.databases import Databases
from tests.helpers import NOON

ROWS = {
    "n_formation_diplome.csv": 4_023,
    "n_mef.csv": 10_067,
    "certif_info.csv": 10_067,
    "kit_apprentissage_20231218.csv": 5_707,
    "organismes_apprentissage.csv": 6_059,
    "depp_cfa_2022_2023.csv": 2_527,
    "offres_apprentissage_bts.csv": 5_701,
    "bts_parcoursup_2024.csv": 14_994,
}
"""How many rows each file has."""
REPORTS = "reports"


def imported(databases: Databases, real_data: Path) -> Path:
    """The folder of databases that hold the real catalogue, to be copied; what the import told is in it."""

    def make(folder: Path) -> None:
        with opened(databases, folder) as engine:
            database.migrate(engine)
            told = import_files(engine, [real_data / name for name in ROWS], NOON)
        (folder / REPORTS).write_bytes(pickle.dumps(told))

    return databases.once(f"{__name__}.catalogue", make)


def reports(folder: Path) -> dict[str, Report]:
    """What the import told, by the name of the file."""
    told: list[Report] = pickle.loads((folder / REPORTS).read_bytes())
    return {report.path.name: report for report in told}


@contextmanager
def opened(databases: Databases, folder: Path) -> Iterator[Engine]:
    """The hub's database of a folder."""
    engine = database.open_engine(databases.at(folder).syndication)
    yield engine
    engine.dispose()
