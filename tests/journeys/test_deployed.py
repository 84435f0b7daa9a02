"""The examples for who deploys, as they are but for addresses and folders: nginx before a real service, systemd's unit
under its own checks, what a container runs."""

import json
import os
import re
import shutil
import signal
import ssl
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
import trustme

from syndication.context import Hub
from syndication.database import writing
from syndication.deploy import EXAMPLES, example
from syndication.partners import store as partners
from tests.commands import sirius
from tests.conftest import CUISINE
from tests.databases import environment
from tests.journeys.test_durability import serving
from tests.servers import PATIENCE, answers, fetch, kept_ports, wait_until

REQUIRED = "SIRIUS_TEST_BROWSER"
"""When it is ``required``, nothing that a test needs may be missing."""
ROOT = Path(__file__).resolve().parents[2]
WIDGET = f"/widget?formation={CUISINE}"


def needed(name: str) -> str:
    """Where a program is that tests run."""
    found = shutil.which(name, path=f"{os.environ.get('PATH', '')}:/usr/sbin")
    if found is None:
        if os.environ.get(REQUIRED) == "required":
            pytest.fail(f"{name} is required here")
        pytest.skip(f"{name} is absent (apt-get install nginx-light systemd)")
    return found


def put(text: str, old: str, new: str) -> str:
    """A text in which something that stands once is replaced."""
    assert text.count(old) == 1, old
    return text.replace(old, new)


@contextmanager
def nginx(folder: Path, service: str) -> Iterator[tuple[str, str]]:
    """nginx on the example, before a service; gives its addresses over http and https."""
    program = needed("nginx")
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(folder / "ca.pem"))
    authority.issue_cert("127.0.0.1").private_key_and_cert_chain_pem.write_to_path(str(folder / "cert.pem"))
    with kept_ports(2) as port:
        site = example("nginx").replace("/var/log/nginx/", f"{folder}/")
        site = re.sub(r" +listen \[::\].*\n", "", site)
        for old, new in {
            "/var/cache/nginx/sirius ": f"{folder}/kept ",
            "listen 80;": f"listen 127.0.0.1:{port};",
            "listen 443 ssl": f"listen 127.0.0.1:{port + 1} ssl",
            "/etc/letsencrypt/live/avis.exemple.fr/fullchain.pem": f"{folder}/cert.pem",
            "/etc/letsencrypt/live/avis.exemple.fr/privkey.pem": f"{folder}/cert.pem",
            "server 127.0.0.1:8000;": f"server {service.removeprefix('http://')};",
        }.items():
            site = put(site, old, new)
        (folder / "site.conf").write_text(site)
        rooms = "".join(
            f"{name}_temp_path {folder}/{name}; " for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
        )
        user = "user root;" if os.geteuid() == 0 else ""  # whose folders these are
        (folder / "nginx.conf").write_text(
            f"daemon off; pid {folder}/pid; error_log {folder}/error.log; {user} worker_processes 1;\n"
            f"events {{}}\nhttp {{ {rooms} include {folder}/site.conf; }}\n"
        )
        words = [program, "-p", str(folder), "-c", str(folder / "nginx.conf"), "-e", str(folder / "error.log")]
        checked = subprocess.run([*words, "-t"], capture_output=True, text=True, check=False)
        assert checked.returncode == 0, checked.stderr
        assert "warn" not in checked.stderr
        process = subprocess.Popen(words)
        try:
            wait_until(lambda: (folder / "pid").exists() and (folder / "pid").stat().st_size > 0, "nginx is there")
            yield f"http://127.0.0.1:{port}", f"https://127.0.0.1:{port + 1}"
        finally:
            process.send_signal(signal.SIGQUIT)
            process.wait(PATIENCE)


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """A folder for nginx."""
    folder = tmp_path / "nginx"
    folder.mkdir()
    return folder


