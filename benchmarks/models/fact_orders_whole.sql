-- description: The same as fact_orders, computed whole whenever an order changes.
-- key: order_id
SELECT
    o.order_id,
    o.customer_id,
    o.product_id,
    o.quantity,
    o.amount,
    o.channel,
    o.ordered_on
FROM silver.orders AS o
