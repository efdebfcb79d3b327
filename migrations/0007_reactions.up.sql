-- What became of the tries at what read tables say is to be done. That it is to be done, and that it
-- was, are events; this is only who is at it, how often it went wrong, and what was given up.
CREATE TABLE reactions (
    read_table text        NOT NULL,
    item       uuid        NOT NULL,             -- the row's id
    attempts   integer     NOT NULL DEFAULT 1,
    due_at     timestamptz NOT NULL,             -- not before: somebody is at it, or it has just failed
    error      text,                             -- of the last try that failed
    parked_at  timestamptz,                      -- given up until somebody replays it
    done_at    timestamptz,
    CONSTRAINT pk_reactions PRIMARY KEY (read_table, item)
) WITH (fillfactor = 70);
