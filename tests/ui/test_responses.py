"""Pages go over the line compressed, where the browser takes that."""

import gzip

import pytest

from tests.ui.world import Screens
from xrm.ui.responses import LEAST_PACKED, packed


def test_a_packed_page_is_the_page_and_its_length_says_little() -> None:
    content = b"<p>Good day</p>" * 100
    made = [packed(content) for _ in range(50)]
    assert {gzip.decompress(one) for one in made} == {content}
    assert len({len(one) for one in made}) > 10


@pytest.mark.parametrize("accepted", ["gzip, deflate, br", "identity", ""])
def test_a_page_is_packed_for_who_takes_it(screens: Screens, accepted: str) -> None:
    answer = screens.client().http.get(
        "/app/work/sample", headers={"Accept": "text/html", "Accept-Encoding": accepted}
    )
    assert "Accept-Encoding" in answer.headers["Vary"]
    content = answer.data
    if "gzip" in accepted:
        assert answer.headers["Content-Encoding"] == "gzip"
        content = gzip.decompress(content)
    else:
        assert "Content-Encoding" not in answer.headers
    assert len(content) > LEAST_PACKED
    assert "</html>" in content.decode()


def test_a_small_part_is_sent_as_it_is(screens: Screens) -> None:
    answer = screens.client().http.get(
        "/app/work/sample?count=capped",
        headers={
            "Accept-Encoding": "gzip",
            "HX-Request": "true",
            "HX-Target": "count",
        },
    )
    assert "Content-Encoding" not in answer.headers
