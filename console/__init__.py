"""The desk: pages in a browser, on a bad link, for those who edit flows and for those who work the requests."""
