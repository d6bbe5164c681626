-- By which road a kept answer came: what it is signed or sealed with differs. http, feed (a hub's), bundle or sms.

ALTER TABLE answer ADD COLUMN road TEXT NOT NULL DEFAULT 'http';
