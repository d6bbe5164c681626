-- So that the desk can say what came home since somebody last looked.

CREATE INDEX status_event_at ON status_event (at);
