"""A phone in the browser, for demonstrations and staging: `/phone`, through the real doors of this node."""

from sala.phone.page import Line, Phone

__all__ = ["Line", "Phone"]
