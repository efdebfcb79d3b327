-- Whoever remembers who a secret stands for hears when that may have changed, whatever process has changed it.
CREATE FUNCTION announce_credentials() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_notify('gifty_credentials', '');
    RETURN NULL;
END $$;
CREATE TRIGGER announce AFTER DELETE OR UPDATE OF scopes, giver_id, hash, old_hash, old_until, expires_at, revoked_at ON service_tokens
    FOR EACH ROW EXECUTE FUNCTION announce_credentials();
CREATE TRIGGER announce AFTER UPDATE OF user_id, scopes, expires_at ON login_sessions
    FOR EACH ROW EXECUTE FUNCTION announce_credentials();
CREATE TRIGGER announce AFTER DELETE ON session_secrets -- a session's go with it
    FOR EACH ROW WHEN (old.kind IN ('cookie', 'access')) EXECUTE FUNCTION announce_credentials();
