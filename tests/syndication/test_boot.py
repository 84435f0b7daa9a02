"""What a service says when it cannot begin: one sentence, what to do, and no secret."""

import os
import socket
import struct
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy.engine import make_url

from collector import database as collector_database
from syndication import database
from syndication.context import Hub
from syndication.database import writing
from tests import databases as databases_of
from tests.commands import sirius
from tests.databases import Databases, environment
from tests.journeys.test_durability import serving
from tests.servers import PATIENCE, kept_ports

COMMANDS = ("serve", "worker", "migrate", "doctor")
SECRET = "motdepasse"
Answer = Callable[..., None]


def refused(folder: Path, command: str, **more: str) -> str:
    """What a command says as it refuses to begin: a line (the doctor tells all faults, a line each), and no secret."""
    with kept_ports() as port:
        words = (command, "--port", str(port)) if command == "serve" else (command,)
        done = sirius(None, *words, SIRIUS_DATA_DIR=str(folder), **more)
    assert (done.returncode, done.stdout) == (1, ""), done.stderr
    assert SECRET not in done.stderr
    assert command == "doctor" or len(done.stderr.splitlines()) == 1, done.stderr
    return done.stderr


def refused_of(hub: Hub, command: str, **more: str) -> str:
    """The same on the databases of a hub."""
    folder = hub.settings.data_dir
    return refused(folder, command, **databases_of.current().at(folder).settings, **more)


@contextmanager
def refusing(said: str) -> Iterator[str]:
    """A database server that refuses whoever connects, as PostgreSQL does; gives its address."""
    with closing(socket.create_server(("127.0.0.1", 0))) as server:

        def refuse() -> None:
            while True:
                try:
                    connection, _ = server.accept()
                except OSError:
                    return
                with connection:
                    while struct.unpack("!ii", connection.recv(8, socket.MSG_WAITALL))[0] == 8:
                        connection.sendall(b"N")  # neither TLS nor GSS
                    fields = b"SFATAL\0VFATAL\0M" + said.encode() + b"\0\0"
                    connection.sendall(b"E" + struct.pack("!i", len(fields) + 4) + fields)
                    connection.recv(4096)

        threading.Thread(target=refuse, daemon=True).start()
        yield f"postgresql://sirius:{SECRET}@127.0.0.1:{server.getsockname()[1]}/avis"
        server.shutdown(socket.SHUT_RDWR)


@pytest.mark.parametrize(
    ("address", "todo"),
    [
        (f"postgres://sirius:{SECRET}@base/avis", "une adresse sqlite:/// ou postgresql:// est attendue"),
        (f"postgresql+asyncpg://sirius:{SECRET}@base/avis", "une adresse sqlite:/// ou postgresql:// est attendue"),
        (f"postgresql://sirius:{SECRET}@base:cinq/avis", "le port de l'adresse n'est pas un nombre"),
        (f"postgresql://sirius:{SECRET}@[::1/avis", "l'adresse se lit mal : une adresse IPv6 va entre crochets"),
        (f"postgresql://sirius:{SECRET}@nulle-part.invalid/avis", "aucun serveur ne porte ce nom : corrigez"),
        (f"postgresql://sirius:{SECRET}@/avis?host=/nulle/part", "rien n'y répond : démarrez PostgreSQL, ou corrigez"),
        (f"postgresql://sirius:{SECRET}@127.0.0.1:1/avis?chose=1", "une option de l'adresse n'est pas connue"),
    ],
)
def test_a_wrong_address_is_told_with_the_variable_that_gives_it(tmp_path: Path, address: str, todo: str) -> None:
    for command in ("migrate", "doctor"):
        line = refused(tmp_path, command, SIRIUS_SYNDICATION_DATABASE_URL=address)
        assert todo in line
        assert "SIRIUS_SYNDICATION_DATABASE_URL" in line


