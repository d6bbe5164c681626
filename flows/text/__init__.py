"""Text on basic phones: measured, spelt, broken and paged so that a Lao reader can read it."""
