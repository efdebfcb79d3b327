DROP TRIGGER announce ON service_tokens;
DROP TRIGGER announce ON login_sessions;
DROP TRIGGER announce ON session_secrets;
DROP FUNCTION announce_credentials();
