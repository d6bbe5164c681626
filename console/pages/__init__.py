"""The one table of all pages."""

from typing import Final

from console.page import Page
from console.pages import account, entry, fix, home, queue, request

PAGES: Final[tuple[Page, ...]] = (*entry.PAGES, *home.PAGES, *queue.PAGES, *request.PAGES, *fix.PAGES, *account.PAGES)
