"""Requests that the server cannot even read, refused in the one shape of every error, in French."""

import json
from importlib.util import find_spec

HTTP = "syndication.protocol:Protocol" if find_spec("httptools") else "auto"
"""What reads HTTP, for uvicorn."""

if find_spec("httptools"):
    from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

    from syndication.api.problems import CORS, TITLES

    class Protocol(HttpToolsProtocol):
        """Reads HTTP/1.1; an address may have 64 KB."""

        def send_400_response(self, msg: str) -> None:  # noqa: ARG002 in English, for nobody
            """Refuse what was sent, and close."""
            detail = "Cette requête ne se lit pas : son adresse dépasse 64 Ko, ou ce n'est pas du HTTP."
            problem = {"type": "about:blank", "title": TITLES[400], "status": 400, "detail": detail}
            body = json.dumps(problem, ensure_ascii=False).encode()
            headers = CORS | {
                "content-type": "application/problem+json", "content-length": str(len(body)),
                "cache-control": "no-store", "connection": "close",
            }  # fmt: skip
            head = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
            self.transport.write(f"HTTP/1.1 400 Bad Request\r\n{head}\r\n".encode() + body)
            self.transport.close()
