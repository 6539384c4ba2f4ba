"""Spark SQL of every kind that a model may hold, over one table of all types: `silver.things`.

Of the lists each line holds expressions between commas.
"""

from __future__ import annotations

EXPRESSIONS = r"""
i + j, i - j, i * j, i + b, b + c, b - c, b * c, -i, -b, abs(i), abs(b), i % j, b % c, i div j
b div c, i / j, b / c, d / e, d / i, e / d, g / d, i / d, d / 3, x / y, x / i, d / x, d / 0, i / 0
i % 0, abs(-CAST(0 / 0 AS DECIMAL(14, 3)))
-d, -x, d + e, d - e, d * e, d + i, d + 1, d * 2, 1.5 * d, e * 0.001, f + d, g * d, d + b
x + y, x * y, x - d, d + d + d, (d + e) * g, CAST(d * e AS DECIMAL(20, 4)) / e, abs(d), abs(x)
100 * d / (e + 1), round(d), round(d, 1), round(d, 5), round(e, 2), round(f, 3), round(g, 4)
ceil(d), floor(d), ceil(x), floor(x), ceil(i), floor(g), ceil(f), CAST(d AS INT)
CAST(d AS BIGINT), CAST(f AS INT), CAST(f AS BIGINT), CAST(x AS INT), CAST(x AS BIGINT)
CAST(b AS INT), CAST(i AS BIGINT), CAST(i AS DOUBLE), CAST(b AS DOUBLE), CAST(d AS DOUBLE)
CAST(f AS DOUBLE), CAST(e AS DOUBLE), CAST(d AS DECIMAL(5, 1)), CAST(e AS DECIMAL(18, 2))
CAST(f AS DECIMAL(38, 4)), CAST(x AS DECIMAL(10, 2)), CAST(x AS DECIMAL(38, 10))
CAST(i AS DECIMAL(5, 2)), CAST(b AS DECIMAL(38, 5)), CAST(g AS DECIMAL(3, 3)), CAST(p AS INT)
CAST(i AS STRING), CAST(b AS STRING), CAST(d AS STRING), CAST(g AS STRING), CAST(e AS STRING)
CAST(p AS STRING), CAST(q AS STRING), CAST(m AS STRING), CAST(m AS DATE), CAST(q AS TIMESTAMP)
CAST('2024-02-29' AS DATE), CAST('12.50' AS DECIMAL(10, 2)), DATE '2024-01-01'
TIMESTAMP '2024-01-01 10:00:00', CAST(NULL AS INT), i = j, i < b, d > e, d = 1, d >= 1.5, x = y
x < y, x > d, x <=> y, i <=> j, s < t, s = t, s <=> t, q < r, q = m, m > '2024-01-01'
q >= '2024-01-01', q BETWEEN '1900-01-01' AND '2024-06-01', m < q, p = TRUE, i IN (1, 2, 7)
i NOT IN (1, NULL), s IN ('a', 'b'), q IN ('2024-02-29'), d IN (1, 2.5), x IN (0, 0.5)
i BETWEEN 0 AND 5, d NOT BETWEEN 1 AND 2, i IS NULL, p IS TRUE, NOT p, p AND i > 0, p OR s = 'a'
p IS NOT NULL, if(p, i, j), if(i > 0, d, e), if(p, i, d), if(p, 1, 2.5)
CASE WHEN p THEN s WHEN i > 0 THEN t END
CASE i WHEN 1 THEN 'one' WHEN 2 THEN 'two' ELSE 'many' END, CASE WHEN p THEN NULL ELSE d END
nvl2(i, d, 0), coalesce(i, j, 0), coalesce(d, 0), coalesce(d, e, f), coalesce(s, 'none')
nvl(q, r), nullif(i, j), nullif(d, 0), greatest(i, j), least(i, b), greatest(d, e, 1), least(x, y)
greatest(s, t), greatest(q, r), greatest(x, i), upper(s), lower(s), trim(s), ltrim(s), rtrim(s)
length(s), left(s, 2), right(s, 2), substring(s, 2, 3), substring(s, 2), concat(s, t)
s || '-' || t, concat_ws('/', s, t), concat(s, NULL), replace(s, 'a', 'bb'), replace(s, 'a')
s LIKE '%a%', s LIKE '_b%', s NOT LIKE 'a_', s RLIKE '^[a-z]+$', s RLIKE 'a.b', s RLIKE '\\s'
concat(CAST(i AS STRING), '-', s), lower(concat(s, t)), upper(trim(s)), length(trim(s))
concat('{changed}', s), year(q), quarter(q), month(q), day(q), dayofmonth(q), dayofyear(q)
dayofweek(q), weekofyear(q), last_day(q), year(m), month(m), day(m), hour(m), minute(m), second(m)
extract(year FROM q), extract(hour FROM m), extract(week FROM m), datediff(q, r), datediff(m, q)
trunc(q, 'MM'), trunc(q, 'year'), trunc(q, 'week'), date_trunc('month', m), date_trunc('hour', m)
date_trunc('day', q), date_trunc('quarter', m), to_date(m), add_months(DATE '2024-01-31', k)
date_add(DATE '2024-02-27', k), date_sub(DATE '2024-03-01', k)
"""
GROUPED = r"""
COUNT(*), COUNT(i), COUNT(DISTINCT i), COUNT(DISTINCT i, j), SUM(i), SUM(b), SUM(d), SUM(e)
SUM(f), SUM(g), SUM(DISTINCT d), AVG(d), AVG(e), AVG(f), AVG(g), AVG(i), AVG(DISTINCT i), MIN(i)
MAX(d), MIN(s), MAX(s), MIN(q), MAX(m), MIN(x), MAX(x), MIN(p), MAX(p), COUNT_IF(p), BOOL_AND(p)
BOOL_OR(p), SUM(d) / COUNT(*), SUM(d) FILTER (WHERE p), COUNT(*) FILTER (WHERE i > 0)
SUM(IF(p, d, 0)), SUM(CAST(d * e AS DECIMAL(28, 6))), MAX(d) - MIN(d), CAST(SUM(d) AS BIGINT)
ROUND(AVG(d), 2), CAST(SUM(d) / NULLIF(SUM(e), 0) AS DECIMAL(20, 4)), SUM(k * d)
COALESCE(SUM(d), 0), SUM(CAST(x AS DECIMAL(20, 4))), COUNT(*) * 2, SUM(i) + COUNT(*)
MAX(upper(s))
"""
WINDOWED = r"""
ROW_NUMBER() OVER (PARTITION BY k ORDER BY d, id), RANK() OVER (ORDER BY d DESC)
DENSE_RANK() OVER (PARTITION BY p ORDER BY s DESC), LAG(d) OVER (PARTITION BY k ORDER BY id)
LEAD(s, 2) OVER (ORDER BY q, id), SUM(d) OVER (PARTITION BY k ORDER BY id)
SUM(i) OVER (PARTITION BY k), COUNT(*) OVER (PARTITION BY s)
MIN(q) OVER (PARTITION BY k ORDER BY m, id)
AVG(d) OVER (ORDER BY id ROWS BETWEEN 3 PRECEDING AND CURRENT ROW)
SUM(d) OVER (ORDER BY id ROWS BETWEEN UNBOUNDED PRECEDING AND 1 FOLLOWING)
FIRST_VALUE(s) OVER (PARTITION BY k ORDER BY id), ROW_NUMBER() OVER (ORDER BY x, id)
MAX(d) OVER (PARTITION BY k ORDER BY q RANGE BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW)
"""
QUERIES = """
SELECT k, p, COUNT(*) AS n FROM silver.things GROUP BY k, p HAVING COUNT(*) > 1

SELECT DISTINCT s, p FROM silver.things

SELECT a.id, b.id AS other FROM silver.things a LEFT JOIN silver.things b ON a.i = b.j AND a.id
< b.id

SELECT COALESCE(a.id, -1) AS id, COALESCE(b.id, -1) AS other FROM silver.things a FULL OUTER
JOIN silver.things b ON a.d = b.e

SELECT a.id FROM silver.things a LEFT SEMI JOIN silver.things b ON a.s = b.t

SELECT a.id FROM silver.things a LEFT ANTI JOIN silver.things b ON a.s <=> b.t

SELECT id FROM silver.things WHERE i IN (SELECT j FROM silver.things WHERE p)

SELECT a.id, EXISTS (SELECT 1 FROM silver.things b WHERE b.j = a.i) AS found FROM silver.things
a

SELECT id, (SELECT MAX(d) FROM silver.things) AS top FROM silver.things WHERE NOT p

WITH big AS (SELECT id, d FROM silver.things WHERE d > 1), all_ids AS (SELECT id FROM big)
SELECT b.id, b.d FROM big b JOIN all_ids USING (id)

SELECT id, s FROM silver.things UNION SELECT id, t FROM silver.things

SELECT s AS v FROM silver.things EXCEPT SELECT t FROM silver.things

SELECT i AS v FROM silver.things INTERSECT SELECT j FROM silver.things

SELECT id, d FROM silver.things ORDER BY d DESC, id LIMIT 20

SELECT id, s FROM silver.things ORDER BY s, id LIMIT 30 OFFSET 5

SELECT q.k, q.n FROM (SELECT k, COUNT(*) AS n FROM silver.things GROUP BY 1) q CROSS JOIN
(SELECT MAX(i) AS top FROM silver.things) m WHERE q.k <= m.top
"""
