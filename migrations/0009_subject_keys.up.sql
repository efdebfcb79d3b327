-- The keys of those whose personal data the log holds, each wrapped by the key that the program is
-- started with. One that was destroyed stays as a mark, so that nobody makes another.
CREATE TABLE subject_keys (
    subject      uuid        PRIMARY KEY, -- a recipient, a giver, or the log's own: all ones
    wrapped      bytea,                   -- NULL: destroyed
    created_at   timestamptz NOT NULL DEFAULT now(),
    destroyed_at timestamptz,
    CONSTRAINT ck_subject_keys_destroyed CHECK ((wrapped IS NULL) = (destroyed_at IS NOT NULL))
);

-- What blobs are for content that is somebody's: sealed, so each person has a copy of their own.
CREATE TABLE sealed_blobs (
    sha256  bytea NOT NULL, -- of the content, as events name it
    subject uuid  NOT NULL,
    bytes   bytea NOT NULL,
    CONSTRAINT pk_sealed_blobs PRIMARY KEY (sha256, subject)
);
CREATE INDEX ix_sealed_blobs_subject ON sealed_blobs (subject);
CREATE TRIGGER immutable BEFORE UPDATE OR TRUNCATE ON sealed_blobs
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
