-- The SMS bearer. Agencies are words, times UTC epoch seconds.

-- A submission that went as frames: `number` is the event's own sequence, `texts` its messages as JSON, `arrived` one
-- bit for each part that the agency has, `page` the digest that it was packed with ("" none).
CREATE TABLE bearer_frame (
  agency INTEGER NOT NULL,
  seq INTEGER NOT NULL,
  epoch TEXT NOT NULL,
  number INTEGER NOT NULL,
  page TEXT NOT NULL,
  texts TEXT NOT NULL,
  arrived INTEGER NOT NULL,
  sends INTEGER NOT NULL,
  due_at INTEGER NOT NULL,
  at INTEGER NOT NULL,
  PRIMARY KEY (agency, seq)
) WITHOUT ROWID;
CREATE INDEX bearer_frame_number ON bearer_frame (agency, epoch, number);

-- How each agency's side stands: up to which status was heard, and the counter of our questions.
CREATE TABLE bearer_road (
  agency INTEGER PRIMARY KEY,
  heard INTEGER NOT NULL,
  counter INTEGER NOT NULL,
  asked_at INTEGER NOT NULL
);

-- Which pages an agency has, by digest.
CREATE TABLE bearer_page (agency INTEGER NOT NULL, digest TEXT NOT NULL, PRIMARY KEY (agency, digest)) WITHOUT ROWID;

-- Answers that were heard: the same one again changes nothing.
CREATE TABLE bearer_heard (
  agency INTEGER NOT NULL,
  life TEXT NOT NULL,
  number INTEGER NOT NULL,
  at INTEGER NOT NULL,
  PRIMARY KEY (agency, life, number)
) WITHOUT ROWID;

-- Messages of agencies' modems, until they are read.
CREATE TABLE bearer_inbox (id INTEGER PRIMARY KEY AUTOINCREMENT, msisdn TEXT NOT NULL, text TEXT NOT NULL, at INTEGER NOT NULL);
