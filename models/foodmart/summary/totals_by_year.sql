-- title: Totals by year, summed from the sale lines
SELECT
    'sales_' || CAST(d.year AS VARCHAR(4)) AS figure,
    CAST(SUM(f.unit_sales) AS BIGINT) AS units,
    CAST(SUM(f.store_sales) AS DECIMAL(20, 2)) AS store_sales
FROM gold.fact_sales AS f
INNER JOIN gold.dim_date AS d ON f.date_id = d.date_id
GROUP BY d.year
ORDER BY d.year
