-- The names that customers had before they were corrected.

CREATE TABLE name_change (
    customer_id BIGINT NOT NULL,
    version INTEGER NOT NULL,
    old_given_name VARCHAR NOT NULL,
    old_family_name VARCHAR NOT NULL,
    changed_at TIMESTAMP NOT NULL,
    changed_by VARCHAR NOT NULL,
    PRIMARY KEY (customer_id, version)
);
