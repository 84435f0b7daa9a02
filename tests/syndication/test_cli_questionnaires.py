"""The ``sirius questionnaire`` commands, run as people run them."""

import json
import socket
import subprocess
import sys
from contextlib import suppress
from importlib.resources import files
from pathlib import Path

import httpx
import pytest

from collector.door import default_questionnaire
from tests.commands import sirius
from tests.databases import Databases, bare_environment, rows
from tests.helpers import hidden_fields
from tests.servers import PATIENCE, fetch, send, wait_until
from tests.syndication.test_cli import OFFERS

Done = subprocess.CompletedProcess[str]
DEFAULT = files("collector.questionnaire").joinpath("2026-1.toml").read_text(encoding="utf-8")
CANTEEN = """
[[sections.questions]]
key = "cantine"
kind = "one"
required = true
label = "Tu manges à la cantine\u00a0?"
label_en = "Do you eat at the canteen?"
public_label = "La cantine"
public_label_en = "The canteen"
options = [
    { key = "oui", label = "Oui", label_en = "Yes" },
    { key = "non", label = "Non", label_en = "No" },
]

[[sections.questions]]
key = "cantine.avis"
kind = "open"
feeds = "internal"
label = "Elle est comment\u00a0?"
label_en = "How is it?"
show_if = { question = "cantine", option = "oui" }
"""
FRESH = DEFAULT.replace('version = "2026-1"', 'version = "2027-1"') + CANTEEN
FAULTS: dict[str, tuple[bytes | None, str]] = {
    "absent.toml": (None, "absent.toml ne peut pas être utilisé (il n'existe pas) : corrigez le chemin."),
    "dossier.toml": (b"/", "dossier.toml ne peut pas être utilisé (un fichier est attendu, c'est un dossier)"),
    "vide.toml": (b"", "document : « version » manque"),
    "latin.toml": (FRESH.encode("latin-1", errors="replace"), "latin.toml : le fichier n'est pas en UTF-8"),
    "csv.toml": (b"question;libelle\nune;deux\n", "csv.toml : ce n'est pas du TOML"),
    "anglais.toml": (FRESH.replace('label_en = "How is it?"', "").encode(), "cantine.avis : « label_en » manque"),
    "nourrit.toml": (FRESH.replace('feeds = "internal"\nlabel = "Elle', 'feeds = ["internal"]\nlabel = "Elle').encode(),
                     "cantine.avis : "),
}  # fmt: skip
"""Files that are no questionnaire, what they hold (a slash for a folder), and what is said of them."""


def put(folder: Path, name: str, content: str = FRESH) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / name
    file.write_text(content, encoding="utf-8")
    return file


def check_all(data: Path, files: dict[str, tuple[str, ...]]) -> dict[str, Done]:
    """Several files, each checked by the command, which opens no database and makes no folder of data."""
    done = {name: sirius(None, "questionnaire", "check", *words, SIRIUS_DATA_DIR=str(data))
            for name, words in files.items()}  # fmt: skip
    assert not data.exists()
    return done


def assert_clear(done: Done, said: str) -> None:
    """One line that says what is wrong, and nothing else."""
    assert "Traceback" not in done.stderr
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("Erreur : ")
    assert len(done.stderr.splitlines()) == 1
    assert said in done.stderr


# -- files that are no questionnaire ---------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def checked(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Done]:
    """What ``check`` says of every faulty file."""
    folder = tmp_path_factory.mktemp("fautes")
    for name, (content, _) in FAULTS.items():
        if content == b"/":
            (folder / name).mkdir()
        elif content is not None:
            (folder / name).write_bytes(content)
    return check_all(folder / "rien", {name: (str(folder / name),) for name in FAULTS})


@pytest.mark.parametrize("name", FAULTS)
def test_what_is_no_questionnaire_is_one_clear_line(checked: dict[str, Done], name: str) -> None:
    assert_clear(checked[name], FAULTS[name][1])


