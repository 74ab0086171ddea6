"""The code of every problem that packages and their records can have."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

CODES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "S001": "There is no solution.yaml.",
        "S002": "A name that not every system can have, or that stands twice.",
        "S003": "A link, a device or another thing that is no plain file.",
        "S004": "Too large: 100 MB packed, 500 MB unpacked, 10,000 files.",
        "S005": "It unpacks to more than 100 times its size.",
        "S006": "The zip file is damaged, encrypted, or contradicts itself.",
        "S010": "No definition stands at this place.",
        "S011": "The kind contradicts the place of the file.",
        "S012": "The name contradicts the place of the file.",
        "S013": "The entity contradicts the place of the file.",
        "S014": "Two files define the same thing.",
        "S020": "A file of records cannot be read.",
        "S021": "A record has no id.",
        "S022": "A pair is no list of two records.",
        "S023": "A row has another number of cells than the header.",
        "S024": "An id stands twice.",
        "S025": "Records of an entity that does not exist.",
        "S026": "A record has a field that does not exist.",
        "S027": "Pairs of a relationship that does not exist.",
        "S028": "A record is refused; the reason follows.",
        "S032": "Another solution needs the one to be removed.",
        "S034": "The name local is taken.",
        "S035": "Core cannot be removed.",
    }
)
