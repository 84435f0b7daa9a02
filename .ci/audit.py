"""Audit what is installed beside this interpreter for known vulnerabilities, by pip-audit and what PyPI tells of each
release.

Fails (1) when a vulnerability is found, and then alone: a service that is not reached from here, or that knows nothing
of our dependencies, is said plainly and fails nothing. Arguments go to pip-audit.
"""

import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

SECONDS = 180
"""For the whole audit."""
TOOL = Path(sys.executable).with_name("pip-audit")
WORDS = (
    "--format", "json", "--desc", "off", "--aliases", "on", "--progress-spinner", "off", "--skip-editable",
    "--timeout", "10",
)  # fmt: skip
OURS = "distribution marked as editable"
"""Why pip-audit leaves our own project out."""


def judged(report: Sequence[dict[str, Any]]) -> tuple[int, list[str]]:
    """The exit status that a report of pip-audit is worth, and what to say of it."""
    told = [one for one in report if one.get("skip_reason") != OURS]
    unknown = sorted(one["name"] for one in told if "skip_reason" in one)
    audited = len(told) - len(unknown)
    if told and not audited:
        return 0, ["NOT AUDITED: the vulnerability service knows none of the dependencies; is PyPI's JSON API there?"]
    lines = [
        f"VULNERABLE: {one['name']} {one['version']}: {fault['id']} ({', '.join(fault['aliases']) or 'its only name'}),"
        f" fixed in {', '.join(fault['fix_versions']) or 'no release yet'}"
        for one in told
        for fault in one.get("vulns", ())
    ]
    said = [f"Audited {audited} dependencies: {len(lines)} known vulnerabilities."]
    said += [f"NOT AUDITED, unknown to the service: {', '.join(unknown)}."] if unknown else []
    return (1 if lines else 0), [*lines, *said]


def main() -> int:
    """Audit, and say what was found."""
    try:
        words = [TOOL, *WORDS, *sys.argv[1:]]
        run = subprocess.run(words, capture_output=True, text=True, timeout=SECONDS, check=False)  # noqa: S603 ours
        status, lines = judged(json.loads(run.stdout)["dependencies"])
    except subprocess.TimeoutExpired:
        status, lines = 0, [f"NOT AUDITED: the vulnerability service took more than {SECONDS} seconds."]
    except ValueError:
        last = (run.stderr.strip().splitlines() or ["it said nothing"])[-1]
        status, lines = 0, [f"NOT AUDITED: the vulnerability service does not answer ({last[:300]})"]
    print("\n".join(lines))  # noqa: T201
    return status


if __name__ == "__main__":
    sys.exit(main())
