-- Fails on purpose: the orders that exist already have no customer.
ALTER TABLE orders ADD COLUMN customer text;
ALTER TABLE orders ALTER COLUMN customer SET NOT NULL;
