-- The packs of a vaccine, by the number in their codes: GTIN, as 14 digits. A product has one for each pack and country.
CREATE TABLE vaccine_pack (gtin VARCHAR PRIMARY KEY, product_code VARCHAR NOT NULL);