def test_every_command_that_takes_a_file_says_the_same_of_it_and_keeps_nothing(
    databases: Databases, tmp_path: Path
) -> None:
    faulty = put(tmp_path, "anglais.toml", FRESH.replace('label_en = "How is it?"', ""))
    words = ("show", "publish", "preview")
    done = {word: sirius(tmp_path / word, "questionnaire", word, str(faulty)) for word in words}
    for word in words:
        assert_clear(done[word], "cantine.avis : « label_en » manque")
    assert rows(databases.at(tmp_path / "publish").collector, "SELECT version FROM questionnaire") == []


@pytest.mark.usefixtures("databases")
def test_a_date_in_the_file_is_no_fault_of_the_database(tmp_path: Path) -> None:
    file = put(tmp_path, "date.toml", "relu_le = 2026-12-01\n" + FRESH)
    done = sirius(tmp_path, "questionnaire", "publish", str(file))
    assert "Traceback" not in done.stderr
    assert "Base de données" not in done.stderr
    if done.returncode:
        assert_clear(done, "relu_le")


@pytest.mark.parametrize(
    "words", [("check",), ("show", "2026-1", "--langue", "de"), ("preview", "x.toml", "--port", "65536")]
)
def test_wrong_usage_is_told_with_status_two(tmp_path: Path, words: tuple[str, ...]) -> None:
    done = sirius(None, "questionnaire", *words, SIRIUS_DATA_DIR=str(tmp_path))
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
    assert "Usage" in done.stderr + done.stdout


# -- check and show --------------------------------------------------------------------------------------------------


def test_checking_a_document_says_what_is_in_it_and_keeps_nothing(tmp_path: Path) -> None:
    file = str(put(tmp_path, "2027-1.toml", "\ufeff" + FRESH))
    done = check_all(tmp_path / "rien", {"plain": (file,), "json": (file, "--json")})
    questions = len(list(default_questionnaire().questions())) + 2
    assert (done["plain"].returncode, done["plain"].stderr) == (0, "")
    assert done["plain"].stdout == f"2027-1.toml : version 2027-1, 5 parties, {questions} questions. Tout va bien.\n"
    told = json.loads(done["json"].stdout)
    assert (told["version"], told["langue"], len(told["parties"])) == ("2027-1", "fr", 5)
    canteen, opinion = told["parties"][-1]["questions"][-2:]
    assert (canteen["cle"], canteen["genre"], canteen["nourrit"], canteen["obligatoire"]) == (
        "cantine", "one", "choice", True,
    )  # fmt: skip
    assert canteen["options"] == [{"cle": "oui", "libelle": "Oui"}, {"cle": "non", "libelle": "Non"}]
    assert (opinion["nourrit"], opinion["si"]) == ("internal", {"question": "cantine", "option": "oui"})


@pytest.mark.usefixtures("databases")
def test_a_questionnaire_is_shown_question_by_question_in_either_language(tmp_path: Path) -> None:
    file = put(tmp_path, "2027-1.toml")
    runs: dict[str, tuple[Path, tuple[str, ...]]] = {
        "file": (tmp_path / "a", (str(file),)),
        "json": (tmp_path / "b", (str(file), "--langue", "en", "--json")),
        "named": (tmp_path / "c", ("2026-1", "--langue", "en")),
        "unknown": (tmp_path / "d", ("2031-1",)),
    }
    done = {name: sirius(folder, "questionnaire", "show", *words) for name, (folder, words) in runs.items()}
    assert [name for name, one in done.items() if one.returncode] == ["unknown"]
    french = done["file"].stdout
    assert "cantine (un choix, comptes publics, obligatoire)" in french
    assert "cantine.avis (texte, interne, si cantine = oui)" in french
    assert "Tu manges à la cantine" in french
    assert "- oui : Oui" in french
    told = json.loads(done["json"].stdout)
    assert (told["version"], told["langue"]) == ("2027-1", "en")
    assert told["parties"][-1]["questions"][-1]["libelle"] == "How is it?"
    for question in default_questionnaire().questions():
        assert question.label in french
        assert question.key in done["named"].stdout
        assert question.label not in done["named"].stdout
    assert "(version 2026-1, " in done["named"].stdout
    assert not (tmp_path / "a").exists()
    assert_clear(done["unknown"], "Aucun questionnaire ne porte la version 2031-1")


