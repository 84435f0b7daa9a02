"""Every page and every frame through the W3C's own validator (vnu.jar, from npm), run by Java."""

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.browser.test_pages import PAGES
from tests.servers import fetch

JAR, REQUIRED = "SIRIUS_TEST_VNU", "SIRIUS_TEST_BROWSER"
"""Path of vnu.jar; with the second ``required``, a missing one fails rather than skips."""
FRAMES = tuple(
    f"/widget?formation={formation}&format={form}&langue={language}{more}"
    for formation in ("50022146", "32032003", "zzz")
    for form in ("complet", "carrousel", "liste", "score")
    for language, more in (("fr", ""), ("en", "&accent=%23ffcc00&si-vide=message&theme=sombre"))
)
OTHERS = ("/widget?formation=50022146&q=atelier&tri=utile", "/widget?formation=50022146&page=2", "/r/apercu")


@pytest.fixture(scope="module")
def validator() -> list[str]:
    """The command that validates files; skips, or fails where it is required, without Java or the jar."""
    java, jar = shutil.which("java"), os.environ.get(JAR, "")
    if java is None or not Path(jar).is_file():
        if os.environ.get(REQUIRED) == "required":
            pytest.fail("the validator is required here: Java, and SIRIUS_TEST_VNU naming vnu.jar")
        pytest.skip("the validator is absent (npm install vnu-jar; SIRIUS_TEST_VNU=…/vnu.jar; Java)")
    return [java, "-Xss1m", "-jar", jar, "--format", "json", "--stdout", "--html"]


@pytest.mark.browser
def test_the_validator_finds_nothing_on_any_page(home: str, validator: list[str], tmp_path: Path) -> None:
    files: dict[str, str] = {}
    for number, path in enumerate((*PAGES, *FRAMES, *OTHERS)):
        answer = fetch(home + path, follow_redirects=True)
        assert answer.status_code in {200, 404}, path
        file = tmp_path / f"{number}.html"
        file.write_text(answer.text)
        files[file.name] = path
    faulty = tmp_path / "faulty.html"
    faulty.write_text("<!doctype html><html lang=fr><title>Une faute</title><p><div></p>")
    done = subprocess.run([*validator, *map(str, tmp_path.iterdir())], capture_output=True, text=True, check=False)
    found = [
        (Path(one["url"]).name, f"{one['message']} {one.get('extract', '')!r}")
        for one in json.loads(done.stdout)["messages"]
    ]
    assert [(files[name], fault) for name, fault in found if name in files] == []
    assert any(name == faulty.name for name, _ in found)  # it does look
