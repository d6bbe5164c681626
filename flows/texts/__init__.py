"""All texts of a flow as a table for translators, and back: only the cells that changed are changed in the file."""

from flows.texts.catalogue import Entry, entries, missing
from flows.texts.edit import TextsFault, apply
from flows.texts.files import Back, read_po, read_xlsx, write_po, write_xlsx
from flows.texts.latin import latin
from flows.texts.marks import Marks, added, file_of, read_marks, ticked, unreviewed, write_marks

__all__ = [
    "Back",
    "Entry",
    "Marks",
    "TextsFault",
    "added",
    "apply",
    "entries",
    "file_of",
    "latin",
    "missing",
    "read_marks",
    "read_po",
    "read_xlsx",
    "ticked",
    "unreviewed",
    "write_marks",
    "write_po",
    "write_xlsx",
]
