-- Who may, who did: a chained access log, users, sign-ins, access to other units' customers, checks of the log.

-- The log gets the user's role, why it was done, whether it was refused, and a hash over the entry before.
ALTER TABLE access_log RENAME TO access_log_unchained;
CREATE TABLE access_log (
    entry_id BIGINT PRIMARY KEY,
    logged_at TIMESTAMP NOT NULL,
    user_id VARCHAR NOT NULL,
    role VARCHAR NOT NULL,
    unit_id VARCHAR NOT NULL,
    action VARCHAR NOT NULL,
    customer_id BIGINT,
    outcome VARCHAR NOT NULL,
    -- normal, other_unit; NULL where the action is with nobody's data.
    why VARCHAR,
    detail VARCHAR,
    -- SHA-256 over the hash before and this entry. NULL in entries from before there was a chain.
    hash VARCHAR
);
INSERT INTO access_log (entry_id, logged_at, user_id, role, unit_id, action, customer_id, outcome, why, detail)
    SELECT entry_id, logged_at, user_id, '', unit_id, action, customer_id, 'done',
        CASE WHEN customer_id IS NOT NULL THEN 'normal' END, detail
    FROM access_log_unchained ORDER BY entry_id;
DROP TABLE access_log_unchained;
DROP SEQUENCE access_seq;

-- The ends of the chain: what the next entry is chained to, and what the first one is: nothing, or, when older
-- entries have been pruned, the last of these. Entries up to that one are from before there was a chain.
CREATE TABLE log_head (
    log VARCHAR PRIMARY KEY,
    entry_id BIGINT NOT NULL,
    hash VARCHAR NOT NULL,
    start_entry_id BIGINT NOT NULL,
    start_hash VARCHAR NOT NULL
);
INSERT INTO log_head (log, entry_id, hash, start_entry_id, start_hash)
    SELECT 'access', COALESCE(max(entry_id), 0), '', COALESCE(max(entry_id), 0), '' FROM access_log;

CREATE TABLE app_user (
    user_id VARCHAR PRIMARY KEY,
    name VARCHAR NOT NULL,
    -- What the last sign-in's claims gave; the administrator's decision beside them goes before.
    claimed_role VARCHAR,
    claimed_units VARCHAR NOT NULL,
    decided_role VARCHAR,
    decided_units VARCHAR,
    blocked BOOLEAN NOT NULL,
    -- The user as a customer, where the claims gave an identity number that is registered.
    customer_id BIGINT,
    last_sign_in_at TIMESTAMP,
    version INTEGER NOT NULL DEFAULT 1
);

CREATE TABLE sign_in (
    session_hash VARCHAR PRIMARY KEY,
    user_id VARCHAR NOT NULL,
    started_at TIMESTAMP NOT NULL,
    last_active_at TIMESTAMP NOT NULL,
    expires_at TIMESTAMP NOT NULL,
    ended_at TIMESTAMP,
    ended_reason VARCHAR
);

-- A user's access, for a reason and a limited time, to a customer of a unit that is not the user's.
CREATE SEQUENCE crossing_seq;
CREATE TABLE crossing (
    crossing_id BIGINT PRIMARY KEY DEFAULT nextval('crossing_seq'),
    user_id VARCHAR NOT NULL,
    unit_id VARCHAR NOT NULL,
    customer_id BIGINT NOT NULL,
    reason VARCHAR NOT NULL,
    note VARCHAR NOT NULL,
    opened_at TIMESTAMP NOT NULL,
    expires_at TIMESTAMP NOT NULL
);

-- Loggkontroll: a random sample of the log, drawn once, and what was found in it.
CREATE SEQUENCE log_check_seq;
CREATE TABLE log_check (
    check_id BIGINT PRIMARY KEY DEFAULT nextval('log_check_seq'),
    drawn_at TIMESTAMP NOT NULL,
    drawn_by VARCHAR NOT NULL,
    unit_id VARCHAR NOT NULL,
    -- Of which units' entries, as in app_user; the filters as JSON; how many entries these gave, and the seed with
    -- which so many were drawn from them.
    units VARCHAR NOT NULL,
    filters VARCHAR NOT NULL,
    population BIGINT NOT NULL,
    size INTEGER NOT NULL,
    seed BIGINT NOT NULL,
    -- The chain's end when the sample was drawn: the log can be checked against it later.
    head_entry_id BIGINT NOT NULL,
    head_hash VARCHAR NOT NULL,
    closed_at TIMESTAMP,
    closed_by VARCHAR,
    conclusion VARCHAR,
    -- Raised by every judgement, so that none passes the closing.
    version INTEGER NOT NULL DEFAULT 1
);
CREATE TABLE log_check_entry (
    check_id BIGINT NOT NULL,
    place INTEGER NOT NULL,
    entry_id BIGINT NOT NULL,
    verdict VARCHAR,
    note VARCHAR,
    judged_at TIMESTAMP,
    judged_by VARCHAR,
    version INTEGER NOT NULL DEFAULT 1,
    PRIMARY KEY (check_id, place)
);
