"""The one table of all pages."""

from typing import Final

from console.page import Page
from console.pages import (
    account,
    agencies,
    audit,
    calls,
    channels,
    conflicts,
    counter,
    editing,
    entry,
    feedback,
    fix,
    home,
    machine,
    ministry,
    publishing,
    queue,
    reports,
    request,
    tables,
    transfer,
    trials,
    users,
)

PAGES: Final[tuple[Page, ...]] = (
    *entry.PAGES,
    *ministry.PAGES,
    *home.PAGES,
    *editing.PAGES,
    *queue.PAGES,
    *request.PAGES,
    *fix.PAGES,
    *conflicts.PAGES,
    *transfer.PAGES,
    *counter.PAGES,
    *calls.PAGES,
    *reports.PAGES,
    *publishing.PAGES,
    *trials.PAGES,
    *tables.PAGES,
    *machine.PAGES,
    *channels.PAGES,
    *agencies.PAGES,
    *users.PAGES,
    *feedback.PAGES,
    *audit.PAGES,
    *account.PAGES,
)
