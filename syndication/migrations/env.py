"""Alembic's entry: runs the migrations on the connection handed over by ``syndication.database``."""

from alembic import context

from syndication.models import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata, render_as_batch=True)
with context.begin_transaction():
    context.run_migrations()
