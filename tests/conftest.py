"""Fixtures: migrated schemas, an open hub, its application."""

import gc
import itertools
import json
import os
import shutil
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import hypothesis
import pytest

from collector.door import Settings as CollectorSettings
from syndication import asgi, campaigns, worker
from syndication.app import Service, create_app
from syndication.catalogue import importer
from syndication.context import Hub
from syndication.database import writing
from syndication.demo import build
from syndication.demo.facts import facts
from syndication.instants import PARIS, now_in_paris
from syndication.settings import Settings
from tests import compiled
from tests import databases as databases_of
from tests.databases import Databases
from tests.helpers import FULL_ANSWER, Client, Clock
from tests.postgresql import Unavailable
from tests.servers import kept_ports

KEY = "nothing but chance made 0f8Qz5vWj2RkT7yX"
DATA = Path(__file__).resolve().parents[2] / "shared" / "data"
CUISINE, PARIS_CENTRE, LYON_CENTRE = "50022146", "0751234J", "9990001X"


WORKERS = 4
"""Processes that share the tests: twice the processors of a small machine, for most tests wait more than they work."""
MEMORY, ROOM = Path("/dev/shm"), 4 << 30
"""Where Linux keeps files in memory, and how many bytes must be free there."""
GARBAGE = 50_000, 20, 20
"""After how many new objects garbage is looked for, and how much more seldom among older ones."""
hypothesis.settings.register_profile("untimed", deadline=None)  # a test that a busy machine fails tells nothing
hypothesis.settings.load_profile("untimed")
SCENE = "scene.json"
"""Where a folder keeps what the scene played in it has told."""
RUNS_ON, LEFT_OUT = pytest.StashKey[str](), pytest.StashKey[dict[str, int]]()
"""On what tests run, and how many were left out for which reason."""
FIGURE = "figure: "
"""What begins the name of a property of a test that is a figure."""
TOLD = "told"
"""The name of a property of a test that is to be told at the end, once, whoever says it."""


@pytest.fixture
def figure(record_property: Callable[[str, object], None]) -> Callable[[str, float], None]:
    """Tell a figure, to be printed at the end of the run; of those under one name, the largest."""

    def tell(name: str, value: float) -> None:
        record_property(FIGURE + name, value)

    return tell


@pytest.hookimpl(tryfirst=True)
def pytest_cmdline_main(config: pytest.Config) -> None:
    """Share the tests among processes, but those of files named one by one; ``-n`` and ``--dist`` are obeyed.

    The first tests of each process follow one another in the files; one that is done takes from the end of what
    another has left, so that what a file shares (a browser, a server) is seldom made twice.
    """
    if not config.pluginmanager.has_plugin("xdist") or hasattr(config, "workerinput"):
        return
    option = config.option
    alone = option.usepdb or all(Path(name.partition("::")[0]).is_file() for name in config.args)
    if option.numprocesses is None and not alone:
        option.numprocesses = WORKERS
    if option.numprocesses and option.dist == "no":
        option.dist = "worksteal"


def pytest_configure(config: pytest.Config) -> None:
    """Spare the disk and the processors, before any other process is made.

    Engines share what they compile, in every process of tests. Nothing that is collected is garbage.
    Folders of tests are in memory where there is room, however often databases sync them. Servers of tests may write
    their bytecode beside the code, which git ignores: they are many, and would each compile the whole project.
    """
    gc.disable()
    compiled.share()
    if hasattr(config, "workerinput"):
        return
    if MEMORY.is_dir() and shutil.disk_usage(MEMORY).free > ROOM:
        os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(MEMORY))
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)


