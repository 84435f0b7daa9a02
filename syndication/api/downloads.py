"""Long answers, made while they are sent; a reader who stops reading is let go within minutes."""

import asyncio
import logging
from collections.abc import Generator, Mapping

from starlette.concurrency import run_in_threadpool
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

log = logging.getLogger("sirius.api")
PATIENCE_SECONDS = 120.0
"""How long a reader may take for one part."""


class Download(Response):
    """Parts from a generator, whose ``close`` lets go of what it holds; ``places`` bounds how many are sent at once."""

    def __init__(
        self,
        parts: Generator[bytes, None, None],
        places: asyncio.Semaphore,
        media_type: str,
        headers: Mapping[str, str],
    ) -> None:
        super().__init__(None, media_type=media_type, headers=headers)
        self._parts = parts
        self._places = places
        del self.headers["content-length"]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the parts; whoever is too slow is left with an answer cut short, which no reader takes for whole."""
        async with self._places:
            gone = asyncio.create_task(_until_gone(receive))
            try:
                await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
                while scope["method"] != "HEAD" and not gone.done():
                    part = await run_in_threadpool(next, self._parts, None)
                    if part is None:
                        break
                    message = {"type": "http.response.body", "body": part, "more_body": True}
                    await asyncio.wait_for(send(message), PATIENCE_SECONDS)
                await send({"type": "http.response.body", "body": b"", "more_body": False})
            except TimeoutError:
                log.warning("a reader of an export was too slow, and was let go")
            finally:
                gone.cancel()
                await run_in_threadpool(self._parts.close)


async def _until_gone(receive: Receive) -> None:
    """Wait until the reader has left."""
    while (await receive())["type"] != "http.disconnect":
        pass
