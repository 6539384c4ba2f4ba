-- description: Orders by day and channel; new rows are added to what stands.
-- key: ordered_on, channel
-- incremental: fact_orders
SELECT
    o.ordered_on,
    o.channel,
    CAST(SUM(o.amount) AS DECIMAL(24, 2)) AS amount,
    CAST(SUM(o.quantity) AS BIGINT) AS quantity,
    COUNT(*) AS orders
FROM gold.fact_orders AS o
GROUP BY
    o.ordered_on,
    o.channel
