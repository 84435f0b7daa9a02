"""The ``sirius`` command, run as people run it."""

import json
import re
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from collector.door import Settings as CollectorSettings
from syndication.cli import EXAMPLES
from syndication.serving import claim
from syndication.settings import Settings
from tests.commands import sirius
from tests.databases import Databases, change

OFFERS = (
    "uai,siret,cfa,raison_sociale,commune,departement,academie,region,code_region,cfd,mef10,mefstat11,id_certifinfo,"
    "rncp,onisep,intitule,intitule_parcoursup,niveau,cfd_ancien,rncp_ancien,capacite\n"
    "9990001X,00000002600013,CFA Exemple,CFA,Lyon,69,Lyon,Auvergne-Rhône-Alpes,84,50022146,,,115708,RNCP38430,FOR.9664,"
    "CAP cuisine,,3,50022139,,12\n"
    "0751234K,,Faux,Faux,Paris,75,Paris,Île-de-France,11,50022146,,,,,,CAP cuisine,,3,,,\n"
)


@pytest.fixture
def ready(databases: Databases, tmp_path: Path) -> Path:
    file = tmp_path / "offres.csv"
    file.write_text(OFFERS, encoding="utf-8")
    done = sirius(tmp_path, "catalogue", "import", str(file), "--json")
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout)["fichiers"][0]
    assert (report["lues"], report["gardees"]) == (2, 1)
    assert report["rejetees"][0]["ligne"] == 3
    assert "J est attendue" in report["rejetees"][0]["raison"]
    return tmp_path


def test_python_runs_it_as_a_module(tmp_path: Path) -> None:
    words = [sys.executable, "-m", "syndication"]
    told = subprocess.run([*words, "--help"], capture_output=True, text=True, check=True, cwd=tmp_path)
    assert "Sirius recueille" in told.stdout
    wrong = subprocess.run([*words, "nulle-part"], capture_output=True, text=True, check=False, cwd=tmp_path)
    assert (wrong.returncode, wrong.stdout) == (2, "")


def test_a_campaign_is_opened_and_its_links_are_handed_out(ready: Path) -> None:
    opened = sirius(ready, "campaign", "open", "--formation", "RNCP38430", "--etablissement", "9990001X",
                    "--seats", "3", "--json")  # fmt: skip
    campaign = json.loads(opened.stdout)
    assert set(campaign) == {"id", "lien"}
    assert len(campaign["lien"].removeprefix("http://127.0.0.1:8000")) <= 60
    links = json.loads(sirius(ready, "campaign", "links", campaign["id"], "--count", "2", "--json").stdout)
    assert len(links) == len(set(links)) == 2
    assert all(re.fullmatch(r"http://127\.0\.0\.1:8000/r/[\w-]{22}", link) for link in links)
    table = sirius(ready, "campaign", "links", campaign["id"], "--count", "1", "--csv").stdout.splitlines()
    assert (table[0], len(table)) == ("lien", 2)
    full = sirius(ready, "campaign", "links", campaign["id"], "--count", "1")
    assert (full.returncode, full.stdout) == (1, "")
    assert "Il reste 0 place" in full.stderr


@pytest.mark.parametrize(("suffix", "start"), [("svg", b"<?xml"), ("PNG", b"\x89PNG"), ("pdf", b"%PDF")])
def test_the_common_link_is_written_as_a_code(ready: Path, suffix: str, start: bytes) -> None:
    opened = sirius(ready, "campaign", "open", "--formation", "RNCP38430", "--etablissement", "9990001X", "--json")
    campaign = json.loads(opened.stdout)
    done = sirius(ready, "campaign", "qr", campaign["id"], str(ready / f"affiche.{suffix}"))
    assert done.stdout.strip() == campaign["lien"]
    assert (ready / f"affiche.{suffix}").read_bytes().startswith(start)
    refused = sirius(ready, "campaign", "qr", campaign["id"], str(ready / "affiche.jpg"))
    assert (refused.returncode, (ready / "affiche.jpg").exists()) == (2, False)


