-- Gateways: long messages in parts, the channel that a number last came by, channels that a message was refused by, and
-- how each link stands.

-- `done` parts have left. `tried` are the channels that certainly did not take it, by their names, each before a comma.
ALTER TABLE message ADD COLUMN done INTEGER NOT NULL DEFAULT 0;
ALTER TABLE message ADD COLUMN tried TEXT NOT NULL DEFAULT '';

-- Parts of long messages that the gateway does not split itself. A message is delivered when all of its parts are.
CREATE TABLE message_part (
  message INTEGER NOT NULL,
  part INTEGER NOT NULL,
  gateway_id TEXT NOT NULL,
  state TEXT NOT NULL,
  PRIMARY KEY (message, part)
) WITHOUT ROWID;
CREATE INDEX message_part_gateway ON message_part (gateway_id);

-- By the number's keyed hash. Only kept by a node with more than one channel.
CREATE TABLE came (key BLOB PRIMARY KEY, channel TEXT NOT NULL, day INTEGER NOT NULL) WITHOUT ROWID;
CREATE INDEX came_day ON came (day);

CREATE TABLE link (channel TEXT PRIMARY KEY, state TEXT NOT NULL, since INTEGER NOT NULL, fault TEXT NOT NULL) WITHOUT ROWID;
