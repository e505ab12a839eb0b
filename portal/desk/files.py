"""Files of a case for officers: each full view is written to the audit, and a browser shows but never runs them."""

from datetime import datetime
from uuid import UUID

from flask import abort, request, send_file
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from portal.cases.acting import Actor, audit_row, write_audit
from portal.cases.models import Case
from portal.documents.models import Paper
from portal.evidence.models import Evidence
from portal.gate.files import path_of


def evidence_file(session: Session, case: Case, evidence: UUID, actor: Actor, at: datetime) -> Response:
    """One piece of evidence of `case`; 404 for any other's. A thumbnail isn't written to the audit."""
    row = session.get(Evidence, (case.bureau_id, case.tenant_id, evidence))
    if row is None or row.case_id != case.id:
        abort(404)
    if "full" in request.args:
        write_audit(session, case.bureau_id, case.tenant_id, [audit_row(at, actor, "view_evidence", case.id)])
    answer = send_file(path_of(row.stored_as), mimetype=row.media_type, conditional=True, max_age=0)
    answer.headers["Content-Security-Policy"] = "default-src 'none'; style-src 'unsafe-inline'; sandbox"
    answer.headers["Content-Disposition"] = "inline"
    answer.headers["Cache-Control"] = "private, no-store"
    return answer


def paper_file(session: Session, paper: UUID, actor: Actor, at: datetime) -> Response:
    """An issued paper that the session's scope can see; 404 for any other."""
    row = session.scalar(select(Paper).where(Paper.id == paper))
    if row is None or row.state != "issued" or row.stored_as is None:
        abort(404)
    write_audit(session, row.bureau_id, row.tenant_id, [audit_row(at, actor, "open_paper", row.case_id)])
    answer = send_file(path_of(row.stored_as), mimetype="application/pdf", download_name=f"{row.number}.pdf")
    answer.headers["Cache-Control"] = "private, no-store"
    return answer
