"""Complaints per second through the real web, beside the same inserts by bare psycopg, in one run.

Usage: .venv/bin/python benchmarks/submit.py [--quick]

Ours: HTTP POST to gunicorn until the answer that acknowledges, every duty kept (form checks, sealing,
case number, event, deadlines, notices, audit, one transaction that is on disk). Bare: one psycopg
connection a client, the same rows in the same scope with policies in force, statement by statement, the
commit included; nothing sealed, checked or rendered. Both on the same server, one after the other.
"""

import argparse
import json
import os
import socket
import urllib.parse
import uuid
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import bench
import psycopg

STATIONS = 64
FORM = {
    "name": "王小明", "email": "wang@example.org", "respondent": "步步高鞋店", "subject": "运动鞋",
    "facts": "周六在店里买的运动鞋,穿了一天鞋底就开胶。店员说过了七天不能退。" * 3, "amount": "399", "nature": "质量",
    "category": "服装鞋帽", "requests": "退货",
}  # fmt: skip


def prepare() -> list[dict[str, str]]:
    """Stations to complain at."""
    from portal.demo.district import load_calendar
    from tenants.database import Scope, engine, scoped_session
    from tenants.organisations import add_bureau, add_station

    load_calendar()
    places = []
    with scoped_session(Scope.system("admin")) as session:
        bureau = add_bureau(session, code="QX0001", name="测试区市场监督管理局", short_name="测试区局")
        for number in range(STATIONS):
            station = add_station(
                session, bureau, code=f"CS{number:04d}", name=f"测试{number}站", short_name="测试站", host_name="商场",
                host_kind="商场", address="x", phone="0571-87000000",
            )  # fmt: skip
            places.append({"code": station.code, "bureau": str(bureau.id), "tenant": str(station.tenant_id)})
    engine().dispose()
    return places


def ours(index: int, port: int, places: list[dict[str, str]]) -> Callable[[], None]:
    """Shoppers one after the other, each with a connection of their own; raises unless the answer acknowledges."""
    sent = 0

    def once() -> None:
        nonlocal sent
        sent += 1
        place = places[(index + sent) % STATIONS]
        form = FORM | {"key": str(uuid.uuid4()), "phone": f"138{uuid.uuid4().int % 10**8:08d}"}
        body = urllib.parse.urlencode(form).encode()
        head = (
            f"POST /s/{place['code']}/complain HTTP/1.1\r\nHost: x\r\nContent-Length: {len(body)}\r\n"
            "Connection: close\r\nContent-Type: application/x-www-form-urlencoded\r\n\r\n"
        )
        with socket.create_connection(("127.0.0.1", port)) as line:
            line.sendall(head.encode() + body)
            answer = b"".join(iter(lambda: line.recv(65536), b""))
        if not answer.startswith(b"HTTP/1.1 303"):
            raise RuntimeError(answer[:200])

    return once


def sample_rows(places: list[dict[str, str]]) -> dict[str, list[dict[str, Any]]]:
    """The rows of one real submission, by table."""
    from decimal import Decimal

    from portal.cases.office import office_of
    from portal.cases.parties import Person
    from portal.cases.submission import Complaint, _step
    from tenants.database import Scope, engine, scoped_session

    place, at = places[0], datetime.now(UTC)
    owner = (uuid.UUID(place["bureau"]), uuid.UUID(place["tenant"]))
    with scoped_session(Scope.public(*owner)) as session:
        office = office_of(session, *owner, at)
    complaint = Complaint(
        consumer=Person(name=FORM["name"], phone="13800138000", email=FORM["email"]),
        respondent=Person(name=FORM["respondent"]), facts=FORM["facts"], subject=FORM["subject"],
        requests=("退货",), amount=Decimal(399), nature="质量", category="服装鞋帽",
    )  # fmt: skip
    from portal.cases.acting import THE_CONSUMER

    step, _ = _step(office, complaint, uuid.uuid4(), at, "CS0000-20261123-00001-A", "ABCDE-FGHJK", THE_CONSUMER)
    engine().dispose()
    return step.inserts


