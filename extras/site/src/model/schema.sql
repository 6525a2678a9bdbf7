-- Times are seconds since 1970.
CREATE TABLE account (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE COLLATE NOCASE,
    -- As argon2 writes it: with its parameters and salt.
    password TEXT NOT NULL,
    created INTEGER NOT NULL
) STRICT;

CREATE TABLE session (
    -- The digest of the secret. Who reads the database cannot sign in with it.
    digest BLOB PRIMARY KEY,
    account INTEGER NOT NULL REFERENCES account ON DELETE CASCADE,
    -- A cookie is no token of the API, and a token no cookie.
    kind TEXT NOT NULL CHECK (kind IN ('browser', 'api')),
    expires INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX session_expires ON session (expires);

CREATE TABLE post (
    -- Never used again, so that a link to a deleted post leads nowhere.
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    author INTEGER NOT NULL REFERENCES account ON DELETE CASCADE,
    text TEXT NOT NULL,
    -- The name of a file, and what it shows in words.
    picture TEXT,
    description TEXT NOT NULL,
    created INTEGER NOT NULL
) STRICT;

PRAGMA user_version = 1;