def test_opcos_are_listed_for_their_observers_and_their_number_told(ready: Path) -> None:
    file = ready / "opco.csv"
    file.write_text("opco;rncp\nAKTO;RNCP38430\nAKTO;RNCP39999\nATLAS;RNCP39999\nAKTO;x\n", encoding="utf-8")
    done = sirius(ready, "catalogue", "opco", str(file), "--json")
    told = json.loads(done.stdout)
    assert (told["opco"], told["rncp"], told["sans_formation"], len(told["rejetees"])) == (2, 2, 1, 1)
    said = sirius(ready, "catalogue", "opco", str(file)).stdout.replace("\u00a0", " ")
    assert said == "2 OPCO, 2 numéros RNCP (dont 1 sans formation au catalogue), 1 ligne rejetée\n"


def test_an_import_of_one_line_is_told_in_the_singular(ready: Path) -> None:
    said = sirius(ready, "catalogue", "import", str(ready / "offres.csv")).stdout.replace("\u00a0", " ")
    assert "2 lues, 1 gardée, 1 rejetée, 0 remarque\n" in said


def test_a_sign_in_link_is_printed_for_each_role(ready: Path) -> None:
    for role, more in (
        ("moderator", ()), ("admin", ()), ("observer", ("--scope", "region:Auvergne-Rhône-Alpes")),
        ("cfa", ("--etablissement", "9990001X")),
    ):  # fmt: skip
        done = sirius(ready, "signin", "lea@exemple.fr", "--role", role, *more, "--json")
        assert set(json.loads(done.stdout)) == {"lien"}


@pytest.mark.parametrize(
    ("words", "status", "said"),
    [
        (("campaign", "open", "--formation", "zzz", "--etablissement", "9990001X"), 1, "aucun code connu"),
        (("campaign", "open", "--formation", "50022146", "--etablissement", "9990001A"), 1, "est fausse"),
        (("campaign", "open", "--formation", "50022146", "--etablissement", "9990001X", "--opens", "hier"), 1, "hier"),
        (("campaign", "links", "inconnue", "--count", "1"), 1, "Aucune campagne"),
        (("campaign", "links", "inconnue"), 2, "--count"),
        (("signin", "lea@exemple.fr", "--role", "reine"), 1, "Rôle inconnu"),
        (("signin", "lea@exemple.fr", "--role", "observer", "--scope", "opco:INCONNU"), 1, "opco:INCONNU"),
        (("signin", "lea@exemple.fr", "--role", "observer", "--scope", "region:Nowhere"), 1, "region:Nowhere"),
        (("signin", "lea@exemple.fr", "--role", "admin", "--scope", "nation"), 1, "Seul un observateur"),
        (("catalogue", "import", "/nulle/part.csv"), 1, "illisible"),
        (("responses", "import", __file__, "--formation", "50022146", "--etablissement", "9990001X"), 1, "témoignages"),
        (("nulle-part",), 2, "nulle-part"),
    ],
)
def test_a_fault_is_one_clear_line_and_a_status(ready: Path, words: tuple[str, ...], status: int, said: str) -> None:
    done = sirius(ready, *words)
    assert done.returncode == status
    assert said in done.stderr
    assert "Traceback" not in done.stderr
    assert done.stdout == ""
    if status == 1:
        assert done.stderr.startswith("Erreur : ")
        assert len(done.stderr.splitlines()) == 1


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("SIRIUS_PUBLIC_URL", "ftp://exemple.fr"),
        ("SIRIUS_SECRET_KEYS", "court"),
        ("SIRIUS_COLLECTOR_DATABASE_URL", "mysql://x"),
        ("SIRIUS_SYNDICATION_DATABASE_URL", "mongodb://x"),
        ("SIRIUS_EMBED_POLICY", "peut-être"),
        ("SIRIUS_MIN_RESPONDENTS", "cinq"),
        ("SIRIUS_MIN_RESPONDENTS_PERCENT", "3"),
        ("SIRIUS_FRAGILE_BELOW", "-1"),
    ],
)
def test_nonsense_in_the_environment_is_refused_by_its_name(tmp_path: Path, variable: str, value: str) -> None:
    done = sirius(None, "migrate", **{"SIRIUS_DATA_DIR": str(tmp_path), variable: value})
    assert done.returncode == 1
    assert variable in done.stderr


