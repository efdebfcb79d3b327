-- Questions asked of the whole log are jobs, too, and keep their answers.
ALTER TABLE rebuilds DROP CONSTRAINT rebuilds_kind_check;
ALTER TABLE rebuilds
    ADD CONSTRAINT ck_rebuilds_kind CHECK (kind IN ('rebuild', 'as_of', 'verify', 'rollback', 'funnel')),
    ADD COLUMN result json;
