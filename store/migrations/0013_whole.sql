-- Messages that their gateway gives no name, and long ones that come in parts.

-- By the keyed hash of all that the gateway sent: the how many-th that is the last one, and whether the gateway is known
-- to have read our acknowledgement of it (1), so that the same content again is another message and no copy.
CREATE TABLE echo (key BLOB PRIMARY KEY, number INTEGER NOT NULL, known INTEGER NOT NULL, at INTEGER NOT NULL) WITHOUT ROWID;
CREATE INDEX echo_at ON echo (at);

-- Parts of long messages, by the keyed hash of what they have in common, until all are there and some time beyond, so that a
-- part that comes again is known. `name` is the part's own.
CREATE TABLE piece (
  key BLOB NOT NULL,
  part INTEGER NOT NULL,
  name TEXT NOT NULL,
  text TEXT NOT NULL,
  at INTEGER NOT NULL,
  PRIMARY KEY (key, part)
) WITHOUT ROWID;
CREATE INDEX piece_at ON piece (at);
