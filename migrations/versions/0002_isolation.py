"""Isolation: which role may do what to which rows.

Policies are plain equalities with a setting of the transaction; a subquery over a table in a policy
would cost seconds. A table without an entry here fails the suite.
"""

from alembic import op

revision = "0002"
down_revision = "0001"

MINE = "tenant_id = (select nullif(current_setting('app.tenant', true), '')::uuid)"
DISTRICT = "bureau_id = (select nullif(current_setting('app.bureau', true), '')::uuid)"
RULES = f"({MINE} or tenant_id = (select nullif(current_setting('app.bureau', true), '')::uuid))"
PROVEN_CASE = f"{MINE} and %s = (select nullif(current_setting('app.case', true), '')::uuid)"
TYPED_CODE = "tracking_hash = (select decode(nullif(current_setting('app.tracking', true), ''), 'hex'))"
PROVEN_PHONE = "phone_index = (select decode(nullif(current_setting('app.phone', true), ''), 'hex'))"
THIS_PAPER = "check_code = (select nullif(current_setting('app.paper', true), ''))"
ALL = "true"

OFFICER = "bureau_id, tenant_id, id, name, login, roles, email, phone, on_page, active"
NOTICE_RELAY = "bureau_id, tenant_id, id, channel, priority, state, not_before, relayed_until, lease_until"
PAPER_RELAY = "bureau_id, tenant_id, id, state, asked_at, relayed_until, lease_until"
EVENT_PUBLIC = "bureau_id, tenant_id, id, case_id, at, act, actor, state, public_text"

