"""Run the steps on the connection that the ledger hands over, in its transaction."""

from alembic import context

from dncd_server.ledger.schema import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata)
with context.begin_transaction():
    context.run_migrations()
