"""A mirror of the reviews, kept in SQLite by following the changes; messages say when there is something to follow."""

import base64
import hashlib
import hmac
import json
import sqlite3
import threading
import time
from collections.abc import Mapping

import httpx


class Mirror:
    """What a catalogue keeps. ``home`` is the service's address, ``key`` its key, ``file`` where the mirror lives."""

    def __init__(self, home: str, key: str, file: str) -> None:
        self.changes = f"{home}/api/v1/changements"
        self.headers = {"Authorization": f"Bearer {key}"}
        self.following = threading.Lock()  # messages may come two at a time
        self.base = sqlite3.connect(file, isolation_level=None, check_same_thread=False)
        self.base.execute("CREATE TABLE IF NOT EXISTS item (genre, cle, contenu, PRIMARY KEY (genre, cle))")
        self.base.execute("CREATE TABLE IF NOT EXISTS place (curseur)")

    def follow(self) -> None:
        """Read every change since last time; cut off anywhere, the next call goes on from there."""
        with self.following:
            while self._read_page():
                pass

    def _read_page(self) -> bool:
        row = self.base.execute("SELECT curseur FROM place").fetchone()
        answer = httpx.get(self.changes, params={"depuis": row[0]} if row else {}, headers=self.headers)
        if answer.status_code == httpx.codes.GONE:  # the service was restored to an earlier day: start anew
            self._apply([], None, empty_first=True)
            return True
        answer.raise_for_status()
        page = answer.json()
        self._apply(page["data"], page["curseur"])
        return bool(page["suite"])

    def _apply(self, changes: list[dict[str, object]], cursor: str | None, *, empty_first: bool = False) -> None:
        """Keep a page and its cursor together, or neither: a power cut between the two would lose changes."""
        self.base.execute("BEGIN IMMEDIATE")
        if empty_first:
            self.base.execute("DELETE FROM item")
        for change in changes:
            genre, cle = str(change["genre"]), change["cle"]
            if change["action"] == "retire":
                self.base.execute("DELETE FROM item WHERE genre = ? AND cle = ?", (genre, cle))
            else:
                content = json.dumps(change[genre], ensure_ascii=False)
                self.base.execute("INSERT OR REPLACE INTO item VALUES (?, ?, ?)", (genre, cle, content))
        self.base.execute("DELETE FROM place")
        if cursor:
            self.base.execute("INSERT INTO place VALUES (?)", (cursor,))
        self.base.execute("COMMIT")


def is_genuine(secret: str, headers: Mapping[str, str], body: bytes) -> bool:
    """True when a message comes from the service, a short while ago (Standard Webhooks)."""
    message, moment = headers.get("webhook-id", ""), headers.get("webhook-timestamp", "")
    if not moment.isdigit() or abs(time.time() - int(moment)) > 300:
        return False
    key = base64.b64decode(secret.removeprefix("whsec_"))
    signed = hmac.new(key, f"{message}.{moment}.".encode() + body, hashlib.sha256).digest()
    expected = "v1," + base64.b64encode(signed).decode()
    given = headers.get("webhook-signature", "").split()
    return any(hmac.compare_digest(expected, one) for one in given)
