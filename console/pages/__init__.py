"""The one table of all pages."""

from typing import Final

from console.page import Page
from console.pages import account, entry, home

PAGES: Final[tuple[Page, ...]] = (*entry.PAGES, *home.PAGES, *account.PAGES)
