-- The log. Read tables are not here: they are made from the log by package projections.

-- For the vectors in read tables.
CREATE EXTENSION IF NOT EXISTS vector;

CREATE TABLE events (
    position    bigint      PRIMARY KEY,
    stream      text        COLLATE "C" NOT NULL,
    version     integer     NOT NULL,
    type        text        NOT NULL,
    event_id    uuid        NOT NULL,
    occurred_at timestamptz NOT NULL,
    payload     json        NOT NULL,
    metadata    json        NOT NULL,
    CONSTRAINT uq_events_stream_version UNIQUE (stream, version)
);

-- One row. Whoever appends locks it until its commit, so positions are dense and in commit order.
-- batch names the append that was last: who still finds its own name there knows the whole log.
CREATE TABLE log_head (
    singleton boolean PRIMARY KEY DEFAULT true CHECK (singleton),
    position  bigint  NOT NULL,
    batch     uuid    NOT NULL
) WITH (fillfactor = 10);
INSERT INTO log_head (position, batch) VALUES (0, gen_random_uuid());

CREATE TABLE commands (
    command_id     uuid        PRIMARY KEY,
    request_hash   bytea       NOT NULL,
    first_position bigint      NOT NULL,
    last_position  bigint      NOT NULL,
    result         json        NOT NULL,
    recorded_at    timestamptz NOT NULL DEFAULT now()
);

-- Content-addressed: vectors and raw model replies, named by hash in events.
CREATE TABLE blobs (
    sha256 bytea PRIMARY KEY,
    bytes  bytea NOT NULL
);

CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% on % is refused: the log is append-only', TG_OP, TG_TABLE_NAME
        USING ERRCODE = 'restrict_violation';
END $$;

CREATE TRIGGER immutable BEFORE UPDATE OR DELETE OR TRUNCATE ON events
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER immutable BEFORE UPDATE OR DELETE OR TRUNCATE ON blobs
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- How far each version of each read table has come. The row is locked by the projector that works.
CREATE TABLE checkpoints (
    read_table text        NOT NULL,
    version    integer     NOT NULL,
    position   bigint      NOT NULL DEFAULT 0,
    active     boolean     NOT NULL DEFAULT false, -- the stable view points at this version
    state      text        NOT NULL DEFAULT 'live' CHECK (state IN ('building', 'live', 'stopped')),
    failed_at  bigint,                             -- position of the event that can't be applied
    error      text,
    shape      text        NOT NULL DEFAULT '',    -- SHA-256 of the columns; tells an unbumped change
    updated_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT pk_checkpoints PRIMARY KEY (read_table, version)
) WITH (fillfactor = 50);
CREATE UNIQUE INDEX uq_checkpoints_active ON checkpoints (read_table) WHERE active;
