"""The statements of the desk: accounts, sittings, the audit chain, presses of "sync now"."""

# ruff: noqa: S608, S105 - the only parts put together here are this file's own columns; statements are no passwords

from typing import Final

ACCOUNT_COLUMNS: Final = (
    "name, shown, password, roles, districts, agencies, language, secret, step, wrong, locked_until, fresh, active,"
    " subject, looked_at, at"
)
ACCOUNT: Final = f"SELECT {ACCOUNT_COLUMNS} FROM account WHERE name = ?"
ACCOUNT_BY_SUBJECT: Final = f"SELECT {ACCOUNT_COLUMNS} FROM account WHERE subject = ? AND subject <> ''"
ACCOUNTS: Final = f"SELECT {ACCOUNT_COLUMNS} FROM account ORDER BY name"
ADD_ACCOUNT: Final = (
    f"INSERT INTO account ({ACCOUNT_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, 0, 0, 0, ?, 1, ?, 0, ?)"
    " ON CONFLICT (name) DO NOTHING RETURNING name"
)
SET_PASSWORD: Final = "UPDATE account SET password = ?, fresh = ?, wrong = 0, locked_until = 0 WHERE name = ?"
SET_RIGHTS: Final = "UPDATE account SET shown = ?, roles = ?, districts = ?, agencies = ?, active = ? WHERE name = ?"
ACTIVE_ROLES: Final = "SELECT roles FROM account WHERE active = 1"
SET_SECRET: Final = "UPDATE account SET secret = ?, step = 0 WHERE name = ?"
SET_STEP: Final = "UPDATE account SET step = ? WHERE name = ? AND step < ? RETURNING name"
SET_LANGUAGE: Final = "UPDATE account SET language = ? WHERE name = ?"
SET_LOOKED: Final = "UPDATE account SET looked_at = ? WHERE name = ?"
COUNT_WRONG: Final = "UPDATE account SET wrong = wrong + 1, locked_until = ? WHERE name = ?"
RIGHT: Final = "UPDATE account SET wrong = 0, locked_until = 0 WHERE name = ?"

ADD_CODE: Final = "INSERT INTO account_code (account, hash, witness, until) VALUES (?, ?, ?, ?)"
FORGET_CODES: Final = "DELETE FROM account_code WHERE account = ? AND witness = ''"
USE_CODE: Final = (
    "DELETE FROM account_code WHERE account = ? AND hash = ? AND (until = 0 OR until > ?) RETURNING witness"
)
COUNT_CODES: Final = "SELECT count(*) FROM account_code WHERE account = ? AND witness = ''"

ADD_SITTING: Final = (
    "INSERT INTO sitting (key, account, token, browser, at, seen_at, until) VALUES (?, ?, ?, ?, ?, ?, ?)"
)
SITTING: Final = (
    "SELECT s.account, s.token, s.at, s.seen_at, s.until FROM sitting s JOIN account a ON a.name = s.account"
    " WHERE s.key = ? AND s.until > ? AND a.active = 1"
)
SITTINGS: Final = "SELECT key, browser, at, seen_at FROM sitting WHERE account = ? AND until > ? ORDER BY at DESC"
SEEN: Final = "UPDATE sitting SET seen_at = ?, until = ? WHERE key = ?"
END_SITTING: Final = "DELETE FROM sitting WHERE key = ?"
END_ONE_OF: Final = "DELETE FROM sitting WHERE account = ? AND key = ?"
END_SITTINGS: Final = "DELETE FROM sitting WHERE account = ? AND key <> ?"
END_OLD: Final = "DELETE FROM sitting WHERE until <= ?"

LAST_AUDIT: Final = "SELECT n, hash FROM audit ORDER BY n DESC LIMIT 1"
ADD_AUDIT: Final = "INSERT INTO audit (n, at, actor, act, object, details, hash) VALUES (?, ?, ?, ?, ?, ?, ?)"
_AUDIT: Final = "SELECT n, at, actor, act, object, details, hash FROM audit"
AUDIT: Final = f"{_AUDIT} WHERE n < ? ORDER BY n DESC LIMIT ?"
AUDIT_OF: Final = f"{_AUDIT} WHERE object = ? AND n < ? ORDER BY n DESC LIMIT ?"
AUDIT_UP: Final = f"{_AUDIT} WHERE n > ? ORDER BY n LIMIT ?"
