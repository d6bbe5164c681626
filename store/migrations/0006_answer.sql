-- The agency's signed answer that settled a delivery, as it travelled: one row for each answer, however many it settled.

CREATE TABLE answer (
  id INTEGER PRIMARY KEY,
  message TEXT NOT NULL,
  stamp TEXT NOT NULL,
  signature TEXT NOT NULL,
  body BLOB NOT NULL
);
ALTER TABLE delivery ADD COLUMN answer INTEGER NOT NULL DEFAULT 0;