def pytest_sessionstart(session: pytest.Session) -> None:
    """Start what the processes of a run share, before they are made."""
    config = session.config
    if hasattr(config, "workerinput") or config.option.collectonly:
        return
    running = ExitStack()
    config.add_cleanup(running.close)
    try:
        config.stash[RUNS_ON] = running.enter_context(databases_of.run())
    except (ValueError, Unavailable) as error:
        raise pytest.UsageError(str(error)) from None


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Note whether a test asked for databases."""
    databases_of.Wanting.asked = opens_databases(item)


def opens_databases(item: pytest.Item) -> bool:
    """Whether a test depends on the fixture ``databases``."""
    return "databases" in getattr(item, "fixturenames", ())


def left_out(item: pytest.Item) -> str | None:
    """Why a test is not for the kind of database that tests run on; None when it is."""
    if not databases_of.on_postgresql():
        return "about PostgreSQL alone" if item.get_closest_marker("postgresql") else None
    if not opens_databases(item):
        return "without a database"
    if item.get_closest_marker("sqlite"):
        return "about SQLite alone"
    if item.get_closest_marker("browser") and not item.get_closest_marker("road"):
        return "about pages alone"
    return None


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what is not for the kind of database that tests run on, and count it by reason."""
    kept, out = [], Counter[str]()
    for item in items:
        why = left_out(item)
        if why is None:
            kept.append(item)
        else:
            out[why] += 1
    config.stash[LEFT_OUT] = dict(out)
    items[:] = kept


@pytest.hookimpl(trylast=True)
def pytest_collection_finish() -> None:
    """Look for garbage, which takes a sixth of the processor's time when it is done as often as it is elsewhere."""
    gc.freeze()
    gc.set_threshold(*GARBAGE)
    gc.enable()


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Tell the process that shares the tests what was left out."""
    if hasattr(session.config, "workeroutput"):
        session.config.workeroutput["left_out"] = session.config.stash[LEFT_OUT]


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """Learn from a process of the tests what it left out: each collects them all."""
    node.config.stash[LEFT_OUT] = getattr(node, "workeroutput", {}).get("left_out", {})


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print on what tests ran, what was left out of them, what they told and what they measured.

    Weights, layout shifts, counts of requests: reports of tests carry figures, from the process that ran the test to
    the one that prints.
    """
    stash = terminalreporter.config.stash
    out = "".join(f"; {count} left out that are {why}" for why, count in stash.get(LEFT_OUT, {}).items())
    terminalreporter.line(f"on {stash[RUNS_ON]}{out}" if RUNS_ON in stash else "")
    told: dict[str, float] = {}
    said: set[str] = set()
    for report in itertools.chain.from_iterable(terminalreporter.stats.values()):
        for name, value in getattr(report, "user_properties", ()):
            if name.startswith(FIGURE):
                shown = name.removeprefix(FIGURE)
                told[shown] = max(value, told.get(shown, value))
            elif name == TOLD:
                said.add(value)
    for one in sorted(said):
        terminalreporter.line(one)
    if told:
        terminalreporter.section("figures")
    for name, value in sorted(told.items()):
        terminalreporter.line(f"{name}: {value:g}")


def settings_in(folder: Path, keys: tuple[str, ...] = (KEY,), **collector: Any) -> Settings:
    """Settings that keep everything in a folder and its databases, whatever the environment says."""
    where = databases_of.current().at(folder)
    given = {"public_url": "http://127.0.0.1:8000", **collector}
    leaf = CollectorSettings(data_dir=folder, collector_database_url=where.collector, secret_keys=keys, **given)
    return replace(Settings.of(leaf), database_url=where.syndication)


@pytest.fixture(scope="session")
def databases() -> Iterator[Databases]:
    """Databases by folder. On PostgreSQL, tests that do not depend on this fixture are left out."""
    with closing(Databases()) as made:
        databases_of.Wanting.databases = made
        yield made


@pytest.fixture(autouse=True)
def _databases_end_with_their_test(request: pytest.FixtureRequest) -> Iterator[None]:
    if not {"databases", "tmp_path"} <= set(request.fixturenames):
        yield
        return
    made, folder = request.getfixturevalue("databases"), request.getfixturevalue("tmp_path")
    yield
    made.forget(folder)


@pytest.fixture(scope="session")
def migrated(databases: Databases) -> Path:
    """A folder with both databases, migrated and empty but for the demonstration's catalogue."""

    def make(folder: Path) -> None:
        with closing(asgi.open_hub(settings_in(folder), Clock())) as hub:
            asgi.migrate(hub)
            with writing(hub.engine).begin() as connection:
                importer.keep(connection, facts(), "demonstration", Clock()())
                importer.link_lineages(connection)

    return databases.once("migrated", make)


