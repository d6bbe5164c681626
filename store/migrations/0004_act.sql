-- What an officer did with a request that an agency had refused, and who it was: part of the trail.

CREATE TABLE act (
  id INTEGER PRIMARY KEY,
  request INTEGER NOT NULL,
  seq INTEGER NOT NULL,
  agency INTEGER NOT NULL,
  at INTEGER NOT NULL,
  what TEXT NOT NULL,
  actor TEXT NOT NULL,
  note TEXT NOT NULL
);
CREATE INDEX act_request ON act (request);
