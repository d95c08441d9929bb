-- Every dose paid as it should be: dated rules, doses given abroad, claims with frozen lines, payment files.

-- by_age: whether the age alone puts a person in the group. longest_days: after how many days it has surely ended.
ALTER TABLE customer_group ADD COLUMN by_age BOOLEAN DEFAULT FALSE;
ALTER TABLE customer_group ADD COLUMN longest_days INTEGER;

-- A dose given abroad is history: no batch, no payment.
ALTER TABLE dose ADD COLUMN abroad BOOLEAN DEFAULT FALSE;
ALTER TABLE dose_change ADD COLUMN abroad BOOLEAN DEFAULT FALSE;
-- When the product, day and group of the dose became what they are.
ALTER TABLE dose ADD COLUMN completed_at TIMESTAMP;
UPDATE dose SET completed_at = latest.changed_at
FROM (
    SELECT dose_id, max(changed_at) AS changed_at
    FROM (
        SELECT dose_id, version, changed_at, product_code, given_on, group_code, subgroup_code,
            lag(product_code) OVER before AS old_product, lag(given_on) OVER before AS old_day,
            lag(group_code) OVER before AS old_group, lag(subgroup_code) OVER before AS old_subgroup
        FROM dose_change WINDOW before AS (PARTITION BY dose_id ORDER BY version)
    ) AS changes
    WHERE version = 1 OR product_code <> old_product OR given_on <> old_day
        OR group_code IS DISTINCT FROM old_group OR subgroup_code IS DISTINCT FROM old_subgroup
    GROUP BY dose_id
) AS latest
WHERE latest.dose_id = dose.dose_id AND dose.completed_at IS NULL;
UPDATE dose SET completed_at = registered_at WHERE completed_at IS NULL;

-- What is paid for a dose. An empty bound, group or subgroup means any.
CREATE SEQUENCE payment_rule_seq;
CREATE TABLE payment_rule (
    payment_rule_id BIGINT PRIMARY KEY DEFAULT nextval('payment_rule_seq'),
    -- What the row is called in data/reimbursement.csv; NULL for one that was made on the page.
    rule_code VARCHAR UNIQUE,
    region VARCHAR NOT NULL,
    payer VARCHAR NOT NULL,
    -- One of the two: the beginning of an ATC code, or a product.
    atc VARCHAR,
    product_code VARCHAR,
    group_code VARCHAR,
    subgroup_code VARCHAR,
    -- Both included; in years or months on the day of the dose, or the age turned in its calendar year.
    age_from INTEGER,
    age_to INTEGER,
    age_unit VARCHAR NOT NULL,
    birth_year_from INTEGER,
    birth_year_to INTEGER,
    dose_from INTEGER,
    dose_to INTEGER,
    valid_from DATE NOT NULL,
    valid_to DATE,
    ore BIGINT NOT NULL,
    days_to_register INTEGER,
    days_between INTEGER,
    -- Whether the dose is reported to the national vaccination register (NVR).
    nvr BOOLEAN NOT NULL,
    source VARCHAR NOT NULL,
    -- A rule made by mistake decides nothing.
    removed BOOLEAN NOT NULL,
    version INTEGER NOT NULL DEFAULT 1
);

-- The rule as each change left it; version 1 is how it was made.
CREATE TABLE payment_rule_change (
    payment_rule_id BIGINT NOT NULL,
    version INTEGER NOT NULL,
    change VARCHAR NOT NULL,
    changed_at TIMESTAMP NOT NULL,
    changed_by VARCHAR NOT NULL,
    region VARCHAR NOT NULL,
    payer VARCHAR NOT NULL,
    atc VARCHAR,
    product_code VARCHAR,
    group_code VARCHAR,
    subgroup_code VARCHAR,
    age_from INTEGER,
    age_to INTEGER,
    age_unit VARCHAR NOT NULL,
    birth_year_from INTEGER,
    birth_year_to INTEGER,
    dose_from INTEGER,
    dose_to INTEGER,
    valid_from DATE NOT NULL,
    valid_to DATE,
    ore BIGINT NOT NULL,
    days_to_register INTEGER,
    days_between INTEGER,
    nvr BOOLEAN NOT NULL,
    source VARCHAR NOT NULL,
    removed BOOLEAN NOT NULL,
    PRIMARY KEY (payment_rule_id, version)
);

-- A payer, as claims name it: how its payment files are read (JSON), and after how many days a line is overdue.
CREATE TABLE payer (
    payer VARCHAR PRIMARY KEY,
    file_columns VARCHAR,
    days_to_pay INTEGER NOT NULL,
    -- Raised by every claim and payment file, so that two never pass each other.
    version INTEGER NOT NULL DEFAULT 1
);

