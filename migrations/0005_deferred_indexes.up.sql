-- Rows go into indexes like those of vectors in the background; what keeps them from it is told here.
ALTER TABLE checkpoints ADD COLUMN index_error text;
