"""The first schema."""

import secrets

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True).with_variant(sa.BigInteger(), "sqlite")
PACKED = sa.JSON().with_variant(sa.LargeBinary(), "sqlite")


def upgrade() -> None:
    _catalogue()
    _centres()
    _campaigns()
    _reviews()
    _verbatims()
    _verbatim_indexes()
    _around_verbatims()
    _gestures()
    _full_text()
    _figures()
    _corpus()
    _partners()
    _webhooks()


def _catalogue() -> None:
    op.create_table(
        "formation",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("natural_key", sa.String(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("title_rank", sa.Integer(), nullable=False),
        sa.Column("level", sa.Integer(), nullable=True),
        sa.Column("opened_on", sa.Date(), nullable=True),
        sa.Column("closed_on", sa.Date(), nullable=True),
        sa.Column("lineage_id", sa.Integer(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("natural_key"),
    )
    op.create_index(op.f("ix_formation_lineage_id"), "formation", ["lineage_id"], unique=False)
    op.create_table(
        "formation_code",
        sa.Column("scheme", sa.String(), nullable=False),
        sa.Column("value", sa.String(), nullable=False),
        sa.Column("formation_id", sa.Integer(), nullable=False),
        sa.Column("since", sa.Date(), nullable=True),
        sa.Column("until", sa.Date(), nullable=True),
        sa.Column("source", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["formation_id"], ["formation.id"]),
        sa.PrimaryKeyConstraint("scheme", "value", "formation_id"),
    )
    op.create_index(op.f("ix_formation_code_formation_id"), "formation_code", ["formation_id"], unique=False)
    op.create_table(
        "renewal",
        sa.Column("scheme", sa.String(), nullable=False),
        sa.Column("old", sa.String(), nullable=False),
        sa.Column("new", sa.String(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("imported_on", sa.Date(), nullable=False),
        sa.PrimaryKeyConstraint("scheme", "old", "new"),
    )


def _centres() -> None:
    op.create_table(
        "centre",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("uai", sa.String(), nullable=True),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("name_rank", sa.Integer(), nullable=False),
        sa.Column("city", sa.String(), nullable=False),
        sa.Column("department", sa.String(), nullable=False),
        sa.Column("region", sa.String(), nullable=False),
        sa.Column("closed_on", sa.Date(), nullable=True),
        sa.Column("merged_into", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["merged_into"], ["centre.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("uai"),
    )
    op.create_table(
        "centre_code",
        sa.Column("scheme", sa.String(), nullable=False),
        sa.Column("value", sa.String(), nullable=False),
        sa.Column("centre_id", sa.Integer(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["centre_id"], ["centre.id"]),
        sa.PrimaryKeyConstraint("scheme", "value", "centre_id"),
    )
    op.create_index(op.f("ix_centre_code_centre_id"), "centre_code", ["centre_id"], unique=False)
    op.create_table(
        "offer",
        sa.Column("formation_id", sa.Integer(), nullable=False),
        sa.Column("centre_id", sa.Integer(), nullable=False),
        sa.Column("role", sa.String(), nullable=False),
        sa.Column("place_id", sa.Integer(), nullable=False),
        sa.Column("capacity", sa.Integer(), nullable=True),
        sa.Column("source", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["centre_id"], ["centre.id"]),
        sa.ForeignKeyConstraint(["formation_id"], ["formation.id"]),
        sa.ForeignKeyConstraint(["place_id"], ["centre.id"]),
        sa.PrimaryKeyConstraint("formation_id", "centre_id", "role", "place_id"),
    )
    op.create_index(op.f("ix_offer_centre_id"), "offer", ["centre_id"], unique=False)


def _campaigns() -> None:
    op.create_table(
        "campaign",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("formation_id", sa.Integer(), nullable=False),
        sa.Column("centre_id", sa.Integer(), nullable=False),
        sa.Column("code_given", sa.String(), nullable=False),
        sa.Column("opens_on", sa.Date(), nullable=False),
        sa.Column("closes_on", sa.Date(), nullable=False),
        sa.Column("invited", sa.Integer(), nullable=True),
        sa.Column("respondents", sa.Integer(), nullable=False),
        sa.Column("opened_by", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["centre_id"], ["centre.id"]),
        sa.ForeignKeyConstraint(["opened_by"], ["centre.id"]),
        sa.ForeignKeyConstraint(["formation_id"], ["formation.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(op.f("ix_campaign_centre_id"), "campaign", ["centre_id"], unique=False)
    op.create_index(op.f("ix_campaign_opened_by"), "campaign", ["opened_by"], unique=False)
    op.create_index(op.f("ix_campaign_formation_id"), "campaign", ["formation_id"], unique=False)


def _reviews() -> None:
    op.create_table(
        "review",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("origin", sa.String(), nullable=False),
        sa.Column("source_id", sa.String(), nullable=False),
        sa.Column("campaign_id", sa.String(), nullable=True),
        sa.Column("formation_id", sa.Integer(), nullable=False),
        sa.Column("centre_id", sa.Integer(), nullable=False),
        sa.Column("code_given", sa.String(), nullable=False),
        sa.Column("month", sa.String(), nullable=True),
        sa.Column("questionnaire_version", sa.String(), nullable=False),
        sa.Column("answers", PACKED, nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("marks", sa.JSON(), nullable=False),
        sa.Column("counts", sa.JSON(), nullable=False),
        sa.Column("received_on", sa.Date(), nullable=False),
        sa.ForeignKeyConstraint(["campaign_id"], ["campaign.id"]),
        sa.ForeignKeyConstraint(["centre_id"], ["centre.id"]),
        sa.ForeignKeyConstraint(["formation_id"], ["formation.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("source_id"),
    )
    op.create_index(op.f("ix_review_campaign_id"), "review", ["campaign_id"], unique=False)
    op.create_index(op.f("ix_review_centre_id"), "review", ["centre_id"], unique=False)
    op.create_index(op.f("ix_review_formation_id"), "review", ["formation_id"], unique=False)
    op.create_index(
        "ix_review_held",
        "review",
        ["received_on", "id"],
        unique=False,
        sqlite_where=sa.text("state = 'a_verifier'"),
        postgresql_where=sa.text("state = 'a_verifier'"),
    )
    op.create_table(
        "review_decision",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("review_id", sa.String(), nullable=False),
        sa.Column("actor", sa.String(), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("from_state", sa.String(), nullable=False),
        sa.Column("to_state", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["review_id"], ["review.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(op.f("ix_review_decision_review_id"), "review_decision", ["review_id"], unique=False)


def _verbatims() -> None:
    op.create_table(
        "verbatim",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("review_id", sa.String(), nullable=False),
        sa.Column("formation_id", sa.Integer(), nullable=False),
        sa.Column("centre_id", sa.Integer(), nullable=False),
        sa.Column("question", sa.String(), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("edition", sa.Integer(), nullable=False),
        sa.Column("shown", sa.String(), nullable=True),
        sa.Column("masks", sa.JSON(), nullable=False),
        sa.Column("fingerprint", sa.String(), nullable=True),
        sa.Column("month", sa.String(), nullable=True),
        sa.Column("rating", sa.String(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=True),
        sa.Column("gem", sa.Boolean(), nullable=False),
        sa.Column("alerted", sa.Boolean(), nullable=False),
        sa.Column("received_on", sa.Date(), nullable=False),
        sa.Column("published_at", MOMENT, nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("receipt_due", sa.Boolean(), nullable=False),
        sa.Column("useful", sa.Integer(), nullable=False),
        sa.Column("useless", sa.Integer(), nullable=False),
        sa.Column("usefulness", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["centre_id"], ["centre.id"]),
        sa.ForeignKeyConstraint(["formation_id"], ["formation.id"]),
        sa.ForeignKeyConstraint(["review_id"], ["review.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("review_id", "question"),
    )
    long = sa.text("fingerprint IS NOT NULL")
    op.create_index("ix_verbatim_fingerprint", "verbatim", ["fingerprint"], sqlite_where=long, postgresql_where=long)


def _around_verbatims() -> None:
    op.create_table(
        "verbatim_subject",
        sa.Column("verbatim_id", sa.String(), sa.ForeignKey("verbatim.id"), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("verbatim_id", "subject"),
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_verbatim_subject_subject"), "verbatim_subject", ["subject"], unique=False)
    op.create_table(
        "reply",
        sa.Column("verbatim_id", sa.String(), sa.ForeignKey("verbatim.id"), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("signed", sa.String(), nullable=False),
        sa.Column("author", sa.String(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=True),
        sa.Column("judge", sa.String(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("written_at", MOMENT, nullable=False),
        sa.Column("published_at", MOMENT, nullable=True),
        sa.PrimaryKeyConstraint("verbatim_id"),
    )
    op.create_index(
        "ix_reply_waiting",
        "reply",
        ["written_at", "verbatim_id"],
        unique=False,
        sqlite_where=sa.text("status = 'attente'"),
        postgresql_where=sa.text("status = 'attente'"),
    )


def _gestures() -> None:
    op.create_table(
        "gesture",
        sa.Column("mark", sa.String(), nullable=False),
        sa.Column("month", sa.String(), nullable=False),
        sa.Column("verbatim_id", sa.String(), sa.ForeignKey("verbatim.id"), nullable=False),
        sa.Column("useful", sa.Boolean(), nullable=False),
        sa.Column("counted", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("mark"),
    )
    op.create_index(op.f("ix_gesture_month"), "gesture", ["month"], unique=False)
    op.create_index(
        "ix_gesture_uncounted",
        "gesture",
        ["mark"],
        unique=False,
        sqlite_where=sa.text("counted = 0"),
        postgresql_where=sa.text("NOT counted"),
    )
    op.create_table(
        "gesture_secret",
        sa.Column("month", sa.String(), nullable=False),
        sa.Column("secret", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("month"),
    )


def _full_text() -> None:
    op.create_table(
        "indexed_text",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("kind", "key"),
    )
    if op.get_bind().dialect.name == "postgresql":
        op.execute("CREATE TABLE indexed_words (id INTEGER PRIMARY KEY, words TSVECTOR NOT NULL)")
        op.execute("CREATE INDEX ix_indexed_words ON indexed_words USING gin (words)")
    else:
        op.execute(
            "CREATE VIRTUAL TABLE indexed_words USING fts5"
            "(words, detail=none, columnsize=0, prefix='3', tokenize=\"unicode61 remove_diacritics 2 tokenchars _\")"
        )


def _partners() -> None:
    op.create_table(
        "partner",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("quota", sa.Integer(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("revoked_at", MOMENT, nullable=True),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("name"),
    )
    op.create_table(
        "partner_key",
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("partner_id", sa.Integer(), sa.ForeignKey("partner.id"), nullable=False),
        sa.Column("hint", sa.String(), nullable=False),
        sa.Column("scopes", sa.JSON(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("expires_at", MOMENT, nullable=True),
        sa.Column("revoked_at", MOMENT, nullable=True),
        sa.PrimaryKeyConstraint("digest"),
    )
    op.create_index("ix_partner_key_partner_id", "partner_key", ["partner_id"], unique=False)
    op.create_table(
        "usage",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("partner_id", sa.Integer(), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("day", "kind", "partner_id"),
    )
    op.create_table(
        "partner_origin",
        sa.Column("partner_id", sa.Integer(), sa.ForeignKey("partner.id"), nullable=False),
        sa.Column("origin", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("partner_id", "origin"),
    )


def _verbatim_indexes() -> None:
    for name, columns in (
        ("ix_verbatim_useful_formation", ["formation_id", "usefulness", "published_at", "id"]),
        ("ix_verbatim_question_formation", ["formation_id", "question", "published_at", "id"]),
    ):
        op.create_index(
            name,
            "verbatim",
            columns,
            unique=False,
            sqlite_where=sa.text("status = 'publie'"),
            postgresql_where=sa.text("status = 'publie'"),
        )
    op.create_index(
        "ix_verbatim_published_centre",
        "verbatim",
        ["centre_id", "published_at", "id"],
        unique=False,
        sqlite_where=sa.text("status = 'publie'"),
        postgresql_where=sa.text("status = 'publie'"),
    )
    op.create_index(
        "ix_verbatim_published_formation",
        "verbatim",
        ["formation_id", "published_at", "id"],
        unique=False,
        sqlite_where=sa.text("status = 'publie'"),
        postgresql_where=sa.text("status = 'publie'"),
    )
    op.create_index(
        "ix_verbatim_published_offer",
        "verbatim",
        ["formation_id", "centre_id", "published_at", "id"],
        unique=False,
        sqlite_where=sa.text("status = 'publie'"),
        postgresql_where=sa.text("status = 'publie'"),
    )
    op.create_index(
        "ix_verbatim_receipt_due",
        "verbatim",
        ["id"],
        unique=False,
        sqlite_where=sa.text("receipt_due = 1"),
        postgresql_where=sa.text("receipt_due"),
    )
    op.create_index(
        "ix_verbatim_waiting",
        "verbatim",
        ["received_on", "id"],
        unique=False,
        sqlite_where=sa.text("status = 'attente'"),
        postgresql_where=sa.text("status = 'attente'"),
    )


def _figures() -> None:
    op.create_table(
        "tally",
        sa.Column("formation_id", sa.Integer(), nullable=False),
        sa.Column("centre_id", sa.Integer(), nullable=False),
        sa.Column("axis", sa.String(), nullable=False),
        sa.Column("value", sa.String(), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("formation_id", "centre_id", "axis", "value"),
        sqlite_with_rowid=False,
    )
    op.create_index(
        "ix_tally_respondents",
        "tally",
        ["formation_id", "centre_id", "count"],
        unique=False,
        sqlite_where=sa.text("axis = '@repondants'"),
        postgresql_where=sa.text("axis = '@repondants'"),
    )
    op.create_table(
        "change",
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("formation_id", sa.Integer(), nullable=False),
        sa.Column("centre_id", sa.Integer(), nullable=False),
        sa.Column("verbatim_id", sa.String(), nullable=True),
        sa.Column("at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("seq"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_change_centre", "change", ["centre_id", "seq"], unique=False)
    op.create_index("ix_change_formation", "change", ["formation_id", "seq"], unique=False)
    op.create_table(
        "bookmark",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("cursor", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("name"),
    )
    op.create_index(
        "ix_tally_centre_respondents",
        "tally",
        ["centre_id", "formation_id", "count"],
        unique=False,
        sqlite_where=sa.text("axis = '@repondants'"),
        postgresql_where=sa.text("axis = '@repondants'"),
    )
    op.create_table(
        "set_aside",
        sa.Column("source_id", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("source_id"),
    )


def _corpus() -> None:
    op.create_table(
        "published",
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("first", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("formation_id", sa.Integer(), nullable=False),
        sa.Column("centre_id", sa.Integer(), nullable=False),
        sa.Column("removed", sa.Boolean(), nullable=False),
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=True),
        sa.PrimaryKeyConstraint("seq"),
        sa.UniqueConstraint("key", "kind"),
        sqlite_autoincrement=True,
    )
    op.create_index(
        "ix_published_scope",
        "published",
        ["formation_id", "centre_id"],
        unique=False,
        sqlite_where=sa.text("kind = 'avis'"),
        postgresql_where=sa.text("kind = 'avis'"),
    )
    op.create_index(
        "ix_published_text",
        "published",
        ["formation_id"],
        unique=False,
        sqlite_where=sa.text("kind = 'verbatim' AND NOT removed"),
        postgresql_where=sa.text("kind = 'verbatim' AND NOT removed"),
    )
    op.create_index(
        "ix_published_centre",
        "published",
        ["centre_id"],
        unique=False,
        sqlite_where=sa.text("kind = 'avis' AND formation_id = 0"),
        postgresql_where=sa.text("kind = 'avis' AND formation_id = 0"),
    )
    bookmarks = sa.table("bookmark", sa.column("name", sa.String), sa.column("cursor", sa.String))
    op.bulk_insert(bookmarks, [{"name": "corpus.name", "cursor": secrets.token_hex(6)}])


def _webhooks() -> None:
    op.create_table(
        "webhook",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("partner_id", sa.Integer(), sa.ForeignKey("partner.id"), nullable=False),
        sa.Column("url", sa.String(), nullable=False),
        sa.Column("events", sa.JSON(), nullable=False),
        sa.Column("salts", sa.JSON(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_webhook_partner_id", "webhook", ["partner_id"], unique=False)
    op.create_table(
        "delivery",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("webhook_id", sa.String(), sa.ForeignKey("webhook.id"), nullable=False),
        sa.Column("event", sa.String(), nullable=False),
        sa.Column("body", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("next_at", MOMENT, nullable=False),
        sa.Column("claimed_until", MOMENT, nullable=True),
        sa.Column("last_answer", sa.String(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("settled_at", MOMENT, nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(
        "ix_delivery_due",
        "delivery",
        ["next_at", "id"],
        unique=False,
        sqlite_where=sa.text("state = 'due'"),
        postgresql_where=sa.text("state = 'due'"),
    )
    op.create_index("ix_delivery_webhook", "delivery", ["webhook_id", "created_at"], unique=False)
