"""What an account may be called and may be given: pure checks, one for the pages and the commands."""

import re
from collections.abc import Sequence
from typing import Final

from console import roles
from store.scope import ALL, Scope

_NAME: Final = re.compile(r"[a-z0-9][a-z0-9._-]{1,39}")
_DISTRICT: Final = re.compile(r"[A-Z0-9]{2,12}")


def mistake(name: str, held: Sequence[str], scope: Scope) -> tuple[str, str]:
    """What is wrong, as a key of the words, and the value that is; ("", "") when nothing is."""
    if not _NAME.fullmatch(name):
        return "user_bad_name", name
    if not held:
        return "user_no_role", ""
    for one in held:
        if one not in roles.ROLES:
            return "user_bad_role", one
    for one in scope.districts:
        if one != ALL and not _DISTRICT.fullmatch(one):
            return "user_bad_district", one
    return "", ""
