"""A check page is cut between its lines: nothing is lost, every page fits."""

from hypothesis import given
from hypothesis import strategies as st

from flows.screens import Sheet
from flows.text.measure import Budget
from flows.text.paging import SHORT_PAGE, Line

MORE, LAST = "9 ຕໍ່ໄປ 0 ກັບຄືນ", "1 ສົ່ງ\n2 ແກ້ໄຂ\n0 ກັບຄືນ"
LINES = st.lists(
    st.text(alphabet="abcກຂາ ", min_size=1, max_size=60).map(lambda text: f"x: {text}y"), min_size=1, max_size=12
)


@given(lines=LINES, budget=st.sampled_from([Budget(160, 70), Budget(182, 80), Budget(306, 134)]))
def test_packing(lines: list[str], budget: Budget) -> None:
    pages = Sheet(tuple(Line(line, whole=True) for line in lines), MORE, LAST).packed(budget)
    assert all(budget.fits(page) for page in pages)
    assert all(page.endswith(f"\n{MORE}") for page in pages[:-1])
    assert pages[-1].endswith(f"\n{LAST}")
    shown = [page.removesuffix(f"\n{LAST}").removesuffix(f"\n{MORE}") for page in pages]
    assert "".join("".join(shown).split()) == "".join("".join(lines).split())


def test_a_line_that_is_longer_than_a_page_is_cut_inside() -> None:
    pages = Sheet((Line("Name: " + "long " * 40),), MORE, LAST).packed(Budget(160, 70))
    assert len(pages) > 1


def test_the_last_page_draws_lines_from_the_one_before() -> None:
    lines = ("first line of the page", "second line of the page", "x: y")
    pages = Sheet(tuple(map(Line, lines)), "9 Next", "1 Send\n0 Back").packed(Budget(60, 60))
    assert pages == ("first line of the page\n9 Next", "second line of the page\nx: y\n1 Send\n0 Back")
    assert len(lines[-1]) < SHORT_PAGE
