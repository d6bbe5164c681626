-- A long message knows in how many parts it goes, so that reports of some never pass for reports of all; and numbers that
-- get many messages are known after a restart.

ALTER TABLE message ADD COLUMN cut INTEGER NOT NULL DEFAULT 0;
UPDATE message SET cut = done WHERE state = 'sent';

-- What is being sent is paid for before the first byte leaves, so that a kill gives nothing of the day's budget back.
ALTER TABLE message ADD COLUMN reserved INTEGER NOT NULL DEFAULT 0;

-- By the keyed hash of channel and number: how many messages it had in the hour before `at`. Only of numbers that had many.
CREATE TABLE often (key BLOB PRIMARY KEY, channel TEXT NOT NULL, count INTEGER NOT NULL, at INTEGER NOT NULL) WITHOUT ROWID;
CREATE INDEX often_at ON often (at);
