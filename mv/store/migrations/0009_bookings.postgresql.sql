-- What only PostgreSQL needs beside 0009_bookings.sql: indexes.
CREATE INDEX booking_change_customer ON booking_change (customer_id);
CREATE INDEX booking_source_booking ON booking_source (booking_id);
