-- Messages that another system has us send to phones: whose they are, by which name it knows them, and the last word that
-- it was told of each. A row goes with its last word.

CREATE TABLE relay (
  message INTEGER PRIMARY KEY,
  site TEXT NOT NULL,
  name TEXT NOT NULL,
  told TEXT NOT NULL,
  at INTEGER NOT NULL
);
CREATE INDEX relay_site ON relay (site, message);
CREATE INDEX relay_at ON relay (at);
