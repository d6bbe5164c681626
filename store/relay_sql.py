"""The statements of messages that are passed on between phones and another system."""

from typing import Final

HEAR: Final = "INSERT INTO inbox (key, at) VALUES (?, ?) ON CONFLICT (key) DO NOTHING RETURNING id"

ADD: Final = "INSERT INTO relay (message, site, name, told, at) VALUES (?, ?, ?, ?, ?)"

UNTOLD: Final = (
    "SELECT r.message, r.name, m.state FROM relay r JOIN message m ON m.id = r.message WHERE r.site = ?"
    " AND m.state IN ('sent', 'delivered', 'failed', 'expired') AND m.state <> r.told ORDER BY r.message LIMIT ?"
)

TOLD: Final = "UPDATE relay SET told = ? WHERE message = ?"

DROP: Final = "DELETE FROM relay WHERE message = ?"

OLD: Final = "DELETE FROM relay WHERE at < ?"