def test_a_wrong_address_to_move_to_is_told_with_the_option_that_gives_it(hub: Hub, databases: Databases) -> None:
    hub.close()
    settings = {
        "SIRIUS_DATA_DIR": str(hub.settings.data_dir), **databases.at(hub.settings.data_dir).settings
    }  # fmt: skip
    away = f"postgresql://sirius:{SECRET}@127.0.0.1:1/avis"
    other = databases.copy(hub.settings.data_dir, hub.settings.data_dir.with_name("autres"))
    for options, said in (
        (("--syndication", away), "rien n'y répond : démarrez PostgreSQL, ou corrigez --syndication."),
        (("--collector", "mysql://base/avis"), "--collector : une adresse sqlite:/// ou postgresql:// est attendue."),
        (("--collector", own := databases.at(other).syndication, "--syndication", own), "mèneraient à la même base"),
        (("--collector", databases.at(other).syndication), "ce n'est pas la base du recueil. Corrigez --collector :"),
    ):
        done = sirius(None, "move", *options, **settings)
        assert (done.returncode, done.stdout) == (1, "")
        assert said in done.stderr
        assert SECRET not in done.stderr
        assert "SIRIUS_" not in done.stderr


@pytest.mark.parametrize("words", ["sirius migrate", "sirius doctor", "collector serve"])
def test_a_driver_that_is_absent_is_told_with_what_to_install(tmp_path: Path, words: str) -> None:
    program, command = words.split()
    entry = "syndication.cli" if program == "sirius" else "collector.__main__"
    absent = (
        f"import sys; sys.modules['psycopg'] = None; sys.argv = ['{program}', '{command}']\n"
        f"from {entry} import main; sys.exit(main())"
    )
    address = f"postgresql://sirius:{SECRET}@127.0.0.1:1/avis"
    settings = {
        **databases_of.bare_environment(), "SIRIUS_DATA_DIR": str(tmp_path), "SIRIUS_COLLECTOR_DATABASE_URL": address
    }  # fmt: skip
    done = subprocess.run([sys.executable, "-c", absent], capture_output=True, text=True, check=False, env=settings)
    assert (done.returncode, done.stdout) == (1, "")
    (line,) = done.stderr.splitlines()
    assert "SIRIUS_COLLECTOR_DATABASE_URL" in line
    assert "le pilote de PostgreSQL manque : pip install 'sirius-avis[postgresql]'" in line


@pytest.mark.parametrize("command", COMMANDS)
def test_a_server_that_is_not_there_is_told_by_every_command(tmp_path: Path, command: str) -> None:
    line = refused(tmp_path, command, SIRIUS_SYNDICATION_DATABASE_URL=f"postgresql://sirius:{SECRET}@127.0.0.1:1/avis")
    assert "rien n'y répond : démarrez PostgreSQL, ou corrigez SIRIUS_SYNDICATION_DATABASE_URL." in line


@pytest.mark.parametrize(
    ("said", "todo"),
    [
        ('password authentication failed for user "sirius"', "l'utilisateur ou le mot de passe est refusé : corrigez"),
        ('database "avis" does not exist', "cette base n'existe pas : créez-la"),
        ('role "sirius" does not exist', "cet utilisateur n'existe pas : créez-le"),
        ("sorry, too many clients already", "max_connections"),
        ('too many connections for database "avis"', "toutes les connexions permises y sont prises"),
        ('too many connections for role "sirius"', "toutes les connexions permises y sont prises"),
        ('database "avis" is not currently accepting connections', "elle n'accepte personne : voyez ALLOW_CONNECTIONS"),
        ('pg_hba.conf rejects connection for host "127.0.0.1", user "sirius", database "avis"', "voyez pg_hba.conf"),
        ('no pg_hba.conf entry for host "127.0.0.1"', "pg_hba.conf"),
    ],
)
def test_a_server_that_refuses_is_told_with_what_to_do(tmp_path: Path, said: str, todo: str) -> None:
    with refusing(said) as address:
        line = refused(tmp_path, "doctor", SIRIUS_COLLECTOR_DATABASE_URL=address)
    assert todo in line
    assert "La base « avis » de 127.0.0.1:" in line


@pytest.mark.parametrize("command", ["worker", "migrate", "doctor"])
def test_a_database_newer_than_the_code_is_left_alone(hub: Hub, command: str) -> None:
    with writing(hub.engine).begin() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    line = refused_of(hub, command)
    assert "une version plus récente de Sirius l'a mise à niveau" in line
    assert "installez cette version plus récente, ou restaurez une sauvegarde." in line
    assert database.revision_of(hub.engine) == "9999"


