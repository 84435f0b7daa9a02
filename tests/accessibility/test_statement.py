"""The checklist of RGAA criteria: whole, honest, and backed by tests that exist."""

import ast
from pathlib import Path

import pytest

from syndication.site.accessibility import STATES, THEMES, Criterion, statement
from tests.helpers import Client

ROOT = Path(__file__).resolve().parents[2]
BY_THEME = (9, 2, 3, 13, 8, 2, 5, 10, 4, 14, 13, 11, 12)
"""How many criteria each theme of RGAA 4.1 has."""


def test_every_criterion_stands_once_in_its_place() -> None:
    wanted = [f"{theme}.{n}" for theme, count in enumerate(BY_THEME, 1) for n in range(1, count + 1)]
    assert [criterion.number for criterion in statement().criteria] == wanted
    assert [len(criteria) for criteria in statement().by_theme().values()] == list(BY_THEME)
    assert len(THEMES) == len(BY_THEME)


@pytest.mark.parametrize("criterion", statement().criteria, ids=lambda one: one.number)
def test_a_criterion_said_to_be_tested_names_tests_that_exist(criterion: Criterion) -> None:
    assert criterion.state in STATES
    assert bool(criterion.tests) == (criterion.state == "conforme")
    for name in criterion.tests:
        path, _, function = name.partition("::")
        tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
        assert function in {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}, name


def test_the_page_and_every_footer_say_what_the_checklist_says(client: Client) -> None:
    page = client.get("/accessibilite").text
    told = statement()
    assert f"Accessibilité&nbsp;: {told.mention}" in page
    assert f"{told.held}\u00a0% des critères" in page
    for criterion in told.criteria:
        assert f"{criterion.number} " in page
    assert told.mention != "totalement conforme" or not told.count("a-verifier", "non-conforme")
    for path in ("/", "/methode", "/formations/50022146"):
        assert f"Accessibilité&nbsp;: {told.mention}</a>" in client.get(path).text
