"""A full export taken over by an empty hub, which then exports the same."""

import json
import re
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from syndication import asgi, worker
from syndication.catalogue import importer
from syndication.catalogue.facts import RenewalFact
from syndication.catalogue.store import note_catalogue_change
from syndication.commands import data
from syndication.context import Hub
from syndication.corpus import taking_over
from syndication.corpus.flat import line_of, neutralised, plain
from syndication.corpus.reading import Reader
from syndication.corpus.records import Figures, read_export
from syndication.database import writing
from syndication.errors import ImportFault
from syndication.gestures import store as gestures
from syndication.moderation import store as moderation
from syndication.replies import store as replies
from tests.conftest import CUISINE, LYON_CENTRE, PARIS_CENTRE, answers, settings_in
from tests.databases import Databases, environment
from tests.helpers import Clock

Answer = Callable[..., None]
HOSTILE = '=SOMME(A1)\r\n« deux ; lignes », "guillemets", \'+1, @moi, \u2028 et une tabulation\t.'


def tell(hub: Hub, clock: Clock) -> None:
    """Have everything that an export may hold: renewed diplomas, centres below the threshold, replies, gestures."""
    answers(hub, clock, 12, changement=[HOSTILE], a_savoir=["-1 sur le rythme"])
    answers(hub, clock, 6, centre=LYON_CENTRE, satisfaction=["mal"])
    answers(hub, clock, 6, formation="50025524", satisfaction=["moyen"])
    answers(hub, clock, 3, formation="50025524", centre=LYON_CENTRE)
    with writing(hub.engine).begin() as connection:
        importer.keep(connection, [RenewalFact("cfd", "50025524", "50022137")], "essai", hub.clock())
        importer.link_lineages(connection)
        note_catalogue_change(connection, hub.clock())
        texts = sorted(moderation.waiting(connection, 1000), key=lambda one: (one.question, one.id))
        for place, text in enumerate(texts):
            if place % 9 or text.question == "changement":  # each response says that much: all of them are counted
                subjects = ["ambiance", "horaires"] if place % 2 else []
                moderation.record_decision(
                    connection, text.id, text.version, "publie", None, "lea@exemple.fr", clock(), subjects
                )
        published = connection.exec_driver_sql(
            "SELECT id, centre_id FROM verbatim WHERE status = 'publie' ORDER BY id LIMIT 6"
        ).all()
        for verbatim, centre in published:
            gestures._add(connection, verbatim, 3, 1, clock())
            replies.write(connection, verbatim, centre, "=Merci ; « bien reçu ».", "Le CFA", "cfa@exemple.fr", clock())
            replies.judge(connection, verbatim, 1, "publie", "", "lea@exemple.fr", clock())
    worker.follow_all(hub)


SCENES = {"told": tell}


@pytest.fixture
def told(hub: Hub) -> Hub:
    """A hub with everything that an export may hold."""
    return hub


@pytest.fixture
def empty(databases: Databases, tmp_path: Path, clock: Clock) -> Iterator[Hub]:
    """A hub that knows nothing at all, not even a formation."""
    hub = asgi.open_hub(settings_in(tmp_path / "vide"), clock)
    asgi.migrate(hub)
    yield hub
    hub.close()


def export(hub: Hub, folder: Path, media: str) -> list[Path]:
    """Everything that a hub exports, as files."""
    folder.mkdir(exist_ok=True)
    reader = Reader(hub.engine, hub.settings.keys(), f"{hub.settings.public_url}/methode")
    files = [folder / f"{name}.{media}" for name in ("avis", "verbatims")]
    for file, kind in zip(files, ("avis", "verbatim"), strict=True):
        file.write_bytes(b"".join(reader.export(kind, media, hub.publisher.questions().labels)))
    return files


def take_over(hub: Hub, files: list[Path]) -> None:
    records = [record for file in files for record in read_export(file)]
    figures = [one for one in records if isinstance(one, Figures)]
    texts = [one for one in records if not isinstance(one, Figures)]
    with writing(hub.engine).begin() as connection:
        taking_over.take_over(connection, figures, texts, hub.publisher.questions(), hub.clock())
    worker.follow_all(hub)


def lines(files: list[Path]) -> list[dict[str, Any]]:
    found = [json.loads(line) for file in files for line in file.read_text().split("\n") if line]
    return sorted(found, key=lambda one: one.get("cle", "") + one.get("id", ""))


