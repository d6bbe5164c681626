"""How many requests of each node are here, told in every answer: a node sees by it that the agency was put back.

A node's own are counted by their source, by whatever road they came; a hub's are those that it has offered. The counts
never go down while the file lives, also when old requests are removed: they stand for what was ever taken.
"""

from typing import Any, Final

from sync.agency.nodes import Node, source_of

TABLES: Final = """
CREATE TABLE holding (who TEXT PRIMARY KEY, n INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE offered (hub TEXT NOT NULL, request INTEGER NOT NULL, PRIMARY KEY (hub, request)) WITHOUT ROWID;
INSERT INTO holding SELECT source, count(*) FROM request GROUP BY source;
INSERT INTO offered SELECT DISTINCT r.node, r.number FROM request r JOIN node n ON n.name = r.node AND n.hub = 1;
INSERT INTO holding SELECT hub, count(*) FROM offered GROUP BY hub;
PRAGMA user_version = 4;
"""

_COUNT: Final = "INSERT INTO holding VALUES (?, 1) ON CONFLICT (who) DO UPDATE SET n = n + 1"


def note(connection: Any, node: Node, source: str, number: int, *, new: bool) -> None:
    """Count one request that this node has offered; `new`: it was stored just now."""
    if new:
        connection.execute(_COUNT, (source,))
    if node.hub and connection.execute("INSERT OR IGNORE INTO offered VALUES (?, ?)", (node.name, number)).rowcount:
        connection.execute(_COUNT, (node.name,))


def held(connection: Any, node: Node) -> int:
    """How many requests this node may take for being here."""
    who = node.name if node.hub else source_of(node.name)
    row = connection.execute("SELECT n FROM holding WHERE who = ?", (who,)).fetchone()
    return int(row[0]) if row else 0
