"""Lists of OPCO, and how departments and regions are spelt."""

import pytest

from syndication.catalogue.territories import DEPARTMENTS, REGION_OF, REGIONS, place_of
from syndication.errors import ImportFault
from syndication.scopes.opco import read_opcos


def test_a_table_and_json_say_the_same() -> None:
    table, faults = read_opcos("\ufeffOPCO;RNCP\r\nAKTO ;RNCP38430\r\nAKTO;38362\nATLAS;x\n".encode())
    told, none = read_opcos(b'{"AKTO": ["RNCP38430", 38362]}')
    assert table == told == {("AKTO", "RNCP38430"), ("AKTO", "RNCP38362")}
    assert (len(faults), none) == (1, [])
    assert "ATLAS" in faults[0]


@pytest.mark.parametrize("content", [b"", b"opco;rncp\n", b"a;b\n1;2", b"{", b'{"AKTO": 3}', b"\xff\xfe", b'{"A": []}'])
def test_a_file_that_gives_no_opco_is_refused(content: bytes) -> None:
    with pytest.raises(ImportFault):
        read_opcos(content)


@pytest.mark.parametrize(
    ("told", "meant"),
    [(("075", "ILE-DE-FRANCE"), ("75", "Île-de-France")), (("1", ""), ("01", "Auvergne-Rhône-Alpes")),
     (("2a", ""), ("2A", "Corse")), (("974", ""), ("974", "La Réunion")), (("", "Bretagne "), ("", "Bretagne")),
     (("ENSIBS", ""), ("", "")), (("20", "Corse"), ("", "Corse")), (("", "Wallonie"), ("", "Wallonie")),
     (("13", "PROVENCE-ALPES-COTE D'AZUR"), ("13", "Provence-Alpes-Côte d'Azur"))],
)  # fmt: skip
def test_a_place_is_spelt_one_way(told: tuple[str, str], meant: tuple[str, str]) -> None:
    assert place_of(*told) == meant


def test_every_department_lies_in_a_region() -> None:
    assert set(DEPARTMENTS) == set(REGION_OF)
    assert len(REGIONS) == 19
    assert {"01", "2A", "2B", "95", "971", "976", "987"} <= set(DEPARTMENTS)