# -- publish and withdraw --------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("databases")
def test_a_questionnaire_is_published_then_withdrawn_until_no_campaign_may_open(tmp_path: Path) -> None:
    def run(*words: str) -> Done:
        return sirius(tmp_path, "questionnaire", *words)

    file = put(tmp_path, "2027-1.toml")
    published = run("publish", str(file))
    questions = len(list(default_questionnaire().questions())) + 2
    assert (published.returncode, published.stdout) == (
        0, f"Version 2027-1 publiée, 5 parties, {questions} questions.\n",
    )  # fmt: skip
    assert json.loads(run("publish", str(file), "--json").stdout) == {"version": "2027-1"}
    assert json.loads(run("show", "--json").stdout)["version"] == "2027-1"
    other = put(tmp_path, "autre.toml", FRESH.replace("Tu manges à la cantine", "Tu déjeunes à la cantine"))
    assert_clear(run("publish", str(other)), "La version 2027-1 est déjà publiée, et ne change plus")
    withdrawn = run("withdraw", "2027-1")
    assert (withdrawn.returncode, withdrawn.stdout) == (0, "Version 2027-1 retirée.\n")
    assert json.loads(run("show", "--json").stdout)["version"] == "2026-1"
    assert json.loads(run("withdraw", "2026-1", "--json").stdout) == {"version": "2026-1", "retiree": True}
    assert_clear(run("show"), "Tous les questionnaires ont été retirés : publiez-en un")
    offers = put(tmp_path, "offres.csv", OFFERS)
    assert sirius(tmp_path, "catalogue", "import", str(offers)).returncode == 0
    words = ("campaign", "open", "--formation", "50022146", "--etablissement", "9990001X")
    assert_clear(sirius(tmp_path, *words), "Tous les questionnaires ont été retirés")


# -- preview ---------------------------------------------------------------------------------------------------------


def answered(url: str, process: subprocess.Popen[str]) -> httpx.Response:
    """The first answer of a server that is starting."""
    found: list[httpx.Response] = []

    def asked() -> bool:
        assert process.poll() is None, "the preview ended"
        with suppress(httpx.TransportError):
            found.append(fetch(url, follow_redirects=True))
        return bool(found)

    wait_until(asked, "the preview answers")
    return found[0]


def test_an_unpublished_document_is_served_until_it_is_stopped_and_nothing_is_written(
    tmp_path: Path, port: int
) -> None:
    file = put(tmp_path, "2027-1.toml")
    data, here = tmp_path / "donnees", tmp_path / "ici"
    here.mkdir()
    root = Path(__file__).resolve().parents[2]
    with subprocess.Popen(
        [sys.executable, "-m", "syndication", "questionnaire", "preview", str(file), "--port", str(port)],
        cwd=here, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        env={**bare_environment(), "SIRIUS_DATA_DIR": str(data), "PYTHONPATH": str(root)},
    ) as process:  # fmt: skip
        try:
            home = answered(f"http://127.0.0.1:{port}/", process)
            assert home.url.path == "/r/apercu"
            assert "Aperçu." in home.text
            page = fetch(f"http://127.0.0.1:{port}/r/apercu?etape=bilan&langue=en")
            assert "Do you eat at the canteen?" in page.text
            form = {**hidden_fields(page.text), "cantine": "oui", "cantine.avis": "Bonne."}
            posted = send(f"http://127.0.0.1:{port}/r/apercu", data=form)
            assert (posted.status_code, posted.headers.get("set-cookie")) == (303, None)
            assert "server" not in posted.headers
            again = fetch(f"http://127.0.0.1:{port}/r/apercu?etape=bilan")
            assert "Bonne." not in again.text
        finally:
            process.terminate()
        out, said = process.communicate(timeout=PATIENCE)
    assert out == ""
    assert f"http://127.0.0.1:{port}/" in said
    assert "Traceback" not in said
    assert "Bonne." not in said
    assert not data.exists()
    assert list(here.iterdir()) == []
    with socket.create_server(("127.0.0.1", port)):
        pass


def test_a_port_that_is_taken_is_one_clear_line(tmp_path: Path) -> None:
    file = put(tmp_path, "2027-1.toml")
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        assert_clear(sirius(None, "questionnaire", "preview", str(file), "--port", port), port)