@pytest.mark.usefixtures("databases")
def test_doctor_finds_what_is_wrong(tmp_path: Path) -> None:
    before = sirius(tmp_path, "doctor")
    assert before.returncode == 1
    assert "sirius migrate" in before.stderr
    assert sirius(tmp_path, "migrate").returncode == 0
    assert sirius(tmp_path, "doctor").returncode == 0
    (tmp_path / "secret_keys").chmod(0o644)
    assert "chmod 600" in sirius(tmp_path, "doctor").stderr
    unsafe = sirius(tmp_path, "doctor", SIRIUS_PUBLIC_URL="http://avis.exemple.fr")
    assert "SIRIUS_PUBLIC_URL" in unsafe.stderr


def test_importing_again_changes_nothing_and_a_trial_stores_nothing(ready: Path) -> None:
    file = str(ready / "offres.csv")
    first = json.loads(sirius(ready, "catalogue", "import", file, "--json").stdout)["catalogue"]
    again = json.loads(sirius(ready, "catalogue", "import", file, "--json").stdout)["catalogue"]
    assert first == again
    fresh = ready / "ailleurs"
    tried = json.loads(sirius(fresh, "catalogue", "import", file, "--dry-run", "--json").stdout)
    assert tried["essai"] is True
    assert set(tried["catalogue"].values()) == {0}


@pytest.mark.parametrize("command", sorted(EXAMPLES))
def test_every_command_has_help_with_an_example(command: str) -> None:
    done = sirius(None, *command.split(), "--help")
    assert done.returncode == 0
    assert "Exemple : sirius" in done.stdout


def test_help_shows_what_stands_between_brackets() -> None:
    assert "JSON {nom : [numéros RNCP]}" in sirius(None, "catalogue", "opco", "--help", COLUMNS="200").stdout


def test_the_demonstration_is_built_without_serving(tmp_path: Path) -> None:
    words = ("demo", "--dir", str(tmp_path / "demo"), "--no-serve", "--json")
    doors = json.loads(sirius(None, *words).stdout)
    assert set(doors) == {"catalogue", "apprenti", "cfa", "moderation", "integrer", "api"}
    again = json.loads(sirius(None, *words).stdout)
    assert again["api"] == doors["api"]
    assert again["apprenti"] != doors["apprenti"]


def test_a_small_nation_is_built_without_serving_and_nothing_else_in_its_place(tmp_path: Path) -> None:
    words = ("demo", "--dir", str(tmp_path / "nation"), "--no-serve", "--json")
    built = sirius(None, *words, "--nation", "--reviews", "100")
    assert set(json.loads(built.stdout)) == {"catalogue", "apprenti", "cfa", "moderation", "integrer", "api"}
    assert "les réponses et leurs textes…" in built.stderr
    again = sirius(None, *words, "--nation")
    assert json.loads(again.stdout)["api"] == json.loads(built.stdout)["api"]
    other = sirius(None, *words)
    assert (other.returncode, "contient un autre catalogue" in other.stderr) == (1, True)


def test_an_interrupted_demonstration_is_told_and_never_half_served(tmp_path: Path) -> None:
    folder = tmp_path / "demo"
    words = ("demo", "--dir", str(folder), "--no-serve")
    assert sirius(None, *words).returncode == 0
    change(f"sqlite:///{folder / 'syndication.db'}", "DELETE FROM bookmark WHERE name = 'demonstration'")
    again = sirius(None, *words)
    assert again.returncode == 1
    assert "effacez ce dossier" in again.stderr


def test_the_demonstration_leaves_a_configured_database_alone(tmp_path: Path) -> None:
    mine = tmp_path / "a-moi.db"
    settings = {"SIRIUS_SYNDICATION_DATABASE_URL": f"sqlite:///{mine}", "SIRIUS_MIN_RESPONDENTS": "cinq"}
    assert sirius(None, "demo", "--dir", str(tmp_path / "demo"), "--no-serve", **settings).returncode == 0
    assert not mine.exists()


def test_the_demonstration_is_not_built_in_a_folder_that_a_service_has(tmp_path: Path) -> None:
    folder = tmp_path / "demo"
    words = ("demo", "--dir", str(folder), "--no-serve")
    assert sirius(None, *words).returncode == 0
    settings = Settings.of(CollectorSettings(data_dir=folder, collector_database_url="", secret_keys=()))
    with claim.working(settings), claim.serving(settings, 1, "127.0.0.1:8000"):
        done = sirius(None, *words, "--port", "8765")
    assert done.returncode == 1
    assert "sert déjà" in done.stderr
    assert len(done.stderr.splitlines()) == 1


