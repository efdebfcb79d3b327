ALTER TABLE checkpoints DROP CONSTRAINT ck_checkpoints_state;
UPDATE checkpoints SET state = 'building', failed_at = build_failed_at, error = build_error WHERE state IN ('empty', 'failed');
ALTER TABLE checkpoints DROP COLUMN build_failed_at, DROP COLUMN build_error;
ALTER TABLE checkpoints RENAME COLUMN by_hand TO rolled_back;
ALTER TABLE checkpoints ADD CONSTRAINT checkpoints_state_check CHECK (state IN ('building', 'live', 'stopped'));
