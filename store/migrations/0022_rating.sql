-- The question how a decided request went: one row from the decision until it was asked, answered or not, and counted.
-- `due` is when to ask, `at` when it was asked (0: not yet), `until` the end of the time for an answer; `stars` (1 to 5)
-- and `why` (1 to 5) are 0 until they are given. No key press writes here but one that is an answer.
CREATE TABLE rating (
  request INTEGER PRIMARY KEY,
  decided INTEGER NOT NULL,
  due INTEGER NOT NULL,
  at INTEGER NOT NULL,
  until INTEGER NOT NULL,
  message INTEGER NOT NULL,
  stars INTEGER NOT NULL,
  why INTEGER NOT NULL
);
CREATE INDEX rating_due ON rating (due) WHERE at = 0;
CREATE INDEX rating_over ON rating (until) WHERE at > 0;

-- Which request each number was asked about last, by its keyed hash, and when: nobody is asked often.
CREATE TABLE rated (caller BLOB PRIMARY KEY, request INTEGER NOT NULL, at INTEGER NOT NULL) WITHOUT ROWID;
CREATE INDEX rated_at ON rated (at);

-- What nobody waits for goes when nothing else is there: `spare` is 1, and it stands behind all that is 0.
ALTER TABLE message_queue ADD COLUMN spare INTEGER NOT NULL DEFAULT 0;
DROP INDEX message_queue_due;
CREATE INDEX message_queue_due ON message_queue (channel, state, spare, due_at);
