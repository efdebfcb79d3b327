-- Takes the keys away, and with them all that they have sealed.
DROP TABLE sealed_blobs;
DROP TABLE subject_keys;
