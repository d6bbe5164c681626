-- What remains of a body after its retention: SHA-256, so that a copy kept elsewhere can still be held against it.

ALTER TABLE submission ADD COLUMN digest BLOB;
