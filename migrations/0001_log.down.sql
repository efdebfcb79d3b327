-- Takes the log away, and with it everything that was ever recorded.
DROP TABLE checkpoints;
DROP TABLE blobs;
DROP TABLE commands;
DROP TABLE log_head;
DROP TABLE events;
DROP FUNCTION refuse_change();