@pytest.mark.parametrize("media", ["ndjson", "csv"])
def test_an_empty_hub_takes_over_an_export_and_exports_the_same(
    told: Hub, empty: Hub, tmp_path: Path, media: str
) -> None:
    take_over(empty, export(told, tmp_path / "avant", media))
    before = lines(export(told, tmp_path / "a", "ndjson"))
    after = lines(export(empty, tmp_path / "b", "ndjson"))
    assert len(before) > 30
    assert after == before
    tables = [file.read_bytes() for file in export(told, tmp_path / "c", "csv")]
    again = [file.read_bytes() for file in export(empty, tmp_path / "d", "csv")]
    assert [sorted(one.split(b"\r\n")) for one in again] == [sorted(one.split(b"\r\n")) for one in tables]


def test_what_was_taken_over_is_shown_and_found(told: Hub, empty: Hub, tmp_path: Path) -> None:
    take_over(empty, export(told, tmp_path / "avant", "ndjson"))
    for formation, centre in ((CUISINE, PARIS_CENTRE), (CUISINE, None), ("50025524", None), (None, LYON_CENTRE)):
        before, after = (hub.publisher.require(formation, centre) for hub in (told, empty))
        for name in ("respondents", "satisfaction", "notes", "choices", "period", "invited", "verbatim_total", "held"):
            assert getattr(after, name) == getattr(before, name), (formation, centre, name)
        assert after.scope.centres == before.scope.centres
        assert after.found == before.found
        assert {text.id for text in after.verbatims} <= {text.id for text in before.verbatims} or before.pages > 1


def test_former_codes_lead_to_what_was_taken_over(told: Hub, empty: Hub, tmp_path: Path) -> None:
    take_over(empty, export(told, tmp_path / "avant", "csv"))
    for code in ("50022139", "RNCP37553", "FOR.1210", "50025524"):
        before, after = (hub.publisher.require(code, None) for hub in (told, empty))
        assert after.formation == before.formation
        assert after.respondents == before.respondents


def test_a_hub_that_holds_reviews_takes_nothing_over(told: Hub, tmp_path: Path) -> None:
    with pytest.raises(ImportFault, match="déjà des avis"):
        take_over(told, export(told, tmp_path / "avant", "ndjson"))


@pytest.mark.parametrize(
    "content",
    ["{}\n", '{"cle": "x"}\n', "{", '{"texte": 3}\n', "a,b,c\r\n1,2,3\r\n", "", '{"texte": "x", "id": null}\n'],
)
def test_what_is_no_export_is_refused_and_nothing_is_kept(empty: Hub, tmp_path: Path, content: str) -> None:
    file = tmp_path / "faux.ndjson"
    file.write_text(content)
    with pytest.raises(ImportFault):
        take_over(empty, [file])


def test_a_question_that_is_not_known_is_named(told: Hub, empty: Hub, tmp_path: Path) -> None:
    files = export(told, tmp_path / "avant", "ndjson")
    files[1].write_text(files[1].read_text().replace('"cle":"changement"', '"cle":"nouvelle.question"'))
    with pytest.raises(ImportFault, match=r"nouvelle\.question"):
        take_over(empty, files)


@pytest.mark.parametrize("sign", ["=", "+", "-", "@", "\t", "\r", "'"])
def test_no_cell_is_a_formula_and_each_is_read_back(sign: str) -> None:
    for words in (
        f"{sign}1+1",
        f"{sign}{sign}",
        sign,
        f"un {sign} au milieu",
        f"x;{sign}1",
        f'x; "{sign}1;y',
        f"a\n'{sign}b",
    ):
        cell = neutralised(words)
        assert not cell.startswith(("=", "+", "-", "@", "\t", "\r"))
        assert plain(cell) == words
        for inner in re.split(r'[;\t\r\n][ "]*', cell):  # as spreadsheets of other countries would
            assert not inner.startswith(("=", "+", "-", "@"))
    assert line_of([None, True, False, 3, 0.5]) == ",oui,non,3,0.5\r\n"


def work_on(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    """Have commands of this process work on the databases of a folder."""
    for name, value in environment(folder).items():
        monkeypatch.setenv(name, value)


def test_the_commands_export_and_take_over(
    told: Hub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    told.close()
    work_on(monkeypatch, told.settings.data_dir)
    files = []
    for what in ("avis", "verbatims"):
        data.export(what, "csv")
        files.append(tmp_path / f"{what}.csv")
        files[-1].write_bytes(capfdbinary.readouterr().out)
    work_on(monkeypatch, tmp_path / "ailleurs")
    data.take_over(files, as_json=True)
    taken = json.loads(capfdbinary.readouterr().out)
    assert taken["avis"] > 5
    assert taken["verbatims"] > 20
    with closing(asgi.open_hub(settings_in(tmp_path / "ailleurs"))) as hub:
        assert hub.publisher.require(CUISINE, None).respondents == 18
