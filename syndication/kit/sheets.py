"""Documents of figures and words on A4 sheets, as PDF: headings, paragraphs, tables, bars, verbatims.

A document is a list of blocks; ``templates/sheet.typ`` knows how each looks. Headers of tables come again on each page,
a block is not torn from its heading, and each page says its number among all and the source.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from syndication.kit.tables import Table, spelled
from syndication.kit.typesetting import Json, typeset
from widget.contract import Distribution, Share
from widget.routes import words


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading under the document's title; a level is never skipped."""

    text: str
    level: Literal[2, 3] = 2


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A paragraph: plain, in small muted type, or large (the one sentence to repeat aloud)."""

    text: str
    voice: Literal["plain", "quiet", "loud"] = "plain"


@dataclass(frozen=True, slots=True)
class Bar:
    """How respondents answered a scale, under its label; ``note`` is a muted line below it, ``interval`` where the
    share of « bien » may lie, in words."""

    label: str
    distribution: Distribution
    note: str = ""
    interval: str = ""


@dataclass(frozen=True, slots=True)
class Bars:
    """Bars one under another, each with bien, moyen and mal in words beside it. ``title`` is the table's caption."""

    title: str
    bars: Sequence[Bar]


@dataclass(frozen=True, slots=True)
class Verbatim:
    """A verbatim: the question, the words, a line on where and when, and the centre's signed reply or nothing."""

    question: str
    words: str
    line: str = ""
    reply: str = ""
    signature: str = ""


Block = Heading | Paragraph | Table | Bars | Verbatim


@dataclass(frozen=True, slots=True)
class Sheet:
    """A document; ``subtitle`` stands muted under the title, ``source`` at the foot of each page."""

    title: str
    subtitle: str
    source: str
    blocks: Sequence[Block]


def sheet_pdf(sheet: Sheet) -> bytes:
    """The document as PDF. Characters that the typeface lacks are transliterated (``letters.drawable``).

    All bars have the same columns: what nobody left unanswered and what no interval is known of have none.
    """
    drawn = [bar for block in sheet.blocks if isinstance(block, Bars) for bar in block.bars]
    columns: dict[str, Json] = {
        "intervals": any(bar.interval for bar in drawn),
        "unanswered": any(bar.distribution.unanswered for bar in drawn),
    }
    return typeset(
        "sheet",
        {
            "title": sheet.title,
            "subtitle": sheet.subtitle,
            "source": sheet.source,
            "columns": columns,
            "blocks": [_block(block) for block in sheet.blocks],
        },
    )


def _block(block: Block) -> dict[str, Json]:
    match block:
        case Heading():
            return {"kind": "heading", "text": block.text, "level": block.level}
        case Paragraph():
            return {"kind": "paragraph", "text": block.text, "voice": block.voice}
        case Table():
            return _table(block)
        case Bars():
            return {"kind": "bars", "title": block.title, "bars": [_bar(bar) for bar in block.bars]}
        case Verbatim():
            return {
                "kind": "verbatim",
                "question": block.question,
                "words": block.words,
                "line": block.line,
                "reply": block.reply,
                "signature": block.signature,
            }


def _table(table: Table) -> dict[str, Json]:
    return {
        "kind": "table",
        "title": table.title,
        "columns": [
            {"title": column.title, "number": column.is_number, "short": column.kind != "text"}
            for column in table.columns
        ],
        "rows": [[spelled(row.get(column.key), column.kind) for column in table.columns] for row in table.rows],
    }


def _bar(bar: Bar) -> dict[str, Json]:
    spread = bar.distribution
    shares = (spread.good, spread.fair, spread.poor)
    return {
        "label": bar.label,
        "note": bar.note,
        "interval": bar.interval or "–",
        "counts": [share.count for share in shares],
        "said": [_said(share) for share in shares],
        "unanswered": words.number(spread.unanswered) if spread.unanswered else "–",
    }


def _said(share: Share) -> str:
    count = words.number(share.count)
    return count if share.percent is None else f"{words.percent(share.percent)} ({count})"
