CREATE TABLE orders (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    product text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now()
);

INSERT INTO orders (product) VALUES ('apples'), ('bread'), ('cheese');
