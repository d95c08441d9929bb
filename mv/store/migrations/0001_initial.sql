-- One text for DuckDB and PostgreSQL. Instants are UTC, days are Stockholm's.
-- No CREATE INDEX here: on DuckDB rows were lost through secondary indexes after a kill; keys are safe.

CREATE TABLE unit (
    unit_id VARCHAR PRIMARY KEY,
    name VARCHAR NOT NULL,
    region VARCHAR NOT NULL,
    valid_from DATE NOT NULL,
    valid_to DATE
);

CREATE TABLE customer_group (
    group_code VARCHAR PRIMARY KEY,
    name_sv VARCHAR NOT NULL,
    name_en VARCHAR NOT NULL,
    sort_order INTEGER NOT NULL,
    valid_from DATE NOT NULL,
    valid_to DATE,
    source VARCHAR NOT NULL
);

CREATE TABLE subgroup (
    group_code VARCHAR NOT NULL,
    subgroup_code VARCHAR NOT NULL,
    name_sv VARCHAR NOT NULL,
    name_en VARCHAR NOT NULL,
    sort_order INTEGER NOT NULL,
    valid_from DATE NOT NULL,
    valid_to DATE,
    PRIMARY KEY (group_code, subgroup_code)
);

CREATE TABLE vaccine (
    product_code VARCHAR PRIMARY KEY,
    name VARCHAR NOT NULL,
    atc VARCHAR NOT NULL,
    npl_id VARCHAR,
    valid_from DATE NOT NULL,
    valid_to DATE
);

CREATE TABLE batch (
    product_code VARCHAR NOT NULL,
    batch_number VARCHAR NOT NULL,
    expires_on DATE NOT NULL,
    PRIMARY KEY (product_code, batch_number)
);

CREATE SEQUENCE customer_seq;
CREATE TABLE customer (
    customer_id BIGINT PRIMARY KEY DEFAULT nextval('customer_seq'),
    identity VARCHAR NOT NULL UNIQUE,
    identity_kind VARCHAR NOT NULL,
    birth_date DATE NOT NULL,
    sex VARCHAR,
    given_name VARCHAR NOT NULL,
    family_name VARCHAR NOT NULL,
    unit_id VARCHAR NOT NULL,
    registered_at TIMESTAMP NOT NULL,
    registered_by VARCHAR NOT NULL,
    -- Raised by every change of the customer's groups and doses, so that two such changes never pass each other.
    version INTEGER NOT NULL DEFAULT 1
);

-- One row for each word of a name, that word first: lower case, without accents, loaded in order.
CREATE TABLE customer_name (
    name_key VARCHAR NOT NULL,
    customer_id BIGINT NOT NULL,
    identity VARCHAR NOT NULL,
    birth_date DATE NOT NULL,
    given_name VARCHAR NOT NULL,
    family_name VARCHAR NOT NULL,
    unit_id VARCHAR NOT NULL
);

CREATE SEQUENCE membership_seq;
CREATE TABLE membership (
    membership_id BIGINT PRIMARY KEY DEFAULT nextval('membership_seq'),
    customer_id BIGINT NOT NULL,
    group_code VARCHAR NOT NULL,
    subgroup_code VARCHAR,
    valid_from DATE NOT NULL,
    -- The last day, included. NULL while active; never in the future.
    valid_to DATE,
    -- 'customer/group/subgroup' while active, NULL once ended: one active row of each.
    active_key VARCHAR UNIQUE,
    unit_id VARCHAR NOT NULL,
    registered_at TIMESTAMP NOT NULL,
    registered_by VARCHAR NOT NULL,
    ended_at TIMESTAMP,
    ended_by VARCHAR,
    ended_reason VARCHAR,
    version INTEGER NOT NULL DEFAULT 1
);

-- The membership as each change left it; version 1 is how it was registered.
CREATE TABLE membership_change (
    membership_id BIGINT NOT NULL,
    version INTEGER NOT NULL,
    change VARCHAR NOT NULL,
    changed_at TIMESTAMP NOT NULL,
    changed_by VARCHAR NOT NULL,
    customer_id BIGINT NOT NULL,
    group_code VARCHAR NOT NULL,
    subgroup_code VARCHAR,
    valid_from DATE NOT NULL,
    valid_to DATE,
    ended_reason VARCHAR,
    PRIMARY KEY (membership_id, version)
);

CREATE SEQUENCE booking_seq;
CREATE TABLE booking (
    booking_id BIGINT PRIMARY KEY DEFAULT nextval('booking_seq'),
    customer_id BIGINT NOT NULL,
    unit_id VARCHAR NOT NULL,
    starts_at TIMESTAMP NOT NULL,
    product_code VARCHAR NOT NULL,
    booked_at TIMESTAMP NOT NULL
);

CREATE SEQUENCE dose_seq;
CREATE TABLE dose (
    dose_id BIGINT PRIMARY KEY DEFAULT nextval('dose_seq'),
    customer_id BIGINT NOT NULL,
    product_code VARCHAR NOT NULL,
    batch_number VARCHAR NOT NULL,
    dose_number INTEGER NOT NULL,
    given_on DATE NOT NULL,
    unit_id VARCHAR NOT NULL,
    -- The group that counts for the dose, as it was chosen when the dose was registered or corrected.
    membership_id BIGINT,
    group_code VARCHAR,
    subgroup_code VARCHAR,
    registered_at TIMESTAMP NOT NULL,
    registered_by VARCHAR NOT NULL,
    withdrawn_at TIMESTAMP,
    withdrawn_by VARCHAR,
    withdrawn_reason VARCHAR,
    version INTEGER NOT NULL DEFAULT 1
);

-- The dose as each change left it; version 1 is how it was registered.
CREATE TABLE dose_change (
    dose_id BIGINT NOT NULL,
    version INTEGER NOT NULL,
    change VARCHAR NOT NULL,
    changed_at TIMESTAMP NOT NULL,
    changed_by VARCHAR NOT NULL,
    customer_id BIGINT NOT NULL,
    product_code VARCHAR NOT NULL,
    batch_number VARCHAR NOT NULL,
    dose_number INTEGER NOT NULL,
    given_on DATE NOT NULL,
    unit_id VARCHAR NOT NULL,
    group_code VARCHAR,
    subgroup_code VARCHAR,
    withdrawn_reason VARCHAR,
    PRIMARY KEY (dose_id, version)
);

CREATE SEQUENCE access_seq;
CREATE TABLE access_log (
    entry_id BIGINT PRIMARY KEY DEFAULT nextval('access_seq'),
    logged_at TIMESTAMP NOT NULL,
    user_id VARCHAR NOT NULL,
    unit_id VARCHAR NOT NULL,
    action VARCHAR NOT NULL,
    customer_id BIGINT,
    detail VARCHAR
);