@pytest.mark.parametrize("command", ["worker", "doctor"])
def test_migrations_that_wait_are_told(hub: Hub, command: str) -> None:
    with writing(hub.engine).begin() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '0001'")
    assert "des migrations attendent, lancez « sirius migrate »" in refused_of(hub, command)


@pytest.mark.parametrize("command", ["worker", "migrate", "doctor"])
def test_a_file_that_is_no_database_is_told(tmp_path: Path, command: str) -> None:
    (tmp_path / "syndication.db").write_bytes(b"ceci n'est pas une base de donnees\n" * 100)
    line = refused(tmp_path, command)
    assert f"La base {tmp_path / 'syndication.db'} : ce fichier n'est pas une base SQLite" in line


@pytest.mark.parametrize("command", ["worker", "migrate", "doctor"])
def test_a_folder_that_is_given_for_a_database_is_told(tmp_path: Path, command: str) -> None:
    line = refused(tmp_path, command, SIRIUS_COLLECTOR_DATABASE_URL=f"sqlite:///{tmp_path}")
    assert (
        f"La base {tmp_path} : c'est un dossier, et le chemin d'un fichier est attendu : corrigez "
        "SIRIUS_COLLECTOR_DATABASE_URL."
    ) in line


def test_the_doctor_tells_a_folder_that_is_not_there_and_does_not_make_it(tmp_path: Path) -> None:
    assert "lancez « sirius migrate » si l'installation est nouvelle" in refused(tmp_path / "ailleurs", "doctor")
    assert not (tmp_path / "ailleurs").exists()
    absent = tmp_path / "nulle" / "part"
    line = refused(tmp_path, "doctor", SIRIUS_COLLECTOR_DATABASE_URL=f"sqlite:///{absent}/recueil.db")
    assert "son dossier n'existe pas : créez-le, ou corrigez SIRIUS_COLLECTOR_DATABASE_URL." in line
    assert not absent.parent.exists()


