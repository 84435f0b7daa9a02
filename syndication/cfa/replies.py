"""What is published of a centre: its right of reply, and the doubts it may report."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from urllib.parse import urlencode

from sqlalchemy import Connection
from starlette.datastructures import QueryParams
from starlette.requests import Request
from starlette.responses import Response

from syndication.accounts.store import Person
from syndication.catalogue import store as catalogue
from syndication.catalogue.store import CentreRow
from syndication.context import Hub
from syndication.doubts import store as doubts
from syndication.errors import DecisionConflict, DecisionError
from syndication.pages import in_one_transaction, page, read_form, see_other
from syndication.publication import store as publication
from syndication.replies import store
from syndication.replies.store import PAGE, Wanted

LAST_PAGE = 5000
"""Furthest page that is looked for."""


@dataclass(slots=True)
class _Typed:
    """What was typed and could not be kept: by which form, at which text, and why."""

    form: str = ""
    at: str = ""
    words: str = ""
    fault: str = ""


@dataclass(frozen=True, slots=True)
class _Shown:
    """What a page of the centre's texts is made of."""

    total: int
    texts: list[store.CentreText]
    formations: list[tuple[int, str]]
    replies: dict[str, store.ReplyRow] = field(default_factory=dict)


class Replies:
    """Pages of a centre's published texts."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub

    async def show(self, request: Request, person: Person, centre: CentreRow) -> Response:
        """The published texts of a centre, each with its reply or room for one."""
        return self._texts(request, person, centre)

    async def show_one(self, request: Request, person: Person, centre: CentreRow) -> Response:
        """One published text of a centre."""
        return self._texts(request, person, centre)

    async def write(self, request: Request, person: Person, centre: CentreRow) -> Response:
        """Keep a reply, to be read by a moderator."""
        form = await read_form(request)
        typed = _Typed("reponse", request.path_params["verbatim"], form.get("texte", ""))
        seen = form.get("version", "")
        version = int(seen) if seen.isascii() and seen.isdigit() and len(seen) < 10 else 0

        def keep(connection: Connection) -> None:
            now, signed = self._hub.clock(), centre.name
            store.write(connection, typed.at, centre.id, typed.words, signed, person.email, now, version)

        return await self._done(request, person, centre, typed, keep)

    async def take_back(self, request: Request, person: Person, centre: CentreRow) -> Response:
        """Take a reply back."""
        await read_form(request)
        typed = _Typed("retrait", request.path_params["verbatim"])

        def keep(connection: Connection) -> None:
            store.take_back(connection, typed.at, centre.id, person.email, self._hub.clock())

        return await self._done(request, person, centre, typed, keep)

    async def doubt(self, request: Request, person: Person, centre: CentreRow) -> Response:
        """Report a doubt on a text; the text stays until somebody decides."""
        form = await read_form(request)
        typed = _Typed("doute", request.path_params["verbatim"], form.get("raison", ""))

        def keep(connection: Connection) -> None:
            doubts.report(connection, typed.at, centre.id, typed.words, person.email, self._hub.clock())

        return await self._done(request, person, centre, typed, keep)

    async def _done(
        self, request: Request, person: Person, centre: CentreRow, typed: _Typed, keep: Callable[[Connection], None]
    ) -> Response:
        """Do it and go back to the text, or say why not with what was typed."""
        try:
            await in_one_transaction(self._hub, keep)
        except DecisionError as error:
            typed.fault = str(error)
            return self._texts(request, person, centre, typed, 409 if isinstance(error, DecisionConflict) else 422)
        query = f"?{request.url.query}" if request.url.query else ""
        return see_other(f"{self._here(centre)}/avis{query}#a-{typed.at}")

    def _here(self, centre: CentreRow) -> str:
        with self._hub.engine.connect() as connection:
            return f"/cfa/{catalogue.centre_key(connection, centre).partition(':')[2]}"

    def _texts(
        self, request: Request, person: Person, centre: CentreRow, typed: _Typed | None = None, status: int = 200
    ) -> Response:
        typed = typed or _Typed()
        wanted = _read(request.query_params)
        if "verbatim" in request.path_params and not typed.fault:
            wanted = Wanted(only=request.path_params["verbatim"])
        asked = self._hub.publisher.questions()
        questions = {one.key: one.label for one in asked.asked if one.kind == "texte"}
        with self._hub.engine.connect() as connection:
            shown, wanted = self._find(connection, centre, wanted, typed)
            ids = [text.id for text in shown.texts]
            acts = store.acts_on(connection, ids)
            told = doubts.of_centre(connection, centre.id)
        latest = {doubt.verbatim_id: doubt for doubt in reversed(told)}
        if wanted.only and not shown.texts:
            status = 404
        return page(
            "cfa/replies.html", status, person=person, centre=centre, here=self._here(centre), shown=shown, acts=acts,
            page_path=f"{self._here(centre)}/avis", wanted=wanted, typed=typed, doubts=told, latest=latest,
            labels=asked.labels, reasons=store.REASONS | store.ENDINGS, days=store.DAYS, longest=store.LONGEST,
            doubt_length=doubts.REASON_LENGTH, pages=-(-shown.total // PAGE), query=_query, questions=questions,
            minimum=self._hub.settings.thresholds.minimum,
        )  # fmt: skip

    def _find(self, connection: Connection, centre: CentreRow, wanted: Wanted, typed: _Typed) -> tuple[_Shown, Wanted]:
        """The texts that may be shown under the centre's name, as ``Publisher`` shows them, and the page they are on.

        A text that was typed at is always there, if it is still published.
        """
        minimum = self._hub.settings.thresholds.minimum
        told = publication.formations_nameable(connection, centre.id, minimum)
        total, texts = store.texts(connection, centre.id, told, wanted)
        if wanted.page and not texts:
            wanted = replace(wanted, page=max(-(-total // PAGE) - 1, 0))
            total, texts = store.texts(connection, centre.id, told, wanted)
        if typed.fault and typed.at not in {text.id for text in texts}:
            texts = store.texts(connection, centre.id, told, Wanted(only=typed.at))[1] + texts
        replies = store.replies_to(connection, [text.id for text in texts])
        return _Shown(total, texts, store.heads(connection, told), replies), wanted


def _read(query: QueryParams) -> Wanted:
    """What is asked for; what makes no sense asks for nothing."""
    formation, number = query.get("formation", ""), query.get("page", "")
    return Wanted(
        formation=int(formation) if formation.isascii() and formation.isdigit() and len(formation) < 10 else 0,
        question=query.get("question", "")[:100],
        replied=query.get("reponse", "") if query.get("reponse") in {"avec", "sans"} else "",
        gems=query.get("pepites", "") == "oui",
        page=min(max(int(number) - 1, 0), LAST_PAGE)
        if number.isascii() and number.isdigit() and len(number) < 9
        else 0,
    )


def _query(wanted: Wanted, step: int = 0) -> str:
    """The query of a page of the same texts."""
    number = wanted.page + step
    values = {
        "formation": wanted.formation or "", "question": wanted.question, "reponse": wanted.replied,
        "pepites": "oui" if wanted.gems else "", "page": number + 1 if number else "",
    }  # fmt: skip
    text = urlencode({name: value for name, value in values.items() if value})
    return f"?{text}" if text else ""
