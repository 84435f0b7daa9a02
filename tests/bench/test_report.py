"""How figures are shown."""

from xml.etree import ElementTree

import pytest

from tests.bench.plots import Axis, curves
from tests.bench.report import PLOTS, README, Figure, block, quantity, table

HOT = Figure("hot", "SQLite", 60e-6, 50e-6, "bare")


@pytest.mark.parametrize(
    ("value", "unit", "shown"),
    [(0.0000614, "s", "61 µs"), (0.00123, "s", "1.2 ms"), (4.44, "s", "4.4 s"), (119.6, "s", "120 s"),
     (1234.5, "MB", "1,234 MB"), (2.41, "GB", "2.4 GB")],
)  # fmt: skip
def test_a_quantity_has_the_digits_that_matter(value: float, unit: str, shown: str) -> None:
    assert quantity(value, unit) == shown


def test_a_row_has_a_cell_for_each_place() -> None:
    other = Figure("cold", "PostgreSQL", 0.006, 50e-6, "bare")
    assert table([HOT, other], ["SQLite", "PostgreSQL"]).splitlines()[2:] == [
        "| hot | bare | **1.20 ×** (60 µs) |  |",
        "| cold | bare |  | **120.00 ×** (6.0 ms) |",
    ]


def test_a_block_is_replaced_whole_and_no_other() -> None:
    page = "a\n<!-- bench: one -->\nold\nold\n<!-- end -->\nb\n<!-- bench: two -->\nkept\n<!-- end -->\n"
    assert block(page, "one", r"new \1" + "\n") == page.replace("old\nold\n", "new \\1\n")
    with pytest.raises(ValueError, match="no block"):
        block(page, "three", "")


@pytest.mark.parametrize("name", ["faults", "table", "curves", "nation", "rush", "soak"])
def test_the_readme_has_a_place_for_what_each_command_measures(name: str) -> None:
    assert block(README.read_text(encoding="utf-8"), name, "") != ""


def test_a_drawing_is_whole_says_what_it_shows_and_asks_nothing_of_anybody() -> None:
    lines = {"views <all>": [(1e3, 0.5), (1e6, 2.0)], "summaries": [(1e3, 20.0), (1e6, 90.0)]}
    drawn = curves("Growth", Axis("formations", True), Axis("times", True), lines)
    root = ElementTree.fromstring(drawn)
    assert root.attrib["aria-label"] == "Growth: views <all>, summaries"
    kinds = {one.tag.rpartition("}")[2] for one in root.iter()}
    assert kinds == {"svg", "style", "text", "line", "polyline", "circle"}
    assert drawn.count("http") == 1  # the name of the language


def test_points_of_a_drawing_stand_within_its_axes_in_order() -> None:
    drawn = curves("Day", Axis("hour"), Axis("MB"), {"resident": [(0, 100.0), (12, 200.0), (24, 150.0)]})
    line = next(one for one in ElementTree.fromstring(drawn).iter() if one.tag.endswith("polyline"))
    points = [tuple(map(float, point.split(","))) for point in line.attrib["points"].split()]
    assert [x for x, _ in points] == sorted(x for x, _ in points)
    assert points[1][1] < points[2][1] < points[0][1]
    assert all(64 <= x <= 624 and 40 <= y <= 276 for x, y in points)


def test_plots_that_the_readme_shows_are_there() -> None:
    shown = README.read_text(encoding="utf-8")
    for path in PLOTS.glob("*.svg"):
        assert path.name in shown
