"""Tables of the foundation: organisations, cases, clocks, notices, papers."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None


def upgrade() -> None:
    #
    op.create_table(
        "attempt",
        sa.Column("bucket", sa.LargeBinary(), nullable=False),
        sa.Column("window_start", sa.DateTime(timezone=True), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("bucket", name=op.f("pk_attempt")),
    )
    op.create_table(
        "audit",
        sa.Column("bureau_id", sa.UUID(), nullable=False),
        sa.Column("tenant_id", sa.UUID(), nullable=False),
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("officer_id", sa.UUID(), nullable=True),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("act", sa.Text(), nullable=False),
        sa.Column("case_id", sa.UUID(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("request_id", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("bureau_id", "tenant_id", "id", name=op.f("pk_audit")),
    )
    op.create_index("ix_audit_case", "audit", ["tenant_id", "case_id", "id"], unique=False)
    op.create_table(
        "bureau",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("parent_id", sa.UUID(), nullable=True),
        sa.Column("level", sa.Text(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("short_name", sa.Text(), nullable=False),
        sa.Column("phone", sa.Text(), nullable=True),
        sa.Column("address", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["parent_id"], ["bureau.id"], name=op.f("fk_bureau_bureau_parent_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bureau")),
        sa.UniqueConstraint("code", name=op.f("uq_bureau_code")),
    )
    op.create_table(
        "calendar_day",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("off", sa.Boolean(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("day", name=op.f("pk_calendar_day")),
    )
    op.create_table(
        "calendar_year",
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("recounted_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("year", name=op.f("pk_calendar_year")),
    )
    op.create_table(
        "cases",
        sa.Column("bureau_id", sa.UUID(), nullable=False),
        sa.Column("tenant_id", sa.UUID(), nullable=False),
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("national_number", sa.Text(), nullable=True),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("profile_version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("accepted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("next_due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("red", sa.Boolean(), nullable=False),
        sa.Column("handler_id", sa.UUID(), nullable=True),
        sa.Column("submission_key", sa.UUID(), nullable=False),
        sa.Column("tracking_hash", sa.LargeBinary(), nullable=False),
        sa.Column("consumer_masked", sa.Text(), nullable=False),
        sa.Column("respondent_name", sa.Text(), nullable=False),
        sa.Column("respondent_shop", sa.Text(), nullable=True),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("is_service", sa.Boolean(), nullable=True),
        sa.Column("category", sa.Text(), nullable=True),
        sa.Column("nature", sa.Text(), nullable=True),
        sa.Column("brand", sa.Text(), nullable=True),
        sa.Column("model", sa.Text(), nullable=True),
        sa.Column("batch", sa.Text(), nullable=True),
        sa.Column("quantity", sa.Text(), nullable=True),
        sa.Column("amount", sa.Numeric(precision=14, scale=2), nullable=True),
        sa.Column("price", sa.Numeric(precision=14, scale=2), nullable=True),
        sa.Column("bought_on", sa.Date(), nullable=True),
        sa.Column("order_number", sa.Text(), nullable=True),
        sa.Column("bought_online", sa.Boolean(), nullable=True),
        sa.Column("happened_on", sa.Date(), nullable=True),
        sa.Column("facts", sa.Text(), nullable=False),
        sa.Column("requests", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("consent_publish", sa.Boolean(), nullable=False),
        sa.Column("consent_entrust", sa.Boolean(), nullable=False),
        sa.Column("decline_ground", sa.Text(), nullable=True),
        sa.Column("termination_ground", sa.Text(), nullable=True),
        sa.Column("agreement", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("result", sa.Text(), nullable=True),
        sa.Column("recovered", sa.Numeric(precision=14, scale=2), nullable=True),
        sa.Column("punitive", sa.Numeric(precision=14, scale=2), nullable=True),
        sa.Column("mental_damage", sa.Numeric(precision=14, scale=2), nullable=True),
        sa.Column("satisfaction", sa.Integer(), nullable=True),
        sa.PrimaryKeyConstraint("bureau_id", "tenant_id", "id", name=op.f("pk_cases")),
        sa.UniqueConstraint("bureau_id", "tenant_id", "number", name=op.f("uq_cases_bureau_id_tenant_id_number")),
        sa.UniqueConstraint(
            "bureau_id", "tenant_id", "submission_key", name=op.f("uq_cases_bureau_id_tenant_id_submission_key")
        ),
        sa.UniqueConstraint(
            "bureau_id", "tenant_id", "tracking_hash", name=op.f("uq_cases_bureau_id_tenant_id_tracking_hash")
        ),
    )
    op.create_index(
        "ix_cases_bureau_created",
        "cases",
        ["bureau_id", "created_at"],
        unique=False,
        postgresql_include=["tenant_id", "state", "result", "closed_at"],
    )
    op.create_index(
        "ix_cases_bureau_open",
        "cases",
        ["bureau_id", "next_due_at", "id"],
        unique=False,
        postgresql_where=sa.text("closed_at is null"),
    )
    op.create_index(
        "ix_cases_queue",
        "cases",
        ["tenant_id", "next_due_at", "id"],
        unique=False,
        postgresql_where=sa.text("closed_at is null"),
    )
    op.create_index("ix_cases_tenant_created", "cases", ["tenant_id", "created_at", "id"], unique=False)
    op.create_table(
        "counter",
        sa.Column("bureau_id", sa.UUID(), nullable=False),
        sa.Column("tenant_id", sa.UUID(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("value", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("bureau_id", "tenant_id", "name", name=op.f("pk_counter")),
    )
    op.create_table(
        "directory",
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("bureau_id", sa.UUID(), nullable=False),
        sa.Column("tenant_id", sa.UUID(), nullable=False),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_directory")),
    )
    op.create_table(
        "local_day",
        sa.Column("bureau_id", sa.UUID(), nullable=False),
        sa.Column("tenant_id", sa.UUID(), nullable=False),
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("off", sa.Boolean(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("recounted_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("bureau_id", "tenant_id", "id", name=op.f("pk_local_day")),
        sa.UniqueConstraint("bureau_id", "tenant_id", "day", name=op.f("uq_local_day_bureau_id_tenant_id_day")),
    )
    op.create_table(
        "login_name",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("bureau_id", sa.UUID(), nullable=False),
        sa.Column("tenant_id", sa.UUID(), nullable=False),
        sa.Column("officer_id", sa.UUID(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_login_name")),
    )
    op.create_table(
        "notice",
        sa.Column("bureau_id", sa.UUID(), nullable=False),
        sa.Column("tenant_id", sa.UUID(), nullable=False),
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("event_id", sa.UUID(), nullable=False),
        sa.Column("case_id", sa.UUID(), nullable=True),
        sa.Column("template", sa.Text(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("recipient", sa.Text(), nullable=False),
        sa.Column("masked", sa.Text(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("priority", sa.SmallInteger(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("not_before", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("relayed_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("bureau_id", "tenant_id", "id", name=op.f("pk_notice")),
        sa.UniqueConstraint(
            "bureau_id",
            "tenant_id",
            "event_id",
            "recipient",
            "channel",
            "template",
            name=op.f("uq_notice_bureau_id_tenant_id_event_id_recipient_channel_template"),
        ),
    )
    op.create_index("ix_notice_case", "notice", ["tenant_id", "case_id"], unique=False)
    op.create_index(
        "ix_notice_dead", "notice", ["bureau_id", "id"], unique=False, postgresql_where=sa.text("state = 'dead'")
    )
    op.create_index(
        "ix_notice_waiting",
        "notice",
        ["priority", "not_before"],
        unique=False,
        postgresql_where=sa.text("state in ('pending', 'claimed')"),
    )
    op.create_table(
        "officer",
        sa.Column("bureau_id", sa.UUID(), nullable=False),
        sa.Column("tenant_id", sa.UUID(), nullable=False),
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("login", sa.Text(), nullable=False),
        sa.Column("roles", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("email", sa.Text(), nullable=True),
        sa.Column("phone", sa.Text(), nullable=True),
        sa.Column("on_page", sa.Boolean(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("password_hash", sa.Text(), nullable=True),
        sa.Column("invite_hash", sa.LargeBinary(), nullable=True),
        sa.Column("invite_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("locked_until", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("bureau_id", "tenant_id", "id", name=op.f("pk_officer")),
    )
    op.create_table(
        "paper",
        sa.Column("bureau_id", sa.UUID(), nullable=False),
        sa.Column("tenant_id", sa.UUID(), nullable=False),
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("case_id", sa.UUID(), nullable=True),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("check_code", sa.Text(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("asked_by", sa.Text(), nullable=False),
        sa.Column("data", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("relayed_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("issued_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("sha256", sa.LargeBinary(), nullable=True),
        sa.Column("size", sa.Integer(), nullable=True),
        sa.Column("stored_as", sa.Text(), nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("bureau_id", "tenant_id", "id", name=op.f("pk_paper")),
        sa.UniqueConstraint(
            "bureau_id", "tenant_id", "check_code", name=op.f("uq_paper_bureau_id_tenant_id_check_code")
        ),
        sa.UniqueConstraint("bureau_id", "tenant_id", "number", name=op.f("uq_paper_bureau_id_tenant_id_number")),
    )
    op.create_index("ix_paper_case", "paper", ["tenant_id", "case_id"], unique=False)
    op.create_index(
        "ix_paper_waiting",
        "paper",
        ["asked_at"],
        unique=False,
        postgresql_where=sa.text("state in ('asked', 'rendering')"),
    )
    op.create_table(
        "phone_code",
        sa.Column("bureau_id", sa.UUID(), nullable=False),
        sa.Column("tenant_id", sa.UUID(), nullable=False),
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("phone_index", sa.LargeBinary(), nullable=False),
        sa.Column("code_hash", sa.LargeBinary(), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("bureau_id", "tenant_id", "id", name=op.f("pk_phone_code")),
    )
    op.create_index("ix_phone_code_phone", "phone_code", ["tenant_id", "phone_index", "id"], unique=False)
    op.create_table(
        "policy_profile",
        sa.Column("bureau_id", sa.UUID(), nullable=False),
        sa.Column("tenant_id", sa.UUID(), nullable=False),
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("effective_from", sa.Date(), nullable=False),
        sa.Column("body", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.PrimaryKeyConstraint("bureau_id", "tenant_id", "id", name=op.f("pk_policy_profile")),
        sa.UniqueConstraint(
            "bureau_id", "tenant_id", "version", name=op.f("uq_policy_profile_bureau_id_tenant_id_version")
        ),
    )
    op.create_table(
        "tenant_key",
        sa.Column("bureau_id", sa.UUID(), nullable=False),
        sa.Column("tenant_id", sa.UUID(), nullable=False),
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("wrapped", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("bureau_id", "tenant_id", "id", name=op.f("pk_tenant_key")),
        sa.UniqueConstraint(
            "bureau_id", "tenant_id", "version", name=op.f("uq_tenant_key_bureau_id_tenant_id_version")
        ),
    )
    op.create_table(
        "deadline",
        sa.Column("bureau_id", sa.UUID(), nullable=False),
        sa.Column("tenant_id", sa.UUID(), nullable=False),
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("case_id", sa.UUID(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("limit_amount", sa.Integer(), nullable=False),
        sa.Column("limit_unit", sa.Text(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("provisional", sa.Boolean(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("pauses", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("fired", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("next_rung_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["bureau_id", "tenant_id", "case_id"],
            ["cases.bureau_id", "cases.tenant_id", "cases.id"],
            name=op.f("fk_deadline_cases_bureau_id_tenant_id_case_id"),
        ),
        sa.PrimaryKeyConstraint("bureau_id", "tenant_id", "id", name=op.f("pk_deadline")),
    )
    op.create_index("ix_deadline_case", "deadline", ["tenant_id", "case_id"], unique=False)
    op.create_index(
        "ix_deadline_provisional",
        "deadline",
        ["bureau_id"],
        unique=False,
        postgresql_where=sa.text("provisional and state = 'open'"),
    )
    op.create_index(
        "ix_deadline_rung",
        "deadline",
        ["next_rung_at"],
        unique=False,
        postgresql_where=sa.text("next_rung_at is not null"),
    )
    op.create_table(
        "event",
        sa.Column("bureau_id", sa.UUID(), nullable=False),
        sa.Column("tenant_id", sa.UUID(), nullable=False),
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("case_id", sa.UUID(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("act", sa.Text(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("officer_id", sa.UUID(), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("public_text", sa.Text(), nullable=True),
        sa.Column("internal_text", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["bureau_id", "tenant_id", "case_id"],
            ["cases.bureau_id", "cases.tenant_id", "cases.id"],
            name=op.f("fk_event_cases_bureau_id_tenant_id_case_id"),
        ),
        sa.PrimaryKeyConstraint("bureau_id", "tenant_id", "id", name=op.f("pk_event")),
    )
    op.create_index("ix_event_case", "event", ["tenant_id", "case_id", "id"], unique=False)
    op.create_table(
        "evidence",
        sa.Column("bureau_id", sa.UUID(), nullable=False),
        sa.Column("tenant_id", sa.UUID(), nullable=False),
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("case_id", sa.UUID(), nullable=False),
        sa.Column("added_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("added_by", sa.Text(), nullable=False),
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column("media_type", sa.Text(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("sha256", sa.LargeBinary(), nullable=False),
        sa.Column("original_sha256", sa.LargeBinary(), nullable=False),
        sa.Column("stored_as", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["bureau_id", "tenant_id", "case_id"],
            ["cases.bureau_id", "cases.tenant_id", "cases.id"],
            name=op.f("fk_evidence_cases_bureau_id_tenant_id_case_id"),
        ),
        sa.PrimaryKeyConstraint("bureau_id", "tenant_id", "id", name=op.f("pk_evidence")),
    )
    op.create_index("ix_evidence_case", "evidence", ["tenant_id", "case_id", "id"], unique=False)
    op.create_table(
        "notice_attempt",
        sa.Column("bureau_id", sa.UUID(), nullable=False),
        sa.Column("tenant_id", sa.UUID(), nullable=False),
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("notice_id", sa.UUID(), nullable=False),
        sa.Column("provider", sa.Text(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("outcome", sa.Text(), nullable=True),
        sa.Column("response", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["bureau_id", "tenant_id", "notice_id"],
            ["notice.bureau_id", "notice.tenant_id", "notice.id"],
            name=op.f("fk_notice_attempt_notice_bureau_id_tenant_id_notice_id"),
        ),
        sa.PrimaryKeyConstraint("bureau_id", "tenant_id", "id", name=op.f("pk_notice_attempt")),
    )
    op.create_index("ix_notice_attempt_notice", "notice_attempt", ["tenant_id", "notice_id"], unique=False)
    op.create_table(
        "officer_session",
        sa.Column("bureau_id", sa.UUID(), nullable=False),
        sa.Column("tenant_id", sa.UUID(), nullable=False),
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("officer_id", sa.UUID(), nullable=False),
        sa.Column("began_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["bureau_id", "tenant_id", "officer_id"],
            ["officer.bureau_id", "officer.tenant_id", "officer.id"],
            name=op.f("fk_officer_session_officer_bureau_id_tenant_id_officer_id"),
        ),
        sa.PrimaryKeyConstraint("bureau_id", "tenant_id", "id", name=op.f("pk_officer_session")),
    )
    op.create_table(
        "party",
        sa.Column("bureau_id", sa.UUID(), nullable=False),
        sa.Column("tenant_id", sa.UUID(), nullable=False),
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("case_id", sa.UUID(), nullable=False),
        sa.Column("side", sa.Text(), nullable=False),
        sa.Column("sex", sa.Text(), nullable=True),
        sa.Column("age_band", sa.Text(), nullable=True),
        sa.Column("consumer_class", sa.Text(), nullable=True),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("phone_index", sa.LargeBinary(), nullable=True),
        sa.Column("id_index", sa.LargeBinary(), nullable=True),
        sa.ForeignKeyConstraint(
            ["bureau_id", "tenant_id", "case_id"],
            ["cases.bureau_id", "cases.tenant_id", "cases.id"],
            name=op.f("fk_party_cases_bureau_id_tenant_id_case_id"),
        ),
        sa.PrimaryKeyConstraint("bureau_id", "tenant_id", "id", name=op.f("pk_party")),
    )
    op.create_index("ix_party_case", "party", ["tenant_id", "case_id"], unique=False)
    op.create_index("ix_party_id_number", "party", ["tenant_id", "id_index"], unique=False)
    op.create_index("ix_party_phone", "party", ["tenant_id", "phone_index"], unique=False)
    op.create_table(
        "station",
        sa.Column("bureau_id", sa.UUID(), nullable=False),
        sa.Column("tenant_id", sa.UUID(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("short_name", sa.Text(), nullable=False),
        sa.Column("host_name", sa.Text(), nullable=False),
        sa.Column("host_kind", sa.Text(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("phone", sa.Text(), nullable=False),
        sa.Column("hours", sa.Text(), nullable=False),
        sa.Column("intro", sa.Text(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["bureau_id"], ["bureau.id"], name=op.f("fk_station_bureau_bureau_id")),
        sa.PrimaryKeyConstraint("bureau_id", "tenant_id", name=op.f("pk_station")),
    )
    op.create_table(
        "alert",
        sa.Column("bureau_id", sa.UUID(), nullable=False),
        sa.Column("tenant_id", sa.UUID(), nullable=False),
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("deadline_id", sa.UUID(), nullable=False),
        sa.Column("case_id", sa.UUID(), nullable=False),
        sa.Column("rung", sa.Text(), nullable=False),
        sa.Column("officer_id", sa.UUID(), nullable=False),
        sa.Column("raised_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("not_before", sa.DateTime(timezone=True), nullable=False),
        sa.Column("notice_id", sa.UUID(), nullable=True),
        sa.ForeignKeyConstraint(
            ["bureau_id", "tenant_id", "deadline_id"],
            ["deadline.bureau_id", "deadline.tenant_id", "deadline.id"],
            name=op.f("fk_alert_deadline_bureau_id_tenant_id_deadline_id"),
        ),
        sa.PrimaryKeyConstraint("bureau_id", "tenant_id", "id", name=op.f("pk_alert")),
        sa.UniqueConstraint(
            "bureau_id",
            "tenant_id",
            "deadline_id",
            "rung",
            "officer_id",
            name=op.f("uq_alert_bureau_id_tenant_id_deadline_id_rung_officer_id"),
        ),
    )
    op.create_index(
        "ix_alert_waiting", "alert", ["not_before"], unique=False, postgresql_where=sa.text("notice_id is null")
    )


def downgrade() -> None:
    #
    op.drop_index("ix_alert_waiting", table_name="alert", postgresql_where=sa.text("notice_id is null"))
    op.drop_table("alert")
    op.drop_table("station")
    op.drop_index("ix_party_phone", table_name="party")
    op.drop_index("ix_party_id_number", table_name="party")
    op.drop_index("ix_party_case", table_name="party")
    op.drop_table("party")
    op.drop_table("officer_session")
    op.drop_index("ix_notice_attempt_notice", table_name="notice_attempt")
    op.drop_table("notice_attempt")
    op.drop_index("ix_evidence_case", table_name="evidence")
    op.drop_table("evidence")
    op.drop_index("ix_event_case", table_name="event")
    op.drop_table("event")
    op.drop_index("ix_deadline_rung", table_name="deadline", postgresql_where=sa.text("next_rung_at is not null"))
    op.drop_index(
        "ix_deadline_provisional", table_name="deadline", postgresql_where=sa.text("provisional and state = 'open'")
    )
    op.drop_index("ix_deadline_case", table_name="deadline")
    op.drop_table("deadline")
    op.drop_table("tenant_key")
    op.drop_table("policy_profile")
    op.drop_index("ix_phone_code_phone", table_name="phone_code")
    op.drop_table("phone_code")
    op.drop_index("ix_paper_waiting", table_name="paper", postgresql_where=sa.text("state in ('asked', 'rendering')"))
    op.drop_index("ix_paper_case", table_name="paper")
    op.drop_table("paper")
    op.drop_table("officer")
    op.drop_index("ix_notice_waiting", table_name="notice", postgresql_where=sa.text("state in ('pending', 'claimed')"))
    op.drop_index("ix_notice_dead", table_name="notice", postgresql_where=sa.text("state = 'dead'"))
    op.drop_index("ix_notice_case", table_name="notice")
    op.drop_table("notice")
    op.drop_table("login_name")
    op.drop_table("local_day")
    op.drop_table("directory")
    op.drop_table("counter")
    op.drop_index("ix_cases_tenant_created", table_name="cases")
    op.drop_index("ix_cases_queue", table_name="cases", postgresql_where=sa.text("closed_at is null"))
    op.drop_index("ix_cases_bureau_open", table_name="cases", postgresql_where=sa.text("closed_at is null"))
    op.drop_index(
        "ix_cases_bureau_created", table_name="cases", postgresql_include=["tenant_id", "state", "result", "closed_at"]
    )
    op.drop_table("cases")
    op.drop_table("calendar_year")
    op.drop_table("calendar_day")
    op.drop_table("bureau")
    op.drop_index("ix_audit_case", table_name="audit")
    op.drop_table("audit")
    op.drop_table("attempt")
