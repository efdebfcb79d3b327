-- Secrets, as hashes, and what changes with every use of them. What was decided about them is in the log.
CREATE TABLE service_tokens (
    token_id     uuid        NOT NULL,
    name         text        NOT NULL,
    scopes       text[]      NOT NULL,
    giver_id     uuid,                             -- whose things it may see and change; null: nobody's
    hash         bytea       NOT NULL,             -- SHA-256 of the secret, which has 256 random bits
    old_hash     bytea,                            -- of the former secret
    old_until    timestamptz,
    created_at   timestamptz NOT NULL DEFAULT now(),
    rotated_at   timestamptz,
    expires_at   timestamptz,                      -- null: never
    revoked_at   timestamptz,
    last_used_at timestamptz,                      -- to the minute
    CONSTRAINT pk_service_tokens PRIMARY KEY (token_id)
) WITH (fillfactor = 70);
CREATE UNIQUE INDEX uq_service_tokens_hash ON service_tokens (hash);
CREATE UNIQUE INDEX uq_service_tokens_old_hash ON service_tokens (old_hash);
CREATE UNIQUE INDEX uq_service_tokens_name ON service_tokens (name) WHERE revoked_at IS NULL;