@pytest.mark.sqlite
@pytest.mark.parametrize("command", ["worker", "doctor"])
def test_a_database_that_was_cut_short_is_told(hub: Hub, command: str) -> None:
    hub.close()
    file = hub.settings.data_dir / "syndication.db"
    os.truncate(file, file.stat().st_size // 2)
    assert f"La base {file} : ce fichier est abîmé : restaurez une sauvegarde." in refused_of(hub, command)


@pytest.mark.parametrize("command", ["worker", "doctor"])
@pytest.mark.parametrize("lost", ["collector", "syndication"])
def test_one_database_without_the_other_is_told(hub: Hub, answer: Answer, command: str, lost: str) -> None:
    answer(1)
    hub.close()
    other = hub.settings.data_dir / "neuf"
    where = {**databases_of.current().at(hub.settings.data_dir).settings}
    name = f"SIRIUS_{lost.upper()}_DATABASE_URL"
    new = databases_of.current().at(other)
    other.mkdir()
    where[name] = getattr(new, lost)
    line = refused(hub.settings.data_dir, command, **where)
    assert "elle est vide, alors que l'autre base ne l'est pas" in line
    assert "restaurez-la entière (« sirius restore ») ; si elle est nouvelle, lancez « sirius migrate »." in line


def exchanged(hub: Hub) -> dict[str, str]:
    """What the environment says when the addresses of the two databases of a hub are in each other's place."""
    collector, own = hub.settings.collector.database_url, hub.settings.database_url
    return {"SIRIUS_COLLECTOR_DATABASE_URL": own, "SIRIUS_SYNDICATION_DATABASE_URL": collector}


@pytest.mark.parametrize("command", COMMANDS)
def test_addresses_that_were_exchanged_are_told(hub: Hub, command: str) -> None:
    hub.close()
    told = refused(hub.settings.data_dir, command, **exchanged(hub))
    assert "ce n'est pas la base du recueil. Corrigez SIRIUS_COLLECTOR_DATABASE_URL" in told
    if command == "doctor":
        assert "ce n'est pas la base de la diffusion. Corrigez SIRIUS_SYNDICATION_DATABASE_URL" in told


def test_a_backup_of_exchanged_addresses_is_refused(hub: Hub, tmp_path: Path) -> None:
    hub.close()
    done = sirius(None, "backup", str(tmp_path / "copie"), SIRIUS_DATA_DIR=str(hub.settings.data_dir), **exchanged(hub))
    assert done.returncode == 1
    (line,) = done.stderr.splitlines()
    assert "ce n'est pas la base de la diffusion. Corrigez SIRIUS_SYNDICATION_DATABASE_URL" in line
    assert not (tmp_path / "copie").exists()


@pytest.mark.parametrize("command", [*COMMANDS, "purge"])
def test_one_address_for_both_databases_is_told(hub: Hub, command: str) -> None:
    hub.close()
    one = hub.settings.database_url
    both = {"SIRIUS_COLLECTOR_DATABASE_URL": one, "SIRIUS_SYNDICATION_DATABASE_URL": one}
    told = refused(hub.settings.data_dir, command, **both)
    assert "SIRIUS_SYNDICATION_DATABASE_URL mènent à la même base : donnez-en une à chacune" in told


@pytest.mark.parametrize("command", COMMANDS)
def test_one_database_under_two_addresses_is_told(databases: Databases, tmp_path: Path, command: str) -> None:
    own = databases.at(tmp_path).syndication
    if databases_of.on_postgresql():
        other = make_url(own).update_query_dict({"application_name": "recueil"}).render_as_string(hide_password=False)
    else:
        (tmp_path / "autre.db").symlink_to(tmp_path / "syndication.db")
        other = f"sqlite:///{tmp_path / 'autre.db'}"
    both = {"SIRIUS_COLLECTOR_DATABASE_URL": other, "SIRIUS_SYNDICATION_DATABASE_URL": own}
    database.migrate(engine := database.open_engine(own))
    engine.dispose()
    told = refused(tmp_path, command, **both)
    assert "mènent à la même base" in told or "si c'est deux fois la même, donnez à chacune la sienne" in told


@pytest.mark.postgresql
def test_one_database_of_postgresql_holds_both_under_two_search_paths(databases: Databases, tmp_path: Path) -> None:
    one = make_url(databases.at(tmp_path).syndication)
    engine = database.open_engine(one.render_as_string(hide_password=False))
    with engine.begin() as connection:
        for name in ("recueil", "avis"):
            connection.exec_driver_sql(f"CREATE SCHEMA {name}")
    engine.dispose()
    both = {
        f"SIRIUS_{name}_DATABASE_URL": one.update_query_dict({"options": f"-csearch_path={path}"}).render_as_string(
            hide_password=False
        )
        for name, path in (("COLLECTOR", "recueil"), ("SYNDICATION", "avis"))
    }
    for command, said in (("migrate", "Les deux bases sont à jour.\n"), ("doctor", "Tout va bien.\n")):
        done = sirius(None, command, SIRIUS_DATA_DIR=str(tmp_path), **both)
        assert (done.returncode, done.stderr) == (0, said)


@pytest.mark.parametrize("command", ["worker", "migrate", "doctor"])
def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path, command: str) -> None:
    (tmp_path / "fichier").write_text("")
    assert str(tmp_path / "fichier") in refused(tmp_path / "fichier" / "donnees", command)


@pytest.mark.sqlite
@pytest.mark.parametrize(
    ("command", "existing"), [("serve", True), ("migrate", True), ("worker", False), ("doctor", False)]
)
def test_a_disk_that_cannot_be_written_is_told(hub: Hub, tmp_path: Path, command: str, existing: bool) -> None:
    folder = hub.settings.data_dir if existing else tmp_path / "vide"
    hub.close()
    folder.mkdir(exist_ok=True)
    for path in (*folder.iterdir(), folder):
        path.chmod(0o500 if path.is_dir() else 0o400)
    with kept_ports() as port:
        words = [sys.executable, "-m", "syndication", command]
        words += ["--port", str(port)] if command == "serve" else []
        if os.geteuid() == 0:  # root writes anywhere but where its capabilities were taken away
            words = ["setpriv", "--bounding-set=-all", "--inh-caps=-all", *words]
        done = subprocess.run(
            words, capture_output=True, text=True, check=False, env=environment(folder), timeout=PATIENCE
        )
    for path in (folder, *folder.iterdir()):
        path.chmod(0o700)
    assert (done.returncode, done.stdout) == (1, "")
    (line,) = done.stderr.splitlines()
    assert str(folder) in line
    assert "secret_keys." not in line
    assert any(todo in line for todo in ("donnez-en le droit à", "inscriptible", "si vous pouvez y écrire"))


