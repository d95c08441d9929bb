-- A rule that was taken over from the example and that nobody has confirmed yet decides nothing.
ALTER TABLE payment_rule ADD COLUMN draft BOOLEAN DEFAULT FALSE;
ALTER TABLE payment_rule_change ADD COLUMN draft BOOLEAN DEFAULT FALSE;

-- A region's decision that what is paid is not followed up. One that was taken back stays.
CREATE SEQUENCE unfollowed_region_seq;
CREATE TABLE unfollowed_region (
    decision_id BIGINT PRIMARY KEY DEFAULT nextval('unfollowed_region_seq'),
    region VARCHAR NOT NULL,
    -- The region while the decision holds, so that it holds once; NULL once it is taken back.
    active_key VARCHAR UNIQUE,
    decided_at TIMESTAMP NOT NULL,
    decided_by VARCHAR NOT NULL,
    taken_back_at TIMESTAMP,
    taken_back_by VARCHAR
);

-- The units that an administrator has decided for a user, each from one day to another; a missing day is no bound.
CREATE TABLE user_unit (
    user_id VARCHAR NOT NULL,
    unit_id VARCHAR NOT NULL,
    valid_from DATE,
    valid_to DATE,
    PRIMARY KEY (user_id, unit_id)
);
INSERT INTO user_unit (user_id, unit_id)
SELECT user_id, unit_id FROM (
    SELECT user_id, unnest(string_to_array(decided_units, ' ')) AS unit_id FROM app_user WHERE decided_units IS NOT NULL
) AS decided WHERE unit_id <> '';
-- Whether units are decided: then those of user_unit are the user's, else those of the claims.
ALTER TABLE app_user ADD COLUMN units_decided BOOLEAN DEFAULT FALSE;
UPDATE app_user SET units_decided = TRUE WHERE decided_units IS NOT NULL;
ALTER TABLE app_user DROP COLUMN decided_units;
-- The address that a provider vouched for at the last sign-in, in lower case.
ALTER TABLE app_user ADD COLUMN email VARCHAR;

-- What was decided about a user, as each decision left it; units as JSON.
CREATE TABLE app_user_change (
    user_id VARCHAR NOT NULL,
    version INTEGER NOT NULL,
    changed_at TIMESTAMP NOT NULL,
    changed_by VARCHAR NOT NULL,
    decided_role VARCHAR,
    units VARCHAR,
    blocked BOOLEAN NOT NULL,
    PRIMARY KEY (user_id, version)
);

-- Somebody whose address alone is known; what is decided here is the user's from the first sign-in with that address.
CREATE SEQUENCE invitation_seq;
CREATE TABLE invitation (
    invitation_id BIGINT PRIMARY KEY DEFAULT nextval('invitation_seq'),
    email VARCHAR NOT NULL,
    -- The address while the invitation is open, so that there is one; NULL once it was taken or withdrawn.
    active_key VARCHAR UNIQUE,
    name VARCHAR NOT NULL,
    role VARCHAR NOT NULL,
    -- As JSON, like the units in app_user_change.
    units VARCHAR NOT NULL,
    invited_at TIMESTAMP NOT NULL,
    invited_by VARCHAR NOT NULL,
    accepted_at TIMESTAMP,
    accepted_by VARCHAR,
    withdrawn_at TIMESTAMP,
    withdrawn_by VARCHAR,
    version INTEGER NOT NULL DEFAULT 1
);
