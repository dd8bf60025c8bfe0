-- Only adds: while the new tasks start, the old ones still write orders without a quantity.
ALTER TABLE orders ADD COLUMN quantity integer NOT NULL DEFAULT 1;
