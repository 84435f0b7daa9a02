"""The author's page: the same link, after sending. What was said, what became of it, and taking it back."""

import json
import logging
from collections.abc import Sequence
from typing import Any

from sqlalchemy.exc import SQLAlchemyError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from collector import links
from collector.context import Desk
from collector.errors import LedgerError, LinkError
from collector.forms import first, read_form, refuse_foreign_posts
from collector.pages import security_headers
from collector.questionnaire import Fault, Question, Questionnaire, validate
from collector.questionnaire.answers import TEXT_LIMIT
from collector.records import News, Seat, Sent
from collector.screens import THANKS, as_form

log = logging.getLogger("sirius.collector")
WITHDRAW, REWRITE, DOWNLOAD, DONE = "retirer", "recrire", "donnees", "fait"
WAITING = News("attente", None, None)
MASKED = {"prenom": "[prénom retiré]", "nom": "[nom retiré]"}
"""What others read in the place of a masked span, by kind."""
FAILED = "Nous n'avons pas pu enregistrer. Rien n'a changé\u00a0: attends un peu, puis recommence."


class AuthorPages:
    """Pages of who has answered."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def show(self, seat: Seat, token: str, step: str, question: str) -> Response:
        """A page of who has sent their answer: ``step`` asks for a confirmation, a rewriting, a download."""
        sent = _sent(seat)
        if sent.withdrawn:
            return self._page("withdrawn.html", seat, token, late=())
        if step == DOWNLOAD:
            return self._download(seat)
        if step == WITHDRAW and (not question or question in sent.answers.texts):
            return self._page("withdraw.html", seat, token, question=self._question(seat, question))
        if step == REWRITE and _may_rewrite(sent, question):
            return self._rewriting(seat, token, question, sent.answers.texts[question])
        return self._author(seat, token, thanks=step == THANKS, done=step == DONE)

    def late(self, seat: Seat, token: str, texts: tuple[str, ...], *, rewriting: bool = False) -> Response:
        """The page of who writes on after the answer has been sent, or after a refused text moved on: their texts are
        given back."""
        if _sent(seat).withdrawn:
            return self._page("withdrawn.html", seat, token, status=409, late=texts)
        return self._author(seat, token, late=texts, rewriting=rewriting)

    async def post(self, request: Request) -> Response:
        """Withdraw one text or all, or rewrite one that may be."""
        refuse_foreign_posts(request)
        try:
            form = await read_form(request)
        except HTTPException as error:
            return self._desk.refused(error.status_code)
        token, step, question = first(form, "jeton"), first(form, "etape"), first(form, "question")
        try:
            seat = self._desk.seat(token)
        except LinkError:
            return self._desk.lost(request)
        except SQLAlchemyError:
            log.exception("an author could not be looked up")
            return self._desk.again(form, "/r/auteur")
        if seat.sent is None or step not in {WITHDRAW, REWRITE} or "question" not in form:
            return self._desk.refused(400)
        if step == REWRITE:
            return await self._rewrite(seat, token, question, form.get("texte", []))
        try:
            today = self._desk.clock().date()
            done = await self._desk.store.withdraw(seat.sent, question or None, today)
        except (SQLAlchemyError, LedgerError):
            log.exception("a withdrawal could not be recorded")
            return self._author(seat, token, fault=FAILED, status=503)
        return self._desk.go(f"/r?etape={DONE}" if done else "/r", token)

    async def _rewrite(self, seat: Seat, token: str, question: str, typed: list[str]) -> Response:
        sent = _sent(seat)
        if sent.withdrawn or not _may_rewrite(sent, question):
            return self.late(seat, token, tuple(typed), rewriting=True)
        document = self._desk.document(seat)
        section = next(s for s in document.sections if any(q.key == question for q in s.questions))
        said, faults = validate(document, {**_own(sent, document, question), question: typed}, section, sent.answers)
        own = [fault for fault in faults if fault.key == question]
        text = said.texts.get(question)
        if text is None and not own:
            own = [Fault(question, "Écris ton texte, ou retire-le si tu préfères.")]
        if own or text is None:
            return self._rewriting(seat, token, question, "\n".join(typed), own)
        if text == sent.answers.texts[question]:
            own = [Fault(question, "C'est le même texte\u00a0: change ce qui posait problème.")]
            return self._rewriting(seat, token, question, text, own)
        try:
            kept = await self._desk.store.rewrite(sent, question, text)
        except SQLAlchemyError:
            log.exception("a rewriting could not be recorded")
            return self._rewriting(seat, token, question, text, [Fault(question, FAILED)], status=503)
        if not kept:
            return self.late(self._desk.seat(token), token, (text,), rewriting=True)
        return self._desk.go(f"/r?etape={DONE}", token)

    def _question(self, seat: Seat, question: str) -> Question | None:
        return self._desk.document(seat).question(question) if question else None

    def _rewriting(
        self,
        seat: Seat,
        token: str,
        question: str,
        text: str,
        faults: list[Fault] | None = None,
        status: int = 422,
    ) -> Response:
        sent = _sent(seat)
        return self._page(
            "rewrite.html", seat, token, status=status if faults else 200, question=self._question(seat, question),
            text=text, faults={fault.key: fault for fault in faults or ()}, news=sent.news[question],
            text_limit=TEXT_LIMIT,
        )  # fmt: skip

    def _author(
        self,
        seat: Seat,
        token: str,
        *,
        thanks: bool = False,
        done: bool = False,
        late: tuple[str, ...] | None = None,
        rewriting: bool = False,
        fault: str = "",
        status: int = 200,
    ) -> Response:
        return self._page(
            "author.html", seat, token, status=409 if late is not None else status, thanks=thanks, done=done,
            late=late, rewriting=rewriting, fault=fault, waiting=WAITING, pieces=pieces, masked_words=MASKED,
        )  # fmt: skip

    def _page(self, template: str, seat: Seat, token: str, *, status: int = 200, **more: Any) -> Response:
        sent = _sent(seat)
        return self._desk.printer.page(
            template,
            status,
            campaign=seat.campaign,
            document=self._desk.document(seat),
            sent=sent,
            token=token,
            link=links.personal_link(self._desk.settings.public_url, token),
            **more,
        )

    def _download(self, seat: Seat) -> Response:
        sent = _sent(seat)
        document = self._desk.document(seat)
        headers = {**security_headers(), "content-disposition": 'attachment; filename="mes-reponses-sirius.json"'}
        body = json.dumps(_portable(seat, sent, document), ensure_ascii=False, indent=2)
        return Response(body, media_type="application/json; charset=utf-8", headers=headers)


def _sent(seat: Seat) -> Sent:
    if seat.sent is None:
        raise LinkError("Rien n'a été envoyé par ce lien.")
    return seat.sent


def pieces(text: str, masks: Sequence[tuple[int, int, str]]) -> list[tuple[str, str]]:
    """A text cut where it is masked: words, and what stands in their place for others (empty: the words themselves).

    Masks that do not fit the text, because it changed meanwhile, are left out.
    """
    cut: list[tuple[str, str]] = []
    place = 0
    for start, end, kind in sorted(masks):
        if kind in MASKED and place <= start < end <= len(text):
            cut += [(text[place:start], ""), (text[start:end], MASKED[kind])]
            place = end
    return [piece for piece in [*cut, (text[place:], "")] if piece[0]]


def _may_rewrite(sent: Sent, question: str) -> bool:
    return question in sent.answers.texts and sent.news.get(question, WAITING).may_be_rewritten


def _own(sent: Sent, document: Questionnaire, question: str) -> dict[str, list[str]]:
    """What the section of a question says beside it, as a form."""
    section = next(s for s in document.sections if any(q.key == question for q in s.questions))
    keys = {q.key for q in section.questions} | {row.key for q in section.questions for row in q.rows}
    return {key: values for key, values in as_form(sent.answers).items() if key in keys and key != question}


def _portable(seat: Seat, sent: Sent, document: Questionnaire) -> dict[str, Any]:
    """Everything that is kept of an answer, readable by people and machines."""
    said: list[dict[str, Any]] = []
    for question in document.questions():
        labels = question.scale_labels or document.scale_labels
        for part in question.rows or (question,):
            if part.key in sent.answers.choices:
                given: Any = [o.label for o in question.options if o.key in sent.answers.choices[part.key]]
            elif part.key in sent.answers.scales:
                given = labels[sent.answers.scales[part.key]]
            elif part.key in sent.answers.texts:
                given = sent.answers.texts[part.key]
            else:
                continue
            said.append({"cle": part.key, "question": part.label, "reponse": given, **_fate(question, sent)})
    campaign = seat.campaign
    return {
        "formation": campaign.formation_title,
        "etablissement": campaign.centre_name,
        "mois": sent.month,
        "questionnaire": sent.questionnaire_version,
        "reponses": said,
    }


def _fate(question: Question, sent: Sent) -> dict[str, Any]:
    """What became of a text; nothing for an answer that is no text, or that nobody publishes.

    Masked spans are told by their places, counted in characters (code points) from 0, and by what others read there.
    """
    if question.feeds != "verbatim":
        return {}
    news = sent.news.get(question.key, WAITING)
    day = news.decided_on.isoformat() if news.decided_on else None
    masked = [{"debut": start, "fin": end, "montre": MASKED.get(kind, "")} for start, end, kind in news.masks]
    return {"etat": news.status, "raison": news.reason, "depuis": day, "masques": masked}
