ALTER TABLE checkpoints DROP COLUMN index_error;
