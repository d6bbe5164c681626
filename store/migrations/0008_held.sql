-- How much each agency has of this node's: `held` the highest count that it has told, `known` how many it has said yes
-- to since it was last found to have gone back. One that says less than either knows less than it did.

ALTER TABLE road ADD COLUMN held INTEGER NOT NULL DEFAULT 0;
ALTER TABLE road ADD COLUMN known INTEGER NOT NULL DEFAULT 0;

-- How much a hub has ever taken into custody, by node and agency: what it tells its nodes in turn.
CREATE TABLE taken (
  node TEXT NOT NULL,
  agency INTEGER NOT NULL,
  n INTEGER NOT NULL,
  PRIMARY KEY (node, agency)
) WITHOUT ROWID;
INSERT INTO taken (node, agency, n) SELECT node, agency, count(*) FROM passage GROUP BY node, agency;
