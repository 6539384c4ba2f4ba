-- description: The same as agg_orders_day, computed whole whenever an order changes.
-- key: ordered_on, channel
SELECT
    o.ordered_on,
    o.channel,
    CAST(SUM(o.amount) AS DECIMAL(24, 2)) AS amount,
    CAST(SUM(o.quantity) AS BIGINT) AS quantity,
    COUNT(*) AS orders
FROM gold.fact_orders_whole AS o
GROUP BY
    o.ordered_on,
    o.channel
