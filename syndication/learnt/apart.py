"""Learning without a word to who answers: in another process (``python -m syndication.learnt``)."""

import asyncio
import json
import subprocess
import sys
from asyncio.subprocess import PIPE
from contextlib import suppress
from datetime import datetime

from sqlalchemy import Engine


async def learn_apart(engine: Engine, now: datetime) -> None:
    """As ``teaching.learn``, in a process of its own, which is killed when this is cancelled; raises CalledProcessError
    when it fails, and the log says why."""
    address = engine.url.render_as_string(hide_password=False)  # not in its arguments, which others may list
    told = json.dumps([address, now.isoformat()]).encode()
    words = (sys.executable, "-m", "syndication.learnt")
    process = await asyncio.create_subprocess_exec(*words, stdin=PIPE)
    try:
        await process.communicate(told)
    except asyncio.CancelledError:
        with suppress(ProcessLookupError):
            process.kill()
        await process.wait()
        raise
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, words)
