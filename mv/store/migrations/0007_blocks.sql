-- Spärr: a patient's block of a unit's data from other units (patientdatalagen 4 kap. 4 §). One that was lifted stays.
CREATE SEQUENCE unit_block_seq;
CREATE TABLE unit_block (
    block_id BIGINT PRIMARY KEY DEFAULT nextval('unit_block_seq'),
    customer_id BIGINT NOT NULL,
    unit_id VARCHAR NOT NULL,
    reason VARCHAR NOT NULL,
    set_at TIMESTAMP NOT NULL,
    set_by VARCHAR NOT NULL,
    lifted_at TIMESTAMP,
    lifted_by VARCHAR,
    lifted_reason VARCHAR
);
