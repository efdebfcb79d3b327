-- Answers that take a while to count outlive the process that counted them: the next one shows them until it has its own.
CREATE TABLE kept_answers (
    question text        PRIMARY KEY,
    version  integer     NOT NULL, -- of what the answer means: another one's is not shown
    position bigint      NOT NULL, -- the log was counted up to it
    answer   text        NOT NULL, -- JSON, sealed by the log's own key
    kept_at  timestamptz NOT NULL DEFAULT now()
);
