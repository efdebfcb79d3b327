-- For words that a person mistyped. It comes with Postgres (Debian: postgresql-NN; elsewhere the
-- package may be called postgresql-contrib), and whoever owns the database may create it.
CREATE EXTENSION IF NOT EXISTS pg_trgm;
