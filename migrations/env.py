"""Alembic's entry: migrations run on the connection that fairhouse.platform.migrate hands over."""

from alembic import context

connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    transaction_per_migration=True,
    version_table="migration_head",
    version_table_schema="platform",
)
with context.begin_transaction():
    context.run_migrations()
