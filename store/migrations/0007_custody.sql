-- So that a hub can say at once how much of its custody each agency has, and up to when.

CREATE INDEX passage_accepted ON passage (agency, rank) WHERE state = 4;