def test_nginx_keeps_what_everybody_reads_and_writes_down_nothing_of_anybody(
    hub: Hub, place: Path, answer: Callable[..., None], open_campaign: Callable[..., str]
) -> None:
    answer(6)
    token = hub.collector.issue_links(open_campaign(), 1)[0].rsplit("/", 1)[1]
    with writing(hub.engine).begin() as connection:
        key = str(partners.add(connection, "Catalogue", (), hub.clock()))
    data = hub.settings.data_dir
    hub.close()
    settings = {"SIRIUS_LOG_FORMAT": "json", "SIRIUS_PUBLIC_URL": "https://avis.exemple.fr"}
    with serving(data, "--workers", "2", **settings) as (process, service), nginx(place, service) as (plain, secure):
        trust = ssl.create_default_context(cafile=str(place / "ca.pem"))
        with httpx.Client(base_url=secure, verify=trust) as client:
            moved = fetch(f"{plain}{WIDGET}")
            assert (moved.status_code, moved.headers["location"]) == (301, f"https://127.0.0.1{WIDGET}")

            def cache(path: str, encoding: str = "br", **headers: str) -> str:
                asked = client.get(path, headers={"accept-encoding": encoding, **headers})
                assert asked.status_code == 200
                assert asked.headers.get("content-encoding", "") == (encoding if encoding in {"br", "gzip"} else "")
                return asked.headers["x-cache"]

            assert [cache(WIDGET) for _ in range(2)] == ["MISS", "HIT"]
            assert [cache(WIDGET, "gzip") for _ in range(2)] == ["MISS", "HIT"]
            assert [cache(WIDGET, "identity") for _ in range(2)] == ["MISS", "HIT"]
            browsers = client.get("/integrer", headers={"accept-encoding": "gzip, deflate, br, zstd"})
            assert browsers.headers["content-encoding"] == "gzip"  # what is not there in Brotli
            assert client.get(WIDGET).content == fetch(f"{service}{WIDGET}").content
            named = [client.get(WIDGET).headers.get_list("x-request-id") for _ in range(2)]
            assert named[0] != named[1]
            assert all(len(names) == 1 for names in named)
            usage, bearer = "/api/v1/usage", {"authorization": f"Bearer {key}"}
            assert [cache(usage, "identity", **bearer) for _ in range(2)] == ["BYPASS", "BYPASS"]

            page = client.get(f"/r/{token}?etape=bilan", headers={"user-agent": "Navigateur de Lea"})
            assert "x-cache" not in page.headers
            assert page.headers.get_list("strict-transport-security") == ["max-age=31536000"]
            home = client.get("/integrer?email=lea@exemple.fr").headers["x-request-id"]
            assert client.get("/metrics").status_code == 404
            assert fetch(f"{service}/metrics").status_code == 200
            assert client.get("/pret").json()["pret"] is True

            process.terminate()
            process.wait(PATIENCE)
            assert cache(WIDGET) == "HIT"  # readers go on
            assert client.get("/pret").status_code == 502
    written = [json.loads(line) for line in (place / "sirius.log").read_text().splitlines()]
    (ours,) = [
        line for line in map(json.loads, (data / "said").read_text().splitlines()) if line.get("request") == home
    ]
    (theirs,) = [line for line in written if line["request"] == home]
    assert (ours["route"], theirs["place"], theirs["status"]) == ("/integrer", "/integrer", 200)
    assert any(line["place"] == "/r/..." for line in written)
    told = "".join(path.read_text() for path in place.glob("*.log"))
    for secret in (token, key, "exemple.fr", "Navigateur", "127.0.0.1", "formation="):
        assert secret not in told


def test_systemd_finds_nothing_wrong_with_the_unit_nor_exposed_by_it(tmp_path: Path) -> None:
    program = needed("systemd-analyze")
    unit = tmp_path / "sirius.service"
    installed = "/opt/sirius/venv/bin/sirius"
    unit.write_text(put(example("systemd"), f"ExecStart={installed}", f"ExecStart={sys.executable} -m syndication"))
    for words in (("verify", "--man=no"), ("security", "--offline=true", "--threshold=15", "--no-pager")):
        done = subprocess.run([program, *words, str(unit)], capture_output=True, text=True, check=False)
        assert (done.returncode, done.stderr) == (0, ""), done.stdout


def test_commands_by_hand_work_on_the_data_of_the_unit_as_its_user() -> None:
    lines = example("systemd").splitlines()
    said = " ".join(line.strip("# \\") for line in lines if line.startswith("#"))
    (by_hand,) = re.findall(r"systemd-run .*?/sirius doctor", said)
    unit = dict(line.split("=", 1) for line in lines if "=" in line and not line.startswith("#"))
    assert f"--uid={unit['User']} " in by_hand
    for name in ("WorkingDirectory", "EnvironmentFile", "UMask"):
        assert f" -p {name}={unit[name]} " in by_hand
    assert f" -p Environment={unit['Environment'].split()[0]} " in by_hand
    assert by_hand.endswith(f"{unit['ExecStart'].split()[0]} doctor")


def test_what_a_container_runs_serves_is_healthy_and_ends_well(hub: Hub) -> None:
    data = hub.settings.data_dir
    hub.close()
    text = example("conteneur")
    health, command = (
        json.loads(found) for found in re.findall(r"^(?:HEALTHCHECK .* )?CMD (\[.*\])$", text, re.MULTILINE)
    )
    given = dict(
        re.findall(r"\b(SIRIUS_\w+)=(\S+)", next(line for line in text.splitlines() if line.startswith("ENV ")))
    )
    assert given.pop("SIRIUS_DATA_DIR") == "/data"
    with kept_ports() as port:
        words = [{"0.0.0.0": "127.0.0.1", "8000": str(port)}.get(word, word) for word in command[1:]]
        own = environment(data, **given)
        with (data / "said").open("w") as said:
            process = subprocess.Popen([sys.executable, "-m", "syndication", *words], env=own, stderr=said)
        try:
            wait_until(lambda: answers(f"http://127.0.0.1:{port}/sante"), "it answers")
            asked = [sys.executable, health[1], put(health[2], ":8000", f":{port}")]
            assert subprocess.run(asked, check=False, capture_output=True).returncode == 0
        finally:
            process.send_signal(getattr(signal, re.findall(r"^STOPSIGNAL (\w+)$", text, re.MULTILINE)[0]))
            assert process.wait(PATIENCE) == 0
    assert all("message" in json.loads(line) for line in (data / "said").read_text().splitlines())


def test_a_container_is_built_from_all_that_the_package_is_made_of() -> None:
    copied = {
        name for line in re.findall("^COPY ([^-].*)$", example("conteneur"), re.MULTILINE) for name in line.split()
    }
    for package in ("collector", "syndication", "widget"):
        assert package in copied
        for link in filter(Path.is_symlink, (ROOT / package).rglob("*")):
            assert link.resolve().relative_to(ROOT).parts[0] in copied, link


@pytest.mark.parametrize("name", EXAMPLES)
def test_an_example_is_given_by_its_name(name: str) -> None:
    assert sirius(None, "deploy", name).stdout == example(name)


def test_an_unknown_example_is_refused_with_those_there_are() -> None:
    done = sirius(None, "deploy", "apache")
    assert done.returncode == 2
    assert all(name in done.stderr for name in EXAMPLES)
