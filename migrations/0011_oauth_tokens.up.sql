-- What providers gave us to act for a user by, sealed by the user's key: without that they are noise.
CREATE TABLE oauth_tokens (
    account_id uuid        NOT NULL,
    user_id    uuid        NOT NULL,
    access     bytea       NOT NULL,
    refresh    bytea,                 -- null: the provider never gave one
    updated_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT pk_oauth_tokens PRIMARY KEY (account_id)
);
CREATE INDEX ix_oauth_tokens_user_id ON oauth_tokens (user_id);
