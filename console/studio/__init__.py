"""What the pages of flows know of a draft, without a page: everything is worked out from its text."""
