from decimal import Decimal
from uuid import UUID

import pytest

from xrm.platform.api.addresses import Alias, Segment, parse
from xrm.platform.errors import Refused

ID = UUID("a1b2c3d4-0000-4000-8000-00000000000f")

WELL_FORMED = [
    ("", ()),
    ("/", ()),
    ("accounts", (Segment("accounts"),)),
    ("accounts/", (Segment("accounts"),)),
    (f"accounts({ID})", (Segment("accounts", {"": ID}),)),
    (f"accounts({str(ID).upper()})", (Segment("accounts", {"": ID}),)),
    (f"accounts({{{ID}}})", (Segment("accounts", {"": ID}),)),
    (
        "accounts(accountnumber='N1')",
        (Segment("accounts", {"accountnumber": "N1"}),),
    ),
    (
        "accounts(name='O''Hara, Ltd/2')/name",
        (Segment("accounts", {"name": "O'Hara, Ltd/2"}), Segment("name")),
    ),
    (
        "things(a=1,b=-2.50,c=true,d=null)",
        (Segment("things", {"a": 1, "b": Decimal("-2.50"), "c": True, "d": None}),),
    ),
    (
        "RetrieveX(p=@p1)",
        (Segment("RetrieveX", {"p": Alias("@p1")}),),
    ),
    ("WhoAmI()", (Segment("WhoAmI", {}),)),
    (
        f"accounts({ID})/contact_customer_accounts({ID})/$ref",
        (
            Segment("accounts", {"": ID}),
            Segment("contact_customer_accounts", {"": ID}),
            Segment("$ref"),
        ),
    ),
]

MALFORMED = [
    ("accounts(name='x)", "never closed"),
    ("accounts(name='x'y')", "never closed"),
    ("accounts(name='x''y'z')", "never closed"),
    ("accounts(1", "do not match"),
    ("accounts)1(", "do not match"),
    ("accounts//name", "empty part"),
    ("accounts(a=1,a=2)", "given twice"),
    ("accounts(1,2)", "given twice"),
    ("accounts(1,a=2)", "mixes a value"),
    ("accounts(name=x y)", "no GUID and no number"),
    ("accounts(12345678-1234-1234-1234-12345678901g)", "is not a GUID"),
    ("accounts(NaN)", "no GUID and no number"),
    ("(1)", "empty part"),
    ("a/" * 8 + "a", "more than 8 parts"),
    ("a" * 40_000, "longer than"),
]


@pytest.mark.parametrize(("address", "segments"), WELL_FORMED)
def test_an_address_is_read(address: str, segments: tuple[Segment, ...]) -> None:
    assert parse(address) == segments


@pytest.mark.parametrize(("address", "message"), MALFORMED)
def test_a_malformed_address_is_refused_with_a_reason(
    address: str, message: str
) -> None:
    with pytest.raises(Refused, match=message):
        parse(address)


def test_a_qualified_name_is_a_message() -> None:
    (segment,) = parse("Microsoft.Dynamics.CRM.CreateMultiple")
    assert segment.is_message
    assert segment.message == "CreateMultiple"
