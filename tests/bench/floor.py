"""Be the floor of the measurements: the same work, written by hand for one table.

Flask, SQLAlchemy Core and orjson, with the token check every real service has. It reads
and writes the very tables the platform made, so both do the same work on the same data.
No rights, no rules, no history: what is above this is the price of the platform.
"""

import hashlib
import os
import uuid
from datetime import UTC, datetime
from typing import Any

import orjson
import sqlalchemy as sa
from flask import Flask, Response, abort, g, request

from xrm.platform.database.engine import open_database

PAGE = 50
COLUMNS = [
    "accountid",
    "name",
    "accountnumber",
    "telephone1",
    "emailaddress1",
    "websiteurl",
    "address1_city",
    "address1_country",
    "numberofemployees",
    "statecode",
    "statuscode",
    "createdon",
    "modifiedon",
    "versionnumber",
]


def _table(name: str, /, **types: Any) -> sa.Table:
    columns = [sa.Column(column, type_) for column, type_ in types.items()]
    return sa.Table(name, sa.MetaData(), *columns)


MOMENT = sa.DateTime(timezone=True)
ACCOUNT = _table(
    "account",
    accountid=sa.Uuid(),
    name=sa.Text(),
    accountnumber=sa.Text(),
    telephone1=sa.Text(),
    emailaddress1=sa.Text(),
    websiteurl=sa.Text(),
    address1_city=sa.Text(),
    address1_country=sa.Text(),
    numberofemployees=sa.Integer(),
    statecode=sa.Integer(),
    statuscode=sa.Integer(),
    createdon=MOMENT,
    modifiedon=MOMENT,
    versionnumber=sa.BigInteger(),
    primarycontactid=sa.Uuid(),
    parentaccountid=sa.Uuid(),
    ownerid=sa.Uuid(),
    ownerid_type=sa.Text(),
    owningbusinessunit=sa.Uuid(),
    createdby=sa.Uuid(),
    modifiedby=sa.Uuid(),
)
CONTACT = _table("contact", contactid=sa.Uuid(), fullname=sa.Text())
USER = _table("systemuser", systemuserid=sa.Uuid(), businessunitid=sa.Uuid())
TOKEN = _table(
    "xrm_token",
    hash=sa.Text(),
    user_id=sa.Uuid(),
    revoked_on=MOMENT,
    expires_on=MOMENT,
)

a, c = ACCOUNT.c, CONTACT.c
PARENT = ACCOUNT.alias("parent")
ONE = sa.select(*(a[name] for name in COLUMNS)).where(a.accountid == sa.bindparam("id"))
PLAIN = sa.select(*(a[name] for name in COLUMNS)).order_by(a.accountid).limit(PAGE)
WITH_LOOKUPS = (
    sa.select(
        *(a[name] for name in COLUMNS),
        c.contactid,
        c.fullname,
        PARENT.c.accountid.label("parent_id"),
        PARENT.c.name.label("parent_name"),
    )
    .select_from(
        ACCOUNT.outerjoin(CONTACT, c.contactid == a.primarycontactid).outerjoin(
            PARENT, PARENT.c.accountid == a.parentaccountid
        )
    )
    .order_by(a.accountid)
    .limit(PAGE)
)
FILTERED = (
    sa.select(*(a[name] for name in COLUMNS))
    .where(a.statecode == sa.bindparam("state"), a.numberofemployees > 100)
    .order_by(a.name, a.accountid)
    .limit(PAGE)
)
COUNT = (
    sa.select(sa.func.count())
    .select_from(ACCOUNT)
    .where(a.statecode == sa.bindparam("state"), a.numberofemployees > 100)
)
ALIVE = sa.select(TOKEN.c.user_id).where(
    TOKEN.c.hash == sa.bindparam("hash"), TOKEN.c.revoked_on.is_(None)
)
UNIT = sa.select(USER.c.businessunitid).where(USER.c.systemuserid == sa.bindparam("id"))
CHANGE = (
    sa.update(ACCOUNT)
    .where(a.accountid == sa.bindparam("key"))
    .values(
        telephone1=sa.bindparam("telephone1"),
        numberofemployees=sa.bindparam("numberofemployees"),
        modifiedon=sa.bindparam("modifiedon"),
        modifiedby=sa.bindparam("modifiedby"),
        versionnumber=a.versionnumber + 1,
    )
)


