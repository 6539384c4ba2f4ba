-- description: One row for each order; changed orders suffice to bring it up to date.
-- key: order_id
-- incremental: orders
SELECT
    o.order_id,
    o.customer_id,
    o.product_id,
    o.quantity,
    o.amount,
    o.channel,
    o.ordered_on
FROM silver.orders AS o
