DROP TABLE attempts, session_secrets, login_sessions, one_time_tokens, passwords;
