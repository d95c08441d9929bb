-- What only PostgreSQL needs beside 0008_blocks.sql: an index.
CREATE INDEX unit_block_customer ON unit_block (customer_id);
