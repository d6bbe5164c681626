-- Counts of what happened, without anybody in them: `fresh_figure` as they come in, `figure` as they were told.

-- By day (since 1970, in the node's time zone) and by everything that is told apart, as JSON; only until it is told.
CREATE TABLE fresh_figure (
  service TEXT NOT NULL,
  agency TEXT NOT NULL,
  district TEXT NOT NULL,
  what TEXT NOT NULL,
  day INTEGER NOT NULL,
  traits TEXT NOT NULL,
  n INTEGER NOT NULL,
  total INTEGER NOT NULL,
  PRIMARY KEY (service, agency, district, what, day, traits)
) WITHOUT ROWID;

-- What was told: each number is one of at least five people, and is only ever added to by at least five more. `family`
-- is what the value tells apart ('' all), `week` the day on which the week began.
CREATE TABLE figure (
  week INTEGER NOT NULL,
  service TEXT NOT NULL,
  agency TEXT NOT NULL,
  district TEXT NOT NULL,
  what TEXT NOT NULL,
  family TEXT NOT NULL,
  value TEXT NOT NULL,
  n INTEGER NOT NULL,
  total INTEGER NOT NULL,
  PRIMARY KEY (week, service, agency, district, what, family, value)
) WITHOUT ROWID;

-- How far each source was counted: moved in the transaction of the counts.
CREATE TABLE figure_mark (name TEXT PRIMARY KEY, n INTEGER NOT NULL) WITHOUT ROWID;

-- Requests whose acknowledgement is still to be counted.
CREATE TABLE figure_wait (seq INTEGER PRIMARY KEY);

-- Outlines of places, as the owner of the map gave them, made simple: rings of degrees as JSON.
CREATE TABLE outline (
  code TEXT PRIMARY KEY,
  rings TEXT NOT NULL,
  source TEXT NOT NULL,
  at INTEGER NOT NULL
) WITHOUT ROWID;
