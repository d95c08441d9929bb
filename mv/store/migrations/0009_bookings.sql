-- Bookings that people make, move and cancel, by hand or from the booking system's files.

-- booked, cancelled, or gone: missing from a file that has every booking of its days.
ALTER TABLE booking ADD COLUMN state VARCHAR DEFAULT 'booked';
ALTER TABLE booking ADD COLUMN booked_by VARCHAR;
ALTER TABLE booking ADD COLUMN version INTEGER DEFAULT 1;

CREATE TABLE booking_change (
    booking_id BIGINT NOT NULL,
    version INTEGER NOT NULL,
    customer_id BIGINT NOT NULL,
    change VARCHAR NOT NULL,
    changed_at TIMESTAMP NOT NULL,
    changed_by VARCHAR NOT NULL,
    unit_id VARCHAR NOT NULL,
    starts_at TIMESTAMP NOT NULL,
    product_code VARCHAR NOT NULL,
    state VARCHAR NOT NULL,
    PRIMARY KEY (booking_id, version)
);
-- Who made the bookings that are there already is not known.
INSERT INTO booking_change (
    booking_id, version, customer_id, change, changed_at, changed_by, unit_id, starts_at, product_code, state
)
SELECT booking_id, 1, customer_id, 'booked', booked_at, '', unit_id, starts_at, product_code, 'booked' FROM booking;

-- What the booking system's files said last of a booking that has an id there. What was changed here since stays so
-- until a file says something else.
CREATE TABLE booking_source (
    unit_id VARCHAR NOT NULL,
    external_id VARCHAR NOT NULL,
    booking_id BIGINT NOT NULL,
    -- The event's SEQUENCE (RFC 5545, 3.8.7.4); 0 in other files.
    sequence BIGINT NOT NULL,
    starts_at TIMESTAMP NOT NULL,
    product_code VARCHAR NOT NULL,
    state VARCHAR NOT NULL,
    PRIMARY KEY (unit_id, external_id)
);

-- The columns of the last file that was imported at a unit (JSON).
CREATE TABLE booking_layout (
    unit_id VARCHAR PRIMARY KEY,
    columns VARCHAR NOT NULL
);
