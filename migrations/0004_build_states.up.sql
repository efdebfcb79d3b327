-- What keeps a version from being followed has a state each, and what a rebuild could not apply a
-- place beside what following the log could not.
ALTER TABLE checkpoints DROP CONSTRAINT checkpoints_state_check;
ALTER TABLE checkpoints RENAME COLUMN rolled_back TO by_hand; -- left on purpose: only a command builds it or switches to it
ALTER TABLE checkpoints
    ADD COLUMN build_failed_at bigint, -- position of the event that the last rebuild could not apply
    ADD COLUMN build_error     text;
UPDATE checkpoints SET state = CASE WHEN error IS NOT NULL THEN 'failed' WHEN active THEN 'empty' ELSE 'building' END,
    build_failed_at = failed_at, build_error = error, failed_at = NULL, error = NULL WHERE state = 'building';
ALTER TABLE checkpoints ADD CONSTRAINT ck_checkpoints_state CHECK (state IN (
    'building', -- on its way, and nothing is there yet
    'empty',    -- serves without rows until it is built
    'failed',   -- could not be built
    'live', 'stopped'));