def _json(value: Any, status: int = 200) -> Response:
    return Response(
        orjson.dumps(value, default=str), status, content_type="application/json"
    )


def _row(row: sa.Row[Any]) -> dict[str, Any]:
    return {str(name): value for name, value in row._mapping.items()}


def _valid(data: dict[str, Any]) -> dict[str, Any]:
    name = data.get("name")
    if not isinstance(name, str) or not 0 < len(name) <= 160:
        abort(400, "name: a text of 1 to 160 characters is needed")
    telephone = data.get("telephone1")
    if telephone is not None and not isinstance(telephone, str):
        abort(400, "telephone1: a text is needed")
    employees = data.get("numberofemployees")
    if employees is not None and not isinstance(employees, int):
        abort(400, "numberofemployees: a whole number is needed")
    now = datetime.now(UTC).replace(tzinfo=None)
    return {
        "accountid": uuid.uuid4(),
        "name": name,
        "telephone1": telephone,
        "emailaddress1": data.get("emailaddress1"),
        "address1_city": data.get("address1_city"),
        "numberofemployees": employees,
        "statecode": 0,
        "statuscode": 1,
        "createdon": now,
        "modifiedon": now,
        "createdby": g.user,
        "modifiedby": g.user,
        "ownerid": g.user,
        "ownerid_type": "systemuser",
        "owningbusinessunit": g.unit,
        "versionnumber": 1,
    }


def create_app() -> Flask:
    """Return the floor's application on `XRM_DATABASE_URL`."""
    database = open_database(os.environ["XRM_DATABASE_URL"])
    app = Flask("floor", static_folder=None)

    @app.before_request
    def check_token() -> None:
        given = request.headers.get("Authorization", "").removeprefix("Bearer ")
        digest = hashlib.sha256(given.encode()).hexdigest()
        with database.reader.connect() as connection:
            user = connection.execute(ALIVE, {"hash": digest}).scalar()
            if user is None:
                abort(401)
            g.user = user
            g.unit = connection.execute(UNIT, {"id": user}).scalar()

    @app.get("/floor/accounts/<uuid:key>")
    def one(key: uuid.UUID) -> Response:
        with database.reader.connect() as connection:
            row = connection.execute(ONE, {"id": key}).one_or_none()
        return _json(_row(row)) if row else abort(404)

    @app.get("/floor/accounts")
    def several() -> Response:
        kind = request.args.get("kind", "plain")
        body: dict[str, Any] = {}
        with database.reader.connect() as connection:
            if kind == "filtered":
                rows = connection.execute(FILTERED, {"state": 0}).all()
                body["count"] = connection.execute(COUNT, {"state": 0}).scalar()
            elif kind == "lookups":
                rows = connection.execute(WITH_LOOKUPS).all()
            else:
                rows = connection.execute(PLAIN).all()
        body["value"] = [_row(row) for row in rows]
        return _json(body)

    @app.post("/floor/accounts")
    def create() -> Response:
        values = _valid(orjson.loads(request.data))
        with database.engine.begin() as connection:
            connection.execute(sa.insert(ACCOUNT), values)
        return _json({"id": values["accountid"]}, 201)

    @app.post("/floor/accounts/many")
    def create_many() -> Response:
        rows = [_valid(item) for item in orjson.loads(request.data)]
        with database.engine.begin() as connection:
            connection.execute(sa.insert(ACCOUNT), rows)
        return _json([row["accountid"] for row in rows], 201)

    @app.patch("/floor/accounts/<uuid:key>")
    def update(key: uuid.UUID) -> Response:
        data = orjson.loads(request.data)
        values = {
            "key": key,
            "telephone1": data["telephone1"],
            "numberofemployees": data["numberofemployees"],
            "modifiedon": datetime.now(UTC).replace(tzinfo=None),
            "modifiedby": g.user,
        }
        with database.engine.begin() as connection:
            done = connection.execute(CHANGE, values).rowcount
        return Response(status=204) if done else abort(404)

    return app
