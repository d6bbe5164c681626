"""All texts of a flow as a table for translators, and back: only the cells that changed are changed in the file."""

from flows.texts.catalogue import Entry, entries, missing
from flows.texts.edit import TextsFault, apply
from flows.texts.files import read_po, read_xlsx, write_po, write_xlsx
from flows.texts.latin import latin

__all__ = [
    "Entry",
    "TextsFault",
    "apply",
    "entries",
    "latin",
    "missing",
    "read_po",
    "read_xlsx",
    "write_po",
    "write_xlsx",
]
