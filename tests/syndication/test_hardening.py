"""What the doctor says of an installation that is open to others: a sentence each, with what to do."""

import os
import stat
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from collector.door import Settings as CollectorSettings
from syndication import asgi
from syndication.hardening import NEW_KEY, weaknesses
from syndication.settings import Settings
from tests.commands import sirius

GOOD, OTHER = "aB3dE5fG7hJ9kL1mN2pQ4rS6tU8vW0xY", "0123456789abcdef0123456789abcdef"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    tmp_path.chmod(0o700)
    return tmp_path


@pytest.fixture
def open_umask() -> Iterator[None]:
    """A process that would let everybody read what it writes."""
    before = os.umask(0)
    yield
    os.umask(before)


def settings(folder: Path, *keys: str, smtp: str = "") -> Settings:
    return Settings.of(CollectorSettings(data_dir=folder, secret_keys=keys or (GOOD,), smtp_url=smtp))


def test_nothing_is_said_of_what_is_closed(folder: Path) -> None:
    assert weaknesses(settings(folder, GOOD, OTHER), {"FORWARDED_ALLOW_IPS": "10.0.0.1, 10.2.0.0/16,/run/x"}) == []


@pytest.mark.parametrize(
    ("keys", "said"),
    [
        (("k" * 40,), f"une clé n'est pas tirée au hasard (mettez-en une devant : {NEW_KEY})"),
        ((GOOD, OTHER, GOOD), "la même clé y est deux fois (n'en gardez qu'une)"),
        (
            tuple(f"{GOOD}{number}" for number in range(6)),
            "6 clés ouvrent des liens (gardez les 5 plus récentes au plus)",
        ),
    ],
    ids=["no chance", "twice", "many"],
)
def test_keys_that_could_be_guessed_or_lost_are_told(folder: Path, keys: Sequence[str], said: str) -> None:
    assert weaknesses(settings(folder, *keys), {}) == [f"SIRIUS_SECRET_KEYS : {said}."]


@pytest.mark.parametrize("word", ["*", "0.0.0.0/0", "::/0"])
def test_a_world_of_proxies_is_told(folder: Path, word: str) -> None:
    (said,) = weaknesses(settings(folder), {"FORWARDED_ALLOW_IPS": f"10.0.0.1,{word}"})
    assert said.startswith(f"FORWARDED_ALLOW_IPS : avec « {word} », n'importe qui dit d'où il vient")


@pytest.mark.parametrize("word", ["nginx", "10.0.0.1/8", "10.0.0.300"])
def test_a_proxy_that_nobody_recognises_is_told(folder: Path, word: str) -> None:
    (said,) = weaknesses(settings(folder), {"FORWARDED_ALLOW_IPS": word})
    assert said.startswith(f"FORWARDED_ALLOW_IPS : « {word} » n'est ni une adresse ni un réseau")


@pytest.mark.parametrize(
    ("smtp", "told"),
    [
        ("smtp://relais.exemple.fr:25?tls=aucun", True), ("smtp://10.0.0.7:25?tls=aucun", True),
        ("smtp://localhost:25?tls=aucun", False), ("smtp://127.0.0.1:25?tls=aucun", False),
        ("smtp://relais.exemple.fr:587", False), ("smtps://nous:secret@relais.exemple.fr:465", False),
    ],
)  # fmt: skip
def test_mails_that_would_leave_in_clear_are_told(folder: Path, smtp: str, told: bool) -> None:
    said = weaknesses(settings(folder, smtp=smtp), {})
    assert [one.partition(" : ")[0] for one in said] == (["SIRIUS_SMTP_URL"] if told else [])


def test_databases_that_every_account_may_open_are_told(folder: Path) -> None:
    elsewhere = folder / "ailleurs"
    elsewhere.mkdir(mode=0o755)
    database = elsewhere / "avis.db"
    database.touch(mode=0o644)
    given = replace(settings(folder), database_url=f"sqlite:///{database}")
    (said,) = weaknesses(given, {})
    assert said.startswith("SIRIUS_SYNDICATION_DATABASE_URL : ")
    assert f"{database} (chmod 600)" in said
    elsewhere.chmod(0o750)
    assert weaknesses(given, {}) == []


def test_secrets_in_files_that_others_may_read_are_told(folder: Path) -> None:
    secret = folder / "smtp"
    secret.touch(mode=0o640)
    (said,) = weaknesses(settings(folder), {"SIRIUS_SMTP_URL_FILE": str(secret)})
    assert said == f"SIRIUS_SMTP_URL_FILE : d'autres que vous peuvent lire {secret} (chmod 600)."


def test_a_mode_for_developers_is_told(folder: Path) -> None:
    (said,) = weaknesses(settings(folder), {"PYTHONDEVMODE": "1", "PYTHONASYNCIODEBUG": ""})
    assert said.startswith("PYTHONDEVMODE : ")


@pytest.mark.sqlite
@pytest.mark.usefixtures("open_umask")
def test_what_is_made_is_for_its_owner_alone(folder: Path) -> None:
    given = settings(folder / "données")
    hub = asgi.open_hub(given)
    asgi.migrate(hub)
    hub.close()
    assert weaknesses(given, {}) == []
    made = [given.data_dir, *given.data_dir.iterdir()]
    assert {path.name for path in made} >= {"collector.db", "syndication.db"}
    assert not [path for path in made if stat.S_IMODE(path.stat().st_mode) & 0o077]


@pytest.mark.usefixtures("databases")
def test_the_doctor_tells_them(folder: Path) -> None:
    assert sirius(folder, "migrate").returncode == 0
    told = sirius(folder, "doctor", FORWARDED_ALLOW_IPS="*", SIRIUS_SECRET_KEYS="k" * 40)
    assert told.returncode == 1
    assert {line.partition(" : ")[0] for line in told.stderr.splitlines()} == {
        "FORWARDED_ALLOW_IPS", "SIRIUS_SECRET_KEYS",
    }  # fmt: skip
