-- Units, groups, subgroups and vaccines are decided in the store, each change of them kept.

-- The source of the row, and its version: raised by every change, so that none is made on what is no longer so.
ALTER TABLE unit ADD COLUMN version INTEGER DEFAULT 1;
ALTER TABLE customer_group ADD COLUMN version INTEGER DEFAULT 1;
ALTER TABLE subgroup ADD COLUMN version INTEGER DEFAULT 1;
ALTER TABLE subgroup ADD COLUMN source VARCHAR DEFAULT '';
ALTER TABLE vaccine ADD COLUMN version INTEGER DEFAULT 1;
ALTER TABLE vaccine ADD COLUMN source VARCHAR DEFAULT '';
-- The ages of those whom the vaccine is for, as of groups: outside them whoever saves a dose is asked. A hint, no rule.
ALTER TABLE vaccine ADD COLUMN age_from INTEGER;
ALTER TABLE vaccine ADD COLUMN age_to INTEGER;
ALTER TABLE vaccine ADD COLUMN age_unit VARCHAR;

-- The packs of a vaccine, by the GTIN (14 digits) of the code on them.
CREATE TABLE vaccine_pack (
    gtin VARCHAR PRIMARY KEY,
    product_code VARCHAR NOT NULL
);

-- A row of the catalogue before and after each change, as JSON; before is NULL where it was added.
CREATE TABLE catalogue_change (
    -- unit, customer_group, subgroup, vaccine; and the row's code, group/subgroup of a subgroup.
    table_name VARCHAR NOT NULL,
    row_key VARCHAR NOT NULL,
    version INTEGER NOT NULL,
    change VARCHAR NOT NULL,
    changed_at TIMESTAMP NOT NULL,
    changed_by VARCHAR NOT NULL,
    was VARCHAR,
    becomes VARCHAR NOT NULL,
    PRIMARY KEY (table_name, row_key, version)
);
