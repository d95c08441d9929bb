-- What only PostgreSQL needs beside 0007_blocks.sql: an index.
CREATE INDEX unit_block_customer ON unit_block (customer_id);
