"""A PostgreSQL of the tests' own: a cluster in a folder, heard on a socket there and nowhere else."""

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest

REQUIRED = "SIRIUS_TEST_POSTGRESQL"
"""Set to ``required`` where a missing PostgreSQL must fail the tests rather than skip them."""
_BINARIES = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: int(path.parent.name), reverse=True)


def find(name: str) -> str | None:
    """The path of one of its programs, the newest installed."""
    return shutil.which(name) or next((str(path / name) for path in _BINARIES if (path / name).exists()), None)


@contextmanager
def cluster() -> Iterator[Path]:
    """Start a cluster and give the folder of its socket; it ends, and leaves nothing, with the block."""
    initdb, control = find("initdb"), find("pg_ctl")
    if initdb is None or control is None:
        if os.environ.get(REQUIRED) == "required":
            pytest.fail("PostgreSQL is required here and is not installed")
        pytest.skip("PostgreSQL is not installed (Debian: apt-get install postgresql)")
    folder = Path(tempfile.mkdtemp(prefix="sirius-pg-"))
    data, options = folder / "data", f"-k {folder} -c listen_addresses= -c fsync=off -c max_connections=40"
    as_owner: list[str] = []
    if os.geteuid() == 0:  # it refuses to run as root
        owner = pwd.getpwnam("postgres")
        os.chown(folder, owner.pw_uid, owner.pw_gid)
        as_owner = ["runuser", "-u", "postgres", "--"]

    def run(*words: str | Path) -> None:
        subprocess.run([*as_owner, *words], check=True, stdout=subprocess.DEVNULL, cwd=folder)

    run(initdb, "-D", data, "-U", "sirius", "-A", "trust", "-E", "UTF8", "--locale=C")
    run(control, "-D", data, "-w", "-o", options, "-l", folder / "log", "start")
    try:
        yield folder
    finally:
        run(control, "-D", data, "-w", "-m", "immediate", "stop")
        shutil.rmtree(folder)


def create(folder: Path, name: str, template: str = "template1") -> str:
    """Create a database like another, and give its address."""
    with psycopg.connect(host=str(folder), user="sirius", dbname="postgres", autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
    return f"postgresql://sirius@/{name}?host={folder}"
