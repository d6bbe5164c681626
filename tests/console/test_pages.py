"""The table of the desk's pages: each address stands in it once, and in the navigation once."""

from collections import Counter

from console.pages import PAGES


def test_each_address_stands_in_the_table_once() -> None:
    addresses = Counter((page.method, page.path) for page in PAGES)
    assert [one for one, count in addresses.items() if count > 1] == []
    assert [one for one, count in Counter(page.nav for page in PAGES if page.nav).items() if count > 1] == []
