-- What only PostgreSQL needs beside 0002_access.sql: indexes, and a log that no SQL of the application can change.
CREATE INDEX access_log_at ON access_log (logged_at);
CREATE INDEX access_log_customer ON access_log (customer_id);
CREATE INDEX access_log_user ON access_log (user_id, logged_at);
CREATE INDEX crossing_user ON crossing (user_id, customer_id);

CREATE FUNCTION keep_access_log() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' AND OLD.logged_at < (now() AT TIME ZONE 'UTC') - INTERVAL '5 years' THEN
        RETURN OLD;
    END IF;
    RAISE EXCEPTION 'the access log is append-only, and kept for five years';
END $$;
CREATE TRIGGER access_log_append_only BEFORE UPDATE OR DELETE ON access_log
    FOR EACH ROW EXECUTE FUNCTION keep_access_log();
CREATE TRIGGER access_log_no_truncate BEFORE TRUNCATE ON access_log
    FOR EACH STATEMENT EXECUTE FUNCTION keep_access_log();
