-- Forgets tries; what is to be done is tried anew.
DROP TABLE reactions;
