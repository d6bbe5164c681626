"""Tables of codes are read strictly, and places are found the way people write them."""

import pytest

from flows.errors import TableFault
from flows.tables import Tables, read_csv, table_of

PLACES = """pcode,parent,level,name_lo,name_en,name_latin,aliases,sort
LA09,,province,ຊຽງຂວາງ,Xiangkhouang,Siang Khuang,Xieng Khouang,1
LA0901,LA09,district,ແປກ,Pek,Paek,Phonsavan;Muang Pek,2
LA0902,LA09,district,ຄຳ,Kham,Kham,,1
0901001,LA0901,village,ໂພນງາມ,Phonngam,Phon Ngam,,2
0901005,LA0901,village,ໂພນສະອາດ,Phonsaat,Phon Saat,,1
0902001,LA0902,village,ໂພນງາມ,Phonngam,Phon Ngam,,1
0902002,LA0902,village,ຫຼັກຫ້າ,Lak Ha,Lak Ha,,3
"""
TABLES = Tables({"places": read_csv("places", PLACES)})


def codes(text: str, **how: str) -> list[str]:
    return [place.code for place in TABLES.places.find(text, **how)]  # type: ignore[arg-type] # all of them are text


@pytest.mark.parametrize(
    ("text", "line", "says"),
    [
        ("", 1, "empty"),
        ("key,amount\na,1\na,2", 3, "stands twice"),
        ("key,amount\na,1,2", 2, "3 cells where the header has 2"),
        ("key,amount\n,1", 2, "key"),
        ("key,key\na,1", 1, "name of its own"),
        ('key,amount\n"a,1', 2, "not CSV"),
        ("key,amount\na," + "x" * 501, 2, "500 characters"),
    ],
)
def test_a_bad_table_is_named_with_its_line(text: str, line: int, says: str) -> None:
    with pytest.raises(TableFault, match=f"fees:{line} .*{says}"):
        read_csv("fees", text)


def test_cells_are_text_and_blank_lines_do_not_count() -> None:
    table = read_csv("fees", "\ufeffkey, amount ,note\r\n\r\n0101, 20 000 ,\r\n")
    assert table.columns == ("key", "amount", "note")
    assert table.get("0101", "amount") == "20 000"
    assert table.get("0101", "note") is None
    assert table.get("0101", "nothing") is None
    assert table.get("101", "amount") is None


def test_rows_written_in_a_test_stand_in_for_a_table() -> None:
    tables = TABLES.over({"fees": table_of("fees", {"late": {"amount": "5"}})})
    assert tables["fees"].get("late", "amount") == "5"
    assert tables["places"] is TABLES["places"]
    assert set(tables) == {"fees", "places"}
    assert len(tables) == 2


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("ໂພນ", ["0901005", "0901001", "0902001"]),
        ("phon", ["0901005", "LA0901", "0901001", "0902001"]),
        ("ຫລັກຫ້າ", ["0902002"]),
        ("ຫຼກ", []),
        ("lak ha", ["0902002"]),
        ("LAKHA", ["0902002"]),
        ("ຄໍາ", ["LA0902"]),
        ("phonsavan", ["LA0901"]),
        ("zz", []),
        ("", []),
        (" .-", []),
    ],
)
def test_first_letters_in_any_spelling_find_a_place(text: str, found: list[str]) -> None:
    assert sorted(codes(text)) == sorted(found)


def test_a_search_stays_within_and_at_its_level() -> None:
    assert codes("phon", level="village", within="LA0902") == ["0902001"]
    assert codes("phon", level="district") == ["LA0901"]
    assert codes("phon ngam", level="village", within="LA09") == ["0902001", "0901001"]
    assert len(TABLES.places.find("phon", limit=2)) == 2


def test_a_whole_name_comes_before_a_longer_one() -> None:
    table = table_of("places", {"1": {"name_lo": "ໂພນງາມ"}, "2": {"name_lo": "ໂພນ", "sort": "9"}})
    assert [place.code for place in Tables({"places": table}).places.find("ໂພນ")] == ["2", "1"]


def test_places_know_where_they_lie() -> None:
    places = TABLES.places
    assert places.path("0901001") == ("0901001", "LA0901", "LA09")
    assert places.district_of("0901001") == "LA0901"
    assert places.district_of("LA0902") == "LA0902"
    assert places.district_of("LA09") == ""
    assert places.path_name("0901001", "en") == "Phonngam, Pek, Xiangkhouang"
    assert places.path_name("0901001", "lo-Latn") == "Phon Ngam, Paek, Siang Khuang"
    assert places.path_name("x", "en") == "x"
    found = places.at("la0901")
    assert found
    assert found.name("kjg") == "ແປກ"
    assert [place.code for place in places.every("district")] == ["LA0901", "LA0902"]


def test_a_ring_of_parents_ends() -> None:
    ring = table_of("places", {"a": {"name": "A", "parent": "b"}, "b": {"name": "B", "parent": "a"}})
    assert Tables({"places": ring}).places.path("a") == ("a", "b")


def test_a_node_without_places_finds_nothing() -> None:
    assert Tables().places.find("a") == []
    assert Tables().places.at("a") is None
