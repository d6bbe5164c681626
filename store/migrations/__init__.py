"""The schema, as numbered files that are applied once each, forward only, and never edited once shipped."""