@pytest.fixture(scope="session")
def built(databases: Databases) -> Path:
    """A folder with the demonstration's data, to copy: they depend on no port, and are the same each time."""

    def make(folder: Path) -> None:
        clock = build.DemoClock(now_in_paris)
        with closing(asgi.open_hub(settings_in(folder, keys=()), clock)) as hub:
            build.build(hub, clock)

    return databases.once("built", make)


@pytest.fixture
def port() -> Iterator[int]:
    """A port for a server to come."""
    with kept_ports() as kept:
        yield kept


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def start(request: pytest.FixtureRequest, databases: Databases, migrated: Path) -> Path:
    """What a test's databases are copies of: a scene of its module, played once a run, or the migrated ones.

    ``SCENES`` of a module has, by the name of the fixture that wants it, what plays a scene: a function of a hub and
    its clock, that gives what the fixture is told by ``recall``, as JSON.
    """
    for name, play in getattr(request.module, "SCENES", {}).items():
        if name in request.fixturenames:
            return databases.once(f"{play.__module__}.{name}", partial(_play, databases, migrated, play))
    return migrated


def _play(databases: Databases, migrated: Path, play: Callable[[Hub, Clock], Any], folder: Path) -> None:
    clock = Clock()
    with closing(asgi.open_hub(settings_in(databases.copy(migrated, folder)), clock)) as hub:
        told = play(hub, clock)
    (folder / SCENE).write_text(json.dumps([clock().isoformat(), told]), encoding="utf-8")


def recall(hub: Hub, clock: Clock) -> Any:
    """What the scene that a hub starts from has told; the clock goes on from its end."""
    moment, told = json.loads((hub.settings.data_dir / SCENE).read_text(encoding="utf-8"))
    clock.moment = datetime.fromisoformat(moment).astimezone(PARIS)
    return told


@pytest.fixture
def hub(databases: Databases, start: Path, tmp_path: Path, clock: Clock) -> Iterator[Hub]:
    """A hub on databases of its own, with a few formations and invented centres, and no answer yet."""
    opened = asgi.open_hub(settings_in(databases.copy(start, tmp_path)), clock)
    yield opened
    opened.close()


@pytest.fixture
def app(hub: Hub) -> Service:
    """The whole service; nothing runs behind a test's back."""
    service = create_app(hub, background=False)
    service.catch_up()
    return service


@pytest.fixture
def client(app: Service) -> Client:
    return Client(app)


@pytest.fixture
def catch_up(hub: Hub, app: Service) -> Callable[[], None]:
    """Do now what the background does within a second."""

    def run() -> None:
        worker.work_once(hub)
        app.catch_up()

    return run


@pytest.fixture
def open_campaign(hub: Hub, clock: Clock) -> Callable[..., str]:
    """Open a campaign and give its id."""
    return partial(open_one, hub, clock)


def open_one(
    hub: Hub, clock: Clock, formation: str = CUISINE, centre: str = PARIS_CENTRE, seats: int = 0, days: int = 60
) -> str:
    """Open a campaign from today, and give its id."""
    today = clock().date()
    last = today + timedelta(days=days)
    return campaigns.open_campaign(hub.engine, hub.collector, formation, centre, today, last, seats).id


@pytest.fixture
def answer(hub: Hub, clock: Clock) -> Callable[..., None]:
    """Answer a number of times for a formation in a centre, and have the hub take it in."""
    return partial(answers, hub, clock)


def answers(
    hub: Hub, clock: Clock, times: int, formation: str = CUISINE, centre: str = PARIS_CENTRE, **said: list[str]
) -> None:
    """Answer a number of times in a new campaign, and have the hub take it in."""
    campaign = open_one(hub, clock, formation, centre)
    for link in hub.collector.issue_links(campaign, times):
        hub.collector.record(link, {**FULL_ANSWER, **{key.replace("__", "."): v for key, v in said.items()}})
    worker.work_once(hub)


@pytest.fixture(scope="session")
def real_data() -> Path:
    """The folder of real official files; tests that need it say so when it is absent."""
    if not DATA.is_dir():
        pytest.skip("the real data folder is not beside the project")
    return DATA
