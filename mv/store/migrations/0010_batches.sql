-- Batches as people receive them: by hand, from a pack or a file, or with the first dose of one.

-- NULL where nobody has said when it expires.
ALTER TABLE batch ALTER COLUMN expires_on DROP NOT NULL;
-- When, by whom and at which unit it became known; NULL of one from before that was kept.
ALTER TABLE batch ADD COLUMN received_at TIMESTAMP;
ALTER TABLE batch ADD COLUMN received_by VARCHAR;
ALTER TABLE batch ADD COLUMN unit_id VARCHAR;
-- From this instant on no dose of it may be given; NULL while it may.
ALTER TABLE batch ADD COLUMN stopped_at TIMESTAMP;
ALTER TABLE batch ADD COLUMN stop_reason VARCHAR;
-- When it was said to be used up; NULL while there is some left.
ALTER TABLE batch ADD COLUMN depleted_at TIMESTAMP;
ALTER TABLE batch ADD COLUMN version INTEGER DEFAULT 1;

-- The batch as each change left it; version 1 is how it was received.
CREATE TABLE batch_change (
    product_code VARCHAR NOT NULL,
    batch_number VARCHAR NOT NULL,
    version INTEGER NOT NULL,
    change VARCHAR NOT NULL,
    changed_at TIMESTAMP NOT NULL,
    changed_by VARCHAR NOT NULL,
    expires_on DATE,
    stopped_at TIMESTAMP,
    stop_reason VARCHAR,
    depleted_at TIMESTAMP,
    PRIMARY KEY (product_code, batch_number, version)
);
