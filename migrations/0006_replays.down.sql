DELETE FROM rebuilds WHERE kind = 'funnel';
ALTER TABLE rebuilds DROP COLUMN result;
ALTER TABLE rebuilds DROP CONSTRAINT ck_rebuilds_kind;
ALTER TABLE rebuilds ADD CONSTRAINT rebuilds_kind_check CHECK (kind IN ('rebuild', 'as_of', 'verify', 'rollback'));