CREATE SEQUENCE claim_seq;
CREATE TABLE claim (
    claim_id BIGINT PRIMARY KEY DEFAULT nextval('claim_seq'),
    payer VARCHAR NOT NULL,
    -- The days on which the doses were given; corrections of earlier claims are of any day.
    period_from DATE NOT NULL,
    period_to DATE NOT NULL,
    -- The units of the lines, as in app_user.
    units VARCHAR NOT NULL,
    -- draft, sent, answered, closed, or discarded before it was sent.
    state VARCHAR NOT NULL,
    lines INTEGER NOT NULL,
    ore BIGINT NOT NULL,
    made_at TIMESTAMP NOT NULL,
    made_by VARCHAR NOT NULL,
    sent_at TIMESTAMP,
    -- SHA-256 of the file, in hexadecimal.
    file_hash VARCHAR NOT NULL,
    version INTEGER NOT NULL DEFAULT 1
);

CREATE TABLE claim_change (
    claim_id BIGINT NOT NULL,
    version INTEGER NOT NULL,
    change VARCHAR NOT NULL,
    changed_at TIMESTAMP NOT NULL,
    changed_by VARCHAR NOT NULL,
    state VARCHAR NOT NULL,
    PRIMARY KEY (claim_id, version)
);

-- What was claimed, as it was then, whatever becomes of the dose, the person and the catalogue.
CREATE TABLE claim_line (
    claim_id BIGINT NOT NULL,
    line_number INTEGER NOT NULL,
    -- Negative where an earlier line is taken back, which is then named.
    ore BIGINT NOT NULL,
    corrects_claim_id BIGINT,
    corrects_line_number INTEGER,
    -- Why it is claimed or taken back: a word of mv.claims.
    cause VARCHAR NOT NULL,
    dose_id BIGINT NOT NULL,
    customer_id BIGINT NOT NULL,
    identity VARCHAR NOT NULL,
    unit_id VARCHAR NOT NULL,
    given_on DATE NOT NULL,
    registered_at TIMESTAMP NOT NULL,
    product_code VARCHAR NOT NULL,
    atc VARCHAR NOT NULL,
    batch_number VARCHAR NOT NULL,
    dose_number INTEGER NOT NULL,
    group_code VARCHAR,
    subgroup_code VARCHAR,
    payment_rule_id BIGINT NOT NULL,
    rule_version INTEGER NOT NULL,
    -- What the codes were called in the file.
    unit VARCHAR NOT NULL,
    vaccine VARCHAR NOT NULL,
    group_name VARCHAR,
    subgroup_name VARCHAR,
    rule VARCHAR NOT NULL,
    PRIMARY KEY (claim_id, line_number)
);

-- The file as it was made, in parts: downloaded again it is the same to the byte.
CREATE TABLE claim_file (
    claim_id BIGINT NOT NULL,
    part INTEGER NOT NULL,
    content VARCHAR NOT NULL,
    PRIMARY KEY (claim_id, part)
);

CREATE SEQUENCE payment_file_seq;
CREATE TABLE payment_file (
    payment_file_id BIGINT PRIMARY KEY DEFAULT nextval('payment_file_seq'),
    payer VARCHAR NOT NULL,
    -- SHA-256 over the payer and what was read, in hexadecimal: the same file again is known by it. NULL once withdrawn.
    content_hash VARCHAR UNIQUE,
    rows_read INTEGER NOT NULL,
    ore BIGINT NOT NULL,
    imported_at TIMESTAMP NOT NULL,
    imported_by VARCHAR NOT NULL,
    withdrawn_at TIMESTAMP,
    withdrawn_by VARCHAR
);

-- A row of a payment file, and the claim's line that it pays, if any; none once the file is withdrawn.
CREATE TABLE payment (
    payment_file_id BIGINT NOT NULL,
    row_number INTEGER NOT NULL,
    ore BIGINT NOT NULL,
    paid_on DATE,
    claim_id BIGINT,
    line_number INTEGER,
    -- paid, underpaid, overpaid, paid_twice, unknown.
    outcome VARCHAR NOT NULL,
    -- Why it is unknown: a word of mv.payments.
    why VARCHAR,
    -- What the payer calls the line; never an identity number.
    reference VARCHAR,
    PRIMARY KEY (payment_file_id, row_number)
);

-- The numbers that a customer had before.
CREATE TABLE identity_change (
    customer_id BIGINT NOT NULL,
    version INTEGER NOT NULL,
    old_identity VARCHAR NOT NULL,
    new_identity VARCHAR NOT NULL,
    changed_at TIMESTAMP NOT NULL,
    changed_by VARCHAR NOT NULL,
    PRIMARY KEY (customer_id, version)
);