def bare(
    index: int, url: str, places: list[dict[str, str]], rows: dict[str, list[dict[str, Any]]]
) -> Callable[[], None]:
    """One connection that inserts the same rows, table by table."""
    connection = psycopg.connect(url)
    sent = 0

    def once() -> None:
        nonlocal sent
        sent += 1
        place = places[(index + sent) % STATIONS]
        owner = {"bureau_id": place["bureau"], "tenant_id": place["tenant"]}
        case, key = uuid.uuid4(), uuid.uuid4()
        with connection.transaction(), connection.cursor() as cursor:
            cursor.execute(
                "select set_config('role', 'portal_public', true), set_config('app.bureau', %s, true),"
                " set_config('app.tenant', %s, true)",
                (place["bureau"], place["tenant"]),
            )
            cursor.execute(
                "insert into counter values (%s, %s, 'bare', 1) on conflict (bureau_id, tenant_id, name)"
                " do update set value = counter.value + 1 returning value",
                (place["bureau"], place["tenant"]),
            )
            for table, some in rows.items():
                for row in some:
                    own = owner | row | {"id": case if table == "cases" else uuid.uuid4()}
                    if "case_id" in own:
                        own["case_id"] = case
                    if table == "cases":
                        own |= {"number": str(key), "submission_key": key, "tracking_hash": key.bytes}
                    if table == "notice":
                        own["event_id"] = key
                    if "pauses" in own:
                        own["pauses"] = json.dumps(own["pauses"])
                    names = ", ".join(own)
                    marks = ", ".join(["%s"] * len(own))
                    cursor.execute(f"insert into {table} ({names}) values ({marks})", list(own.values()))

    return once


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--quick", action="store_true", help="a second a figure, fewer figures")
    parser.add_argument("--web", type=int, default=min(4, os.cpu_count() or 2), help="web processes")
    chosen = parser.parse_args()
    seconds, counts = (1.5, (1, 16)) if chosen.quick else (6.0, (1, 8, 16, 32))
    with bench.servers(web_processes=chosen.web) as environment:
        places = prepare()
        rows = sample_rows(places)
        port = int(environment["BIND"].split(":")[1])
        url = environment["DATABASE_URL"].replace("+psycopg", "")
        for make, more in ((ours, (port, places)), (bare, (url, places, rows))):
            bench.run_clients(8, seconds / 2, make, *more)  # warm up both alike
        figures = {}
        print(
            f"{'clients':>8}{'ours/s':>10}{'p50 ms':>9}{'p99 ms':>9}"
            f"{'bare/s':>10}{'p50 ms':>9}{'p99 ms':>9}{'ratio':>8}"
        )
        for clients in counts:
            mine = bench.run_clients(clients, seconds, ours, port, places)
            theirs = bench.run_clients(clients, seconds, bare, url, places, rows)
            ratio = mine["rate"] / theirs["rate"]
            figures[clients] = (mine, theirs, ratio)
            print(
                f"{clients:>8}{mine['rate']:>10.0f}{mine['p50']:>9.1f}{mine['p99']:>9.1f}"
                f"{theirs['rate']:>10.0f}{theirs['p50']:>9.1f}{theirs['p99']:>9.1f}{ratio:>8.2f}"
            )
    mine, theirs, ratio = figures[16]
    bench.report(
        name="submit", unit="complaints/s at 16 clients", ours=round(mine["rate"]), against=round(theirs["rate"]),
        ratio=round(ratio, 3), p50_ms=round(mine["p50"], 2), p99_ms=round(mine["p99"], 2),
        against_p50_ms=round(theirs["p50"], 2), against_p99_ms=round(theirs["p99"], 2),
        by_clients={count: round(found[2], 3) for count, found in figures.items()},
    )  # fmt: skip


if __name__ == "__main__":
    main()
