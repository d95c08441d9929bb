-- Registering afterwards: what was registered together and can be undone together. Deaths, and records that were merged.

ALTER TABLE customer ADD COLUMN deceased_on DATE;
ALTER TABLE customer_name ADD COLUMN deceased_on DATE;
-- The record that goes on, of one that was found to be of the same person. The one that ended has no groups, doses,
-- bookings or names any more; its number finds the other.
ALTER TABLE customer ADD COLUMN merged_into BIGINT;

-- Which ages a group is for, both bounds included: in years or months on the day, or turned in its calendar year.
ALTER TABLE customer_group ADD COLUMN age_from INTEGER;
ALTER TABLE customer_group ADD COLUMN age_to INTEGER;
ALTER TABLE customer_group ADD COLUMN age_unit VARCHAR;

-- Rows that were registered one after the other, or all at once from a list, a file or a day's bookings.
CREATE SEQUENCE registration_seq;
CREATE TABLE registration (
    registration_id BIGINT PRIMARY KEY DEFAULT nextval('registration_seq'),
    kind VARCHAR NOT NULL,
    user_id VARCHAR NOT NULL,
    unit_id VARCHAR NOT NULL,
    local_day DATE NOT NULL,
    started_at TIMESTAMP NOT NULL,
    -- What stays from one row to the next, as JSON; NULL where each row has its own.
    terms VARCHAR,
    -- 'user/unit' while somebody types row after row; one at a time.
    open_key VARCHAR UNIQUE,
    ended_at TIMESTAMP,
    undone_at TIMESTAMP,
    undone_by VARCHAR,
    version INTEGER NOT NULL DEFAULT 1
);

CREATE TABLE registration_row (
    registration_id BIGINT NOT NULL,
    row_number INTEGER NOT NULL,
    customer_id BIGINT NOT NULL,
    -- SHA-256 over what the row registers, so that the same row again registers nothing; NULL once undone.
    row_key VARCHAR UNIQUE,
    -- What the row has made, or changed, with the version that it left; NULL for what was there before it.
    membership_id BIGINT,
    membership_version INTEGER,
    dose_id BIGINT,
    dose_version INTEGER,
    -- What a changed membership or dose was before, as JSON; NULL for one that was made.
    was VARCHAR,
    group_code VARCHAR,
    subgroup_code VARCHAR,
    day DATE NOT NULL,
    product_code VARCHAR,
    -- What was doubtful, as JSON, and why it was registered all the same.
    doubts VARCHAR,
    reason VARCHAR,
    registered_at TIMESTAMP NOT NULL,
    undone_at TIMESTAMP,
    undone_by VARCHAR,
    PRIMARY KEY (registration_id, row_number)
);

-- Two records of one person made one, and each row that moved or was changed by it, so that it can be undone.
CREATE SEQUENCE merge_seq;
CREATE TABLE merge (
    merge_id BIGINT PRIMARY KEY DEFAULT nextval('merge_seq'),
    customer_id BIGINT NOT NULL,
    merged_customer_id BIGINT NOT NULL,
    merged_at TIMESTAMP NOT NULL,
    merged_by VARCHAR NOT NULL,
    -- The day of death that the record that goes on got from the other; NULL where it got none.
    deceased_on DATE,
    undone_at TIMESTAMP,
    undone_by VARCHAR
);
CREATE TABLE merge_row (
    merge_id BIGINT NOT NULL,
    -- membership, dose, booking, or customer: a record that had been merged into the one that ended.
    kind VARCHAR NOT NULL,
    row_id BIGINT NOT NULL,
    moved BOOLEAN NOT NULL,
    -- What was done with a row that could not only move: widened, wrong, withdrawn; and the version that this left.
    done VARCHAR,
    version INTEGER,
    PRIMARY KEY (merge_id, kind, row_id)
);

-- What a customer was besides the number, so that a change of that can be taken back.
ALTER TABLE identity_change ADD COLUMN old_birth_date DATE;
ALTER TABLE identity_change ADD COLUMN old_sex VARCHAR;
