"""Alembic runs here as the owner (DATABASE_ADMIN_URL), with limits on locks and statements."""

from alembic import context
from sqlalchemy import NullPool, create_engine, text

import notifications.models as notices
import portal.cases.models as cases
import portal.clocks.models as clocks
import portal.documents.models as documents
import portal.evidence.models as evidence
import portal.intake.models as intake
import tenants.models as organisations
from tenants.database import Base
from tenants.settings import settings

MODELS = (organisations, notices, clocks, cases, evidence, documents, intake)
"""Loaded, so that `Base` knows all tables."""

url = settings().database_admin_url
if url is None:
    raise SystemExit("DATABASE_ADMIN_URL is not set: migrations run as the owner of the tables")
with create_engine(url.get_secret_value(), poolclass=NullPool).connect() as connection:
    connection.execute(text("set lock_timeout = '5s'"))
    connection.execute(text("set statement_timeout = '10min'"))
    connection.commit()
    context.configure(connection=connection, target_metadata=Base.metadata, compare_type=True)
    with context.begin_transaction():
        context.run_migrations()
