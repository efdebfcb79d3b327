-- Forgets former builds. Their tables stay in schema gifty_previous: DROP SCHEMA gifty_previous CASCADE.
ALTER TABLE checkpoints DROP COLUMN rolled_back, DROP COLUMN previous;
DROP TABLE rebuilds;
