"""`/dev/inbox`: what the demo would have sent, as the sink wrote it down. Registered in the demo only."""

import json
from typing import Any

from flask import Blueprint, render_template

from portal.settings import settings

blueprint = Blueprint("inbox", __name__)
SHOWN = 100


@blueprint.get("/dev/inbox")
def inbox() -> str:
    return render_template("desk/inbox.html", letters=letters())


def letters() -> list[dict[str, Any]]:
    """The newest letters, newest first: {"at", "channel", "to", "subject", "body"}."""
    folder = settings().inbox_dir
    files = sorted(folder.glob("*.json"), reverse=True)[:SHOWN] if folder.exists() else []
    return [json.loads(file.read_text()) for file in files]