# Table: {role: {verb: rows}}; a verb may name its columns: "select(a, b)".
OWNED = {
    "station": {
        "public": {"select": MINE},
        "station": {"select": MINE},
        "bureau": {"select": DISTRICT},
        "login": {"select": ALL},
        "scan": {"select": ALL},
        "render": {"select": ALL},
        "admin": {"select": ALL, "insert": ALL, "update": ALL},
    },
    "tenant_key": {
        "public": {"select": MINE},
        "station": {"select": MINE},
        "bureau": {"select": DISTRICT},
        "deliver": {"select": ALL},
        "scan": {"select": ALL},
        "render": {"select": ALL},
        "admin": {"select": ALL, "insert": ALL},
    },
    "officer": {
        "public": {"select(bureau_id, tenant_id, id, name, roles, on_page, active)": f"{MINE} and on_page and active"},
        "station": {f"select({OFFICER})": MINE},
        "bureau": {f"select({OFFICER})": DISTRICT},
        "scan": {f"select({OFFICER})": ALL},
        "login": {"select": ALL, "update": ALL},
        "admin": {"select": ALL, "insert": ALL, "update": ALL},
    },
    "officer_session": {"login": {"select": ALL, "insert": ALL, "update": ALL}},
    "policy_profile": {
        "public": {"select": RULES},
        "station": {"select": RULES},
        "bureau": {"select": DISTRICT},
        "scan": {"select": ALL},
        "render": {"select": ALL},
        "admin": {"select": ALL, "insert": ALL},
    },
    "local_day": {
        "public": {"select": RULES},
        "station": {"select": RULES},
        "bureau": {"select": DISTRICT, "insert": f"{DISTRICT} and {MINE}"},
        "scan": {"select": ALL, "update(recounted_at)": ALL},
        "render": {"select": ALL},
        "admin": {"select": ALL, "insert": ALL},
    },
    "counter": {
        "public": {"select": MINE, "insert": MINE, "update": MINE},
        "station": {"select": MINE, "insert": MINE, "update": MINE},
    },
    "cases": {
        "public": {
            "select": f"{MINE} and ({TYPED_CODE} or {PROVEN_CASE % 'id'})",
            "insert": MINE,
            "update": PROVEN_CASE % "id",
        },
        "station": {"select": MINE, "insert": MINE, "update": MINE},
        "bureau": {"select": DISTRICT},
        "scan": {"select": ALL, "update(next_due_at, red)": ALL},
        "render": {"select": ALL},
    },
    "party": {
        "public": {"select": f"{MINE} and ({PROVEN_PHONE} or {PROVEN_CASE % 'case_id'})", "insert": MINE},
        "station": {"select": MINE, "insert": MINE},
        "bureau": {"select": DISTRICT},
        "render": {"select": ALL},
    },
    "event": {
        "public": {
            f"select({EVENT_PUBLIC})": f"{PROVEN_CASE % 'case_id'} and public_text is not null",
            "insert": MINE,
        },
        "station": {"select": MINE, "insert": MINE},
        "bureau": {"select": DISTRICT},
        "scan": {"select": ALL, "insert": ALL},
        "render": {"select": ALL},
    },
    "deadline": {
        "public": {"select": PROVEN_CASE % "case_id", "insert": MINE, "update": PROVEN_CASE % "case_id"},
        "station": {"select": MINE, "insert": MINE, "update": MINE},
        "bureau": {"select": DISTRICT},
        "scan": {"select": ALL, "update": ALL},
        "render": {"select": ALL},
        "rollup": {"select": ALL},
    },
    "alert": {
        "station": {"select": MINE},
        "bureau": {"select": DISTRICT},
        "scan": {"select": ALL, "insert": ALL, "update(notice_id)": ALL},
    },
    "notice": {
        "public": {"insert": MINE},
        "station": {"select": MINE, "insert": MINE},
        "bureau": {"select": DISTRICT},
        "relay": {f"select({NOTICE_RELAY})": ALL, "update(relayed_until)": ALL},
        "deliver": {"select": ALL, "update": ALL},
        "scan": {"select": ALL, "insert": ALL},
        "rollup": {"select(bureau_id, tenant_id, id, channel, state, created_at, not_before)": ALL},
    },
    "notice_attempt": {
        "station": {"select": MINE},
        "bureau": {"select": DISTRICT},
        "deliver": {"select": ALL, "insert": ALL, "update": ALL},
    },
    "evidence": {
        "public": {"select": PROVEN_CASE % "case_id", "insert": MINE},
        "station": {"select": MINE, "insert": MINE},
        "bureau": {"select": DISTRICT},
        "render": {"select": ALL},
    },
    "paper": {
        "public": {"select": f"{MINE} and ({THIS_PAPER} or {PROVEN_CASE % 'case_id'})"},
        "station": {"select": MINE, "insert": MINE},
        "bureau": {"select": DISTRICT},
        "relay": {f"select({PAPER_RELAY})": ALL, "update(relayed_until)": ALL},
        "render": {"select": ALL, "update": ALL},
        "rollup": {"select(bureau_id, tenant_id, id, state, asked_at)": ALL},
    },
    "phone_code": {
        "public": {"select": f"{MINE} and {PROVEN_PHONE}", "insert": MINE, "update": f"{MINE} and {PROVEN_PHONE}"},
    },
    "audit": {
        "public": {"insert": MINE},
        "station": {"select": MINE, "insert": MINE},
        "bureau": {"select": DISTRICT, "insert": DISTRICT},
    },
}
# Tables that nobody owns: knowledge that is public, and the counts of guesses, which name nobody.
SHARED = {
    "bureau": {"*": ("select",), "admin": ("select", "insert", "update")},
    "directory": {"public": ("select",), "admin": ("select", "insert")},
    "login_name": {"login": ("select",), "admin": ("select", "insert")},
    "calendar_year": {"*": ("select",), "admin": ("select", "insert", "update", "delete")},
    "calendar_day": {"*": ("select",), "admin": ("select", "insert", "update", "delete")},
    "attempt": {"public": ("select", "insert", "update"), "login": ("select", "insert", "update")},
}
SCOPES = ("public", "station", "bureau", "login", "relay", "deliver", "scan", "render", "rollup", "admin")


def upgrade() -> None:
    for table, roles in OWNED.items():
        op.execute(f"alter table {table} enable row level security")
        op.execute(f"alter table {table} force row level security")
        for role, verbs in roles.items():
            for verb, rows in verbs.items():
                _allow(table, role, verb, rows)
    for table, roles in SHARED.items():
        for role, verbs in roles.items():
            for name in SCOPES if role == "*" else (role,):
                op.execute(f"grant {', '.join(verbs)} on {table} to portal_{name}")
    op.execute("grant update (recounted_at) on calendar_year to portal_scan")
    op.execute("grant select on alembic_version to portal_rollup")


def _allow(table: str, role: str, verb: str, rows: str) -> None:
    op.execute(f"grant {verb} on {table} to portal_{role}")
    plain = verb.partition("(")[0]
    clause = {
        "select": f"using ({rows})",
        "insert": f"with check ({rows})",
        "update": f"using ({rows}) with check ({rows})",
    }[plain]
    op.execute(f"create policy {role}_{plain} on {table} for {plain} to portal_{role} {clause}")


def downgrade() -> None:
    raise NotImplementedError("isolation isn't taken away; restore a backup")
