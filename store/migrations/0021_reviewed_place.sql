-- Where in a service words were last reviewed at the desk: a mark names words, and words that were changed have lost it;
-- this says whose mark it was, and for which words. `place` goes with its step when that is moved.
CREATE TABLE reviewed_place (
  flow TEXT NOT NULL,
  place TEXT NOT NULL,
  language TEXT NOT NULL,
  digest TEXT NOT NULL,
  words TEXT NOT NULL,
  actor TEXT NOT NULL,
  at INTEGER NOT NULL,
  PRIMARY KEY (flow, place, language)
) WITHOUT ROWID;