@pytest.mark.usefixtures("databases")
@pytest.mark.parametrize("words", [("serve",), ("demo",)])
def test_a_taken_port_is_one_clear_line(tmp_path: Path, words: tuple[str, ...]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        done = sirius(tmp_path, *words, "--port", port)
    assert done.returncode == 1
    assert port in done.stderr
    assert len(done.stderr.splitlines()) == 1


@pytest.mark.sqlite
@pytest.mark.usefixtures("databases")
def test_a_folder_that_cannot_be_written_is_one_clear_line(tmp_path: Path) -> None:
    blocked = tmp_path / "fichier"
    blocked.write_text("ceci n'est pas un dossier")
    for words in (("migrate",), ("signin", "lea@exemple.fr", "--role", "admin"), ("doctor",)):
        done = sirius(blocked, *words)
        assert done.returncode == 1
        assert "Traceback" not in done.stderr
        assert len(done.stderr.splitlines()) == 1


def test_a_finished_campaign_hands_out_nothing_more(ready: Path) -> None:
    order = ("campaign", "open", "--formation", "RNCP38430", "--etablissement", "9990001X", "--json")
    campaign = json.loads(sirius(ready, *order).stdout)["id"]
    assert sirius(ready, "campaign", "close", campaign).returncode == 0
    refused = sirius(ready, "campaign", "links", campaign, "--count", "1")
    assert (refused.returncode, refused.stdout) == (1, "")
    assert "Cette campagne est finie" in refused.stderr


def test_a_centre_that_closed_opens_no_campaign_until_it_is_said_to_be_open(ready: Path) -> None:
    opening = ("campaign", "open", "--formation", "50022146", "--etablissement", "9990001X")
    for day in ("hier", "1850-01-01", "2926-01-01"):
        assert sirius(ready, "centre", "close", "9990001X", "--on", day).returncode == 1
    assert "sa propre suite" in sirius(ready, "centre", "close", "9990001X", "--into", "9990001X").stderr
    closed = sirius(ready, "centre", "close", "9990001X", "--on", "2026-08-31")
    assert (closed.returncode, "fermé le 31" in closed.stderr) == (0, True)
    refused = sirius(ready, *opening)
    assert (refused.returncode, "a fermé le 31" in refused.stderr) == (1, True)
    later = sirius(ready, "centre", "close", "9990001X", "--on", "2031-08-31")
    assert (later.returncode, "ferme le 31" in later.stderr) == (0, True)
    assert sirius(ready, *opening).returncode == 0
    assert sirius(ready, "centre", "reopen", "9990001X").returncode == 0
    assert sirius(ready, *opening).returncode == 0


def test_no_centre_is_taken_over_by_one_that_closed(ready: Path) -> None:
    file = ready / "autre.csv"
    file.write_text(OFFERS.replace("9990001X,00000002600013", "9990002Y,00000003400017"), encoding="utf-8")
    assert sirius(ready, "catalogue", "import", str(file)).returncode == 0
    assert sirius(ready, "centre", "close", "9990001X", "--into", "9990002Y", "--on", "2026-08-31").returncode == 0
    again = sirius(ready, "centre", "close", "9990001X")
    assert "fermé le 31\u00a0août\u00a02026" in again.stderr
    again = sirius(ready, "centre", "close", "9990001X", "--on", "2026-08-30")
    assert (again.returncode, "a pris la suite" in again.stderr) == (0, True)
    sooner = sirius(ready, "centre", "close", "9990002Y", "--on", "2026-08-29")
    assert (sooner.returncode, "il n'a pas pu fermer avant" in sooner.stderr) == (1, True)
    assert sirius(ready, "centre", "close", "9990002Y", "--on", "2026-09-30").returncode == 0
    after = sirius(ready, "centre", "close", "9990001X", "--on", "2026-10-01")
    assert (after.returncode, "donnez le centre qui reste ouvert" in after.stderr) == (1, True)
    back = sirius(ready, "centre", "close", "9990002Y", "--into", "9990001X")
    assert (back.returncode, "donnez le centre qui reste ouvert" in back.stderr) == (1, True)
