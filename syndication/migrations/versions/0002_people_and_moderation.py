"""People who sign in, acts of moderation, the centres' space, and what guards the words."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True).with_variant(sa.BigInteger(), "sqlite")
PACKED = sa.JSON().with_variant(sa.LargeBinary(), "sqlite")


def upgrade() -> None:
    _people()
    _moderation()
    _around_texts()
    _centres()
    for statement in _GUARDS[op.get_bind().dialect.name]:
        op.execute(statement)


def _text(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.String(), nullable=False)


def _maybe_text(name: str, *keys: sa.ForeignKey) -> sa.Column[str]:
    return sa.Column(name, sa.String(), *keys, nullable=True)


def _flag(name: str) -> sa.Column[bool]:
    return sa.Column(name, sa.Boolean(), nullable=False)


def _number(name: str, target: str = "", *, optional: bool = False) -> sa.Column[int]:
    keys = [sa.ForeignKey(target)] if target else []
    return sa.Column(name, sa.Integer(), *keys, nullable=optional)


def _verbatim() -> sa.Column[str]:
    return sa.Column("verbatim_id", sa.String(), sa.ForeignKey("verbatim.id"), nullable=False)


def _moment(name: str, *, optional: bool = False) -> sa.Column[object]:
    return sa.Column(name, MOMENT, nullable=optional)


def _only(name: str, table: str, columns: list[str], condition: str) -> None:
    """An index of the rows that a condition picks."""
    where = sa.text(condition)
    op.create_index(name, table, columns, unique=False, sqlite_where=where, postgresql_where=where)


def _people() -> None:
    op.create_table(
        "person", _number("id"), _text("email"), _text("name"), sa.Column("stopped", sa.JSON(), nullable=False),
        _moment("created_at"), sa.PrimaryKeyConstraint("id"), sa.UniqueConstraint("email"),
    )  # fmt: skip
    op.create_table(
        "access", _number("id"), _number("person_id", "person.id"), _text("role"),
        _number("centre_id", "centre.id", optional=True), _text("scope"), _text("granted_by"), _moment("granted_at"),
        _maybe_text("ended_by"), _moment("ended_at", optional=True), sa.PrimaryKeyConstraint("id"),
    )  # fmt: skip
    op.create_index("ix_access_centre_id", "access", ["centre_id"])
    for name, columns, which in (
        ("ix_access_current", ["person_id", "role", "scope"], "centre_id IS NULL"),
        ("ix_access_current_centre", ["person_id", "role", "centre_id"], "centre_id IS NOT NULL"),
    ):
        current = sa.text(f"ended_at IS NULL AND {which}")
        op.create_index(name, "access", columns, unique=True, sqlite_where=current, postgresql_where=current)
    op.create_table(
        "sign_in_link", _text("token_hash"), _number("person_id", "person.id"), _text("lands"), _moment("expires_at"),
        _moment("used_at", optional=True), sa.PrimaryKeyConstraint("token_hash"),
    )  # fmt: skip
    op.create_index("ix_sign_in_link_person_id", "sign_in_link", ["person_id"])
    op.create_table(
        "session", _text("token_hash"), _text("number"), _number("person_id", "person.id"), _text("device"),
        _moment("created_at"), _moment("expires_at"), sa.PrimaryKeyConstraint("token_hash"),
        sa.UniqueConstraint("number"),
    )  # fmt: skip
    op.create_index("ix_session_person_id", "session", ["person_id"])
    op.create_table(
        "join_request", _number("id"), _text("email"), _text("name"), _number("centre_id", "centre.id"),
        _text("message"), _moment("asked_at"), _text("state"), _text("reason"), _maybe_text("decided_by"),
        _moment("decided_at", optional=True), sa.PrimaryKeyConstraint("id"),
    )  # fmt: skip
    _only("ix_join_request_waiting", "join_request", ["asked_at"], "state = 'attente'")
    op.create_table(
        "letter", _number("id"), _text("kind"), _text("address"), sa.Column("data", sa.JSON(), nullable=False),
        _maybe_text("once"), _text("state"), _number("attempts"), _moment("not_before"),
        _moment("claimed_until", optional=True), sa.PrimaryKeyConstraint("id"), sa.UniqueConstraint("once"),
    )  # fmt: skip
    op.create_index("ix_letter_due", "letter", ["state", "not_before"])
    op.create_table("opco", _text("name"), _text("rncp"), sa.PrimaryKeyConstraint("name", "rncp"))
    op.create_index("ix_opco_rncp", "opco", ["rncp"])


def _moderation() -> None:
    op.create_table(
        "decision", _number("id"), _verbatim(), _text("actor"), _moment("at"), _text("act"), _text("from_status"),
        _text("to_status"), _maybe_text("reason"), _text("note"), sa.PrimaryKeyConstraint("id"),
    )  # fmt: skip
    op.create_index("ix_decision_verbatim_id", "decision", ["verbatim_id"])
    op.create_table(
        "doubt", _number("id"), _verbatim(), _number("centre_id", "centre.id"), _text("reason"), _text("reported_by"),
        _moment("reported_at"), _text("state"), _text("outcome"), _maybe_text("decided_by"),
        _moment("decided_at", optional=True), sa.PrimaryKeyConstraint("id"),
    )  # fmt: skip
    op.create_index("ix_doubt_verbatim_id", "doubt", ["verbatim_id"])
    op.create_index("ix_doubt_centre_id", "doubt", ["centre_id"])
    _only("ix_doubt_open", "doubt", ["reported_at"], "state = 'ouvert'")
    op.create_table(
        "learnt", _number("id"), _moment("made_at"), sa.Column("told", sa.JSON(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False), sa.PrimaryKeyConstraint("id"),
    )  # fmt: skip
    op.create_table(
        "flow", _text("month"), _number("centre_id"), _text("rating"), _text("measure"), _number("count"),
        sa.PrimaryKeyConstraint("month", "centre_id", "rating", "measure"), sqlite_with_rowid=False,
    )  # fmt: skip
    _only("ix_flow_centre", "flow", ["measure", "centre_id", "count", "month"], "month = ''")
    op.create_index("ix_usage_served", "usage", ["day", "kind", "count"])


def _around_texts() -> None:
    op.create_table(
        "verbatim_signal", _verbatim(), _text("signal"), _flag("waits"),
        sa.PrimaryKeyConstraint("verbatim_id", "signal"), sqlite_with_rowid=False,
    )  # fmt: skip
    op.create_index("ix_verbatim_signal_signal", "verbatim_signal", ["signal", "verbatim_id"])
    _only("ix_verbatim_signal_waiting", "verbatim_signal", ["signal", "verbatim_id"], "waits")
    op.drop_index("ix_verbatim_waiting", "verbatim")
    queue = ["received_on", "id", "question", "formation_id", "centre_id", "alerted", "status"]
    _only("ix_verbatim_waiting", "verbatim", queue, "status = 'attente'")
    there = ["centre_id", "formation_id", "received_on", "id", "question", "alerted", "status"]
    _only("ix_verbatim_waiting_centre", "verbatim", there, "status = 'attente'")
    for status in ("publie", "refuse", "recrire", "archive"):
        _only(f"ix_verbatim_{status}", "verbatim", ["received_on", "id", "alerted", "status"], f"status = '{status}'")
    op.create_index(
        "ix_verbatim_gem", "verbatim", ["gem", "published_at", "id"],
        sqlite_where=sa.text("status = 'publie' AND gem = 1"), postgresql_where=sa.text("status = 'publie' AND gem"),
    )  # fmt: skip
    op.create_table(
        "reply_decision", _number("id"), _verbatim(), _text("actor"), _moment("at"), _text("from_status"),
        _text("to_status"), _maybe_text("reason"), sa.PrimaryKeyConstraint("id"),
    )  # fmt: skip
    _only("ix_reply_published", "reply", ["verbatim_id"], "status = 'publie'")
    op.create_index("ix_reply_decision_verbatim_id", "reply_decision", ["verbatim_id"])


def _centres() -> None:
    op.create_table(
        "preview_link", _text("id"), _number("centre_id", "centre.id"),
        _number("formation_id", "formation.id", optional=True),
        _number("access_id", "access.id"), sa.Column("look", sa.JSON(), nullable=False), _moment("made_at"),
        sa.Column("last_day", sa.Date(), nullable=False), _moment("revoked_at", optional=True),
        sa.PrimaryKeyConstraint("id"),
    )  # fmt: skip
    op.create_index("ix_preview_link_access_id", "preview_link", ["access_id"])
    op.create_index("ix_preview_link_centre_id", "preview_link", ["centre_id"])
    op.create_table(
        "own_question", _number("id"), _number("centre_id", "centre.id"), _text("kind"), _text("label"),
        sa.Column("options", sa.JSON(), nullable=False), _text("state"), _text("reason"), _number("version"),
        _text("written_by"), _moment("written_at"), _maybe_text("judged_by"), _moment("judged_at", optional=True),
        sa.PrimaryKeyConstraint("id"),
    )  # fmt: skip
    op.create_index("ix_own_question_centre_id", "own_question", ["centre_id"])
    _only("ix_own_question_waiting", "own_question", ["written_at"], "state = 'attente'")
    op.create_table(
        "own_text", _text("id"), sa.Column("review_id", sa.String(), sa.ForeignKey("review.id"), nullable=False),
        _number("question_id", "own_question.id"), _text("text"), _flag("danger"), _flag("alerted"), _text("status"),
        _maybe_text("reason"), _number("version"), _maybe_text("judged_by"), _moment("judged_at", optional=True),
        sa.Column("received_on", sa.Date(), nullable=False), sa.PrimaryKeyConstraint("id"),
    )  # fmt: skip
    op.create_index("ix_own_text_review_id", "own_text", ["review_id"])
    op.create_index("ix_own_text_question_id", "own_text", ["question_id"])
    _only("ix_own_text_waiting", "own_text", ["danger", "received_on", "id"], "status = 'attente'")
    op.create_table(
        "alert", _number("id"), _maybe_text("verbatim_id", sa.ForeignKey("verbatim.id")),
        _maybe_text("own_text_id", sa.ForeignKey("own_text.id")), _text("kind"), _text("note"), _text("raised_by"),
        _moment("raised_at"), _text("state"), _text("outcome"), _maybe_text("closed_by"),
        _moment("closed_at", optional=True), _flag("told"), sa.PrimaryKeyConstraint("id"),
    )  # fmt: skip
    op.create_index("ix_alert_verbatim_id", "alert", ["verbatim_id"])
    op.create_index("ix_alert_own_text_id", "alert", ["own_text_id"])
    _only("ix_alert_open", "alert", ["raised_at"], "state = 'ouverte'")
    op.create_table(
        "reading", _number("centre_id"), _number("formation_id"), _text("year"), _number("respondents"),
        sa.Column("counts", PACKED, nullable=False), sa.Column("taken_on", sa.Date(), nullable=False),
        sa.PrimaryKeyConstraint("centre_id", "formation_id", "year"),
    )  # fmt: skip
    op.create_index("ix_reading_formation", "reading", ["formation_id", "year"])


_UNCHANGED = "NEW.text = OLD.text AND NEW.digest = OLD.digest AND NEW.edition = OLD.edition"
_ERASED = "NEW.status = 'retire' AND NEW.text = ''"
_REWRITTEN = "NEW.status = 'attente' AND NEW.edition = OLD.edition + 1 AND NEW.digest <> OLD.digest"
_ALLOWED = f"({_UNCHANGED}) OR ({_ERASED}) OR ({_REWRITTEN})"
_WORDS = "the words of a verbatim are nobody''s to edit"
_ACTS = "acts are kept as they were recorded"
_KEPT = ("decision", "reply_decision", "review_decision")
_GUARDS = {
    "sqlite": (
        f"CREATE TRIGGER words_kept BEFORE UPDATE ON verbatim WHEN NOT ({_ALLOWED}) "
        f"BEGIN SELECT RAISE(ABORT, '{_WORDS}'); END",
        f"CREATE TRIGGER texts_kept BEFORE DELETE ON verbatim BEGIN SELECT RAISE(ABORT, '{_WORDS}'); END",
        *(
            f"CREATE TRIGGER {table}_kept_{verb.lower()} BEFORE {verb} ON {table} "
            f"BEGIN SELECT RAISE(ABORT, '{_ACTS}'); END"
            for table in _KEPT
            for verb in ("UPDATE", "DELETE")
        ),
        *(
            f"CREATE TRIGGER {table}_not_replaced BEFORE INSERT ON {table} "  # noqa: S608 our own tables
            f"WHEN NEW.id IN (SELECT id FROM {table}) BEGIN SELECT RAISE(ABORT, '{said}'); END"
            for table, said in (("verbatim", _WORDS), *((one, _ACTS) for one in _KEPT))
        ),
    ),
    "postgresql": (
        f"CREATE FUNCTION words_kept() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF NOT ({_ALLOWED}) THEN "
        f"RAISE EXCEPTION '{_WORDS}'; END IF; RETURN NEW; END $$",
        "CREATE TRIGGER words_kept BEFORE UPDATE ON verbatim FOR EACH ROW EXECUTE FUNCTION words_kept()",
        f"CREATE FUNCTION texts_kept() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION '{_WORDS}'; END $$",
        "CREATE TRIGGER texts_kept BEFORE DELETE ON verbatim FOR EACH ROW EXECUTE FUNCTION texts_kept()",
        f"CREATE FUNCTION acts_kept() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION '{_ACTS}'; END $$",
        *(
            f"CREATE TRIGGER {table}_kept BEFORE UPDATE OR DELETE ON {table} FOR EACH ROW EXECUTE FUNCTION acts_kept()"
            for table in _KEPT
        ),
    ),
}
"""Who goes round the code meets these: words change only as their author's next edition, to be read, or are erased."""
