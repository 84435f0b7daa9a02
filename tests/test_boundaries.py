"""The plan of the house, read from its imports."""

import ast
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PACKAGES = ("collector", "syndication", "widget")
DOORS = {"collector": {"collector.door", "collector.watch.logs"}, "widget": {"widget.contract", "widget.routes"}}
FRAMEWORKS = ("starlette", "sqlalchemy", "sqlmodel", "alembic", "uvicorn")
PURE = (
    "collector/links.py", "collector/questionnaire", "collector/serving/bounds.py", "collector/serving/proxies.py",
    "collector/serving/room.py", "syndication/catalogue/codes.py",
    "syndication/catalogue/continuity.py", "syndication/catalogue/facts.py", "syndication/catalogue/formats.py",
    "syndication/catalogue/faults.py", "syndication/catalogue/territories.py", "syndication/catalogue/spelling.py",
    "syndication/letters/kinds.py", "syndication/letters/stopping.py", "syndication/joining/request.py",
    "syndication/scopes/opco.py", "syndication/catalogue/cells.py", "syndication/catalogue/records.py",
    "syndication/moderation/decide.py", "syndication/moderation/signals", "syndication/moderation/proposing.py",
    "syndication/moderation/learning", "syndication/moderation/masking.py", "syndication/queue/wanted.py",
    "syndication/desk/segments.py",
    "syndication/reviews/subjects.py", "syndication/ratings.py", "syndication/api/params.py",
    "syndication/api/nouns.py", "syndication/corpus/items.py", "syndication/corpus/cursor.py",
    "syndication/corpus/flat.py", "syndication/corpus/records.py", "syndication/partners/keys.py",
    "syndication/kit/kit.py", "syndication/kit/letters.py", "syndication/kit/qr.py", "syndication/kit/sheets.py",
    "syndication/kit/tables.py", "syndication/kit/texts.py",
    "syndication/webhooks/signing.py", "syndication/webhooks/schedule.py",
    "syndication/results/disclosure.py", "syndication/results/compare.py", "syndication/results/years.py",
    "syndication/results/strengths.py", "syndication/results/figures.py",
    "syndication/fairness/figures.py", "syndication/fairness/statistics.py", "syndication/previews/links.py",
    "syndication/replies/reading.py", "syndication/keeping/manifest.py", "collector/withdrawals/lines.py",
    "syndication/demo/nation/phrases.py", "syndication/demo/nation/places.py", "syndication/demo/nation/plan.py",
    "syndication/demo/nation/sheets.py",
    "syndication/watch/metrics.py", "collector/watch/metrics.py", "collector/watch/naming.py",
    "collector/watch/exposition.py",
    "widget/contract.py", "widget/options.py", "widget/render.py", "widget/words.py",
)  # fmt: skip


def modules(package: str) -> Iterator[tuple[str, Path]]:
    for path in sorted((ROOT / package).rglob("*.py")):
        name = ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
        yield name, path


def imports(path: Path) -> set[str]:
    """Modules imported by a file, whole names; ``from a import b`` gives ``a.b`` when that is a module of ours."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            module = str(node.module)
            for alias in node.names:
                inner = ROOT / Path(*module.split("."), alias.name)
                is_module = inner.with_suffix(".py").exists() or (inner / "__init__.py").exists()
                found.add(f"{module}.{alias.name}" if is_module else module)
    return found


def package_of(name: str) -> str:
    return name.partition(".")[0]


@pytest.mark.parametrize("leaf", ["collector", "widget"])
def test_a_leaf_imports_no_other_package_of_ours(leaf: str) -> None:
    for name, path in modules(leaf):
        others = {other for other in imports(path) if package_of(other) in set(PACKAGES) - {leaf}}
        assert not others, f"{name} imports {others}"


def test_the_hub_enters_the_leaves_by_their_doors_only() -> None:
    for name, path in modules("syndication"):
        for other in imports(path):
            if package_of(other) == "collector":
                assert other in DOORS["collector"], f"{name} imports {other}"
            if package_of(other) == "widget":
                assert other in DOORS["widget"], f"{name} imports {other}"


def test_pure_modules_import_no_framework_and_no_store() -> None:
    for part in PURE:
        files = [ROOT / part] if part.endswith(".py") else sorted((ROOT / part).rglob("*.py"))
        assert files, part
        for path in files:
            for other in imports(path):
                assert package_of(other) not in FRAMEWORKS, f"{path} imports {other}"
                assert not other.endswith(".store"), f"{path} imports {other}"


def test_only_stores_and_databases_speak_sql() -> None:
    speakers = {"select", "insert", "update", "delete"}
    for package in ("collector", "syndication"):
        for name, path in modules(package):
            if "migrations" in name or name.endswith((".store", ".models", ".database")):
                continue
            tree = ast.parse(path.read_text(encoding="utf-8"))
            taken = {
                alias.name
                for node in ast.walk(tree)
                if isinstance(node, ast.ImportFrom) and str(node.module).startswith("sqlalchemy")
                for alias in node.names
            }
            assert not taken & speakers, f"{name} writes SQL"


def test_no_import_goes_round_in_circles() -> None:
    ours = {name: path for package in PACKAGES for name, path in modules(package)}
    edges = {name: {other for other in imports(path) if other in ours and other != name} for name, path in ours.items()}
    done: set[str] = set()

    def visit(name: str, trail: tuple[str, ...]) -> None:
        assert name not in trail, " -> ".join([*trail, name])
        if name not in done:
            for other in sorted(edges[name]):
                visit(other, (*trail, name))
            done.add(name)

    for name in sorted(edges):
        visit(name, ())


def test_the_top_level_holds_what_the_plan_says() -> None:
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.split()
    top = {Path(name).parts[0] for name in listed}
    visible = {name for name in top if not name.startswith(".")}
    assert visible <= {"collector", "syndication", "widget", "tests", "pyproject.toml", "README.md", "LICENSE"}
