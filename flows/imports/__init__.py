"""Takes in what a ministry already has: forms and flows of other systems, and a line for what did not come over."""

from flows.imports.rapidpro import import_rapidpro
from flows.imports.report import Imported, ImportFault, Left
from flows.imports.xlsform import import_xlsform

__all__ = ["ImportFault", "Imported", "Left", "import_rapidpro", "import_xlsform"]
