-- What proves who somebody is, as hashes, and what changes with every use. What came of it is in the log.
CREATE TABLE passwords (
    user_id uuid        NOT NULL,
    hash    text        NOT NULL,             -- argon2id, with its parameters and salt
    set_at  timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT pk_passwords PRIMARY KEY (user_id)
);

-- Tokens that were sent by mail. What each holds is sealed by the token itself.
CREATE TABLE one_time_tokens (
    hash       bytea       NOT NULL,
    purpose    text        NOT NULL,
    sealed     bytea       NOT NULL,
    expires_at timestamptz NOT NULL,
    CONSTRAINT pk_one_time_tokens PRIMARY KEY (hash)
);
CREATE INDEX ix_one_time_tokens_expires_at ON one_time_tokens (expires_at);

CREATE TABLE login_sessions (
    session_id   uuid        NOT NULL,
    user_id      uuid        NOT NULL,
    kind         text        NOT NULL CHECK (kind IN ('browser', 'client')),
    device       text        NOT NULL,        -- such as "Firefox on Linux"
    scopes       text[]      NOT NULL,        -- what the user may do besides being a giver
    opened_at    timestamptz NOT NULL DEFAULT now(),
    last_seen_at timestamptz NOT NULL DEFAULT now(), -- to the minute
    expires_at   timestamptz NOT NULL,
    CONSTRAINT pk_login_sessions PRIMARY KEY (session_id)
) WITH (fillfactor = 70);
CREATE INDEX ix_login_sessions_user_id ON login_sessions (user_id, opened_at);
CREATE INDEX ix_login_sessions_expires_at ON login_sessions (expires_at);

CREATE TABLE session_secrets (
    hash       bytea       NOT NULL,
    session_id uuid        NOT NULL REFERENCES login_sessions ON DELETE CASCADE,
    kind       text        NOT NULL CHECK (kind IN ('cookie', 'access', 'refresh')),
    expires_at timestamptz NOT NULL,
    used_at    timestamptz,                   -- of a refresh token: from then on it proves that there is a copy
    CONSTRAINT pk_session_secrets PRIMARY KEY (hash)
);
CREATE INDEX ix_session_secrets_session_id ON session_secrets (session_id);

-- What failed lately. Keys are keyed hashes of accounts and addresses.
CREATE TABLE attempts (
    key        text        NOT NULL,
    failures   integer     NOT NULL,
    expires_at timestamptz NOT NULL,
    CONSTRAINT pk_attempts PRIMARY KEY (key)
) WITH (fillfactor = 70);
CREATE INDEX ix_attempts_expires_at ON attempts (expires_at);
