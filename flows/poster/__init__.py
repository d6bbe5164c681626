"""The poster of a service: one A5 sheet a language for a wall, a counter or a village head's house.

It says the code to dial, the keyword, an example of a request in one message that really goes through, and what to have
ready. No name of a person, no illness: only what the flow says of itself.
"""

from flows.poster.sheets import Sheet, page, sheets

__all__ = ["Sheet", "page", "sheets"]
