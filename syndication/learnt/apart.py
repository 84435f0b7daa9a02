"""Learning without a word to who answers: in another process (``python -m syndication.learnt``)."""

import json
import subprocess
import sys
from datetime import datetime

from sqlalchemy import Engine


def learn_apart(engine: Engine, now: datetime) -> None:
    """As ``teaching.learn``, in a process of its own; raises CalledProcessError when it fails, and the log says why."""
    address = engine.url.render_as_string(hide_password=False)  # not in its arguments, which others may list
    told = json.dumps([address, now.isoformat()])
    subprocess.run([sys.executable, "-m", "syndication.learnt"], input=told, text=True, check=True)
