-- Building read tables anew: who is at it, how far they are, and what can be gone back to.

CREATE TABLE rebuilds (
    id           bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    kind         text        NOT NULL CHECK (kind IN ('rebuild', 'as_of', 'verify', 'rollback')),
    read_tables  text[]      NOT NULL,
    state        text        NOT NULL DEFAULT 'running' CHECK (state IN ('running', 'done', 'failed', 'stopped')),
    phase        text        NOT NULL DEFAULT 'reading',
    events_done  bigint      NOT NULL DEFAULT 0,
    events_total bigint      NOT NULL DEFAULT 0,
    per_second   float8      NOT NULL DEFAULT 0,
    stop         boolean     NOT NULL DEFAULT false, -- whoever works is asked to stop
    error        text,
    started_at   timestamptz NOT NULL DEFAULT now(),
    updated_at   timestamptz NOT NULL DEFAULT now(),
    finished_at  timestamptz
);

ALTER TABLE checkpoints
    ADD COLUMN previous    bigint,                         -- position of this version's former build, kept in schema gifty_previous
    ADD COLUMN rolled_back boolean NOT NULL DEFAULT false; -- left on purpose: not switched to by itself