def test_several_who_migrate_at_once_do_it_once(databases: Databases, tmp_path: Path) -> None:
    words = [sys.executable, "-m", "syndication", "migrate"]
    processes = [
        subprocess.Popen(words, env=environment(tmp_path), stderr=subprocess.PIPE, text=True) for _ in range(2)
    ]
    assert [process.communicate(timeout=PATIENCE)[1] for process in processes] == ["Les deux bases sont à jour.\n"] * 2
    assert sirius(tmp_path, "doctor").returncode == 0


def test_an_address_that_somebody_listens_on_is_told(tmp_path: Path) -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as other:
        port = other.getsockname()[1]
        done = sirius(None, "serve", "--port", str(port), SIRIUS_DATA_DIR=str(tmp_path), SIRIUS_LOG_FORMAT="texte")
    assert done.returncode == 1
    assert done.stderr == (
        f"Erreur : 127.0.0.1:{port} ne peut pas être écouté (l'adresse est déjà prise) : voyez --host et --port.\n"
    )


def test_a_folder_is_served_by_one_service_at_a_time(hub: Hub) -> None:
    hub.close()
    with serving(hub.settings.data_dir) as (process, url):
        said = refused_of(hub, "serve")
        assert f"Un autre « sirius serve » sert déjà {hub.settings.data_dir}" in said
        assert f"({url.removeprefix('http://')}, processus {process.pid})" in said
        other = refused_of(hub, "worker", SIRIUS_PUBLIC_URL="https://avis.exemple.fr")
        assert "sert déjà une autre installation (http://127.0.0.1:8000, processus" in other
        if not databases_of.on_postgresql():  # which says so itself, and of its databases
            for command in ("doctor", "mail", "purge"):
                words = [command, *(["send"] if command == "mail" else [])]
                done = sirius(hub.settings.data_dir, *words, SIRIUS_PUBLIC_URL="https://avis.exemple.fr")
                assert (done.returncode, done.stdout) == (1, "")
                assert "sert déjà une autre installation (http://127.0.0.1:8000, processus" in done.stderr
    assert sirius(hub.settings.data_dir, "purge", SIRIUS_PUBLIC_URL="https://avis.exemple.fr").returncode == 0


def test_a_damaged_ledger_is_told_by_the_doctor(hub: Hub) -> None:
    for name in ("un", "deux"):
        hub.collector.ledger.note("response", name, "2026-11-24")
    path = hub.collector.ledger.path
    whole = path.read_text()
    for damaged, said in ((whole.replace("sirius", "sirjus"), "1 ligne(s)"), ("garbage\n", "n'est pas un registre")):
        path.write_text(damaged)
        assert said in refused_of(hub, "doctor")
    path.write_text(f"\ufeff{whole}")
    told = sirius(hub.settings.data_dir, "doctor")
    assert (told.returncode, told.stderr) == (0, "Tout va bien.\n")


@pytest.mark.parametrize("command", ["worker", "doctor", "purge"])
def test_a_collector_that_holds_less_than_was_taken_from_it_is_told(
    hub: Hub, answer: Callable[..., None], command: str
) -> None:
    answer(3)
    databases_of.change(hub.settings.collector.database_url, "DELETE FROM event")
    assert "ce recueil n'est pas le sien, ou il est plus ancien" in refused_of(hub, command)


def test_revisions_are_read_off_the_names_of_their_files() -> None:
    for module in (collector_database, database):
        config = Config()
        config.set_main_option("script_location", str(Path(str(module.__file__)).parent / "migrations"))
        config.set_main_option("path_separator", "os")
        walked = [script.revision for script in ScriptDirectory.from_config(config).walk_revisions()]
        assert module.revisions() == tuple(reversed(walked))
