-- Who buys, per currency? Known customers, the part of them who came back, and beside it the part of net sales that no
-- known customer stands for (kpis.yaml: known_customers, repeat_rate). Customers without consent are unknown.
SELECT
    currency,
    MAX(as_of_date) AS as_of_date,
    COUNT(*) AS known_customers,
    (COUNT_IF(is_repeat) / NULLIF(COUNT(*), 0))::NUMBER(18, 6) AS repeat_rate,
    SUM(net_amount) AS net_sales_of_known,
    (SUM(net_amount) / COUNT(*))::NUMBER(18, 4) AS net_per_customer,
    MAX(unknown_share) AS unknown_share
FROM gold.customer_rfm
GROUP BY currency
ORDER BY currency;

-- Which segments are there, how large are they and what do they bring? Segments: see the column's comment.
SELECT
    currency,
    segment,
    COUNT(*) AS customers,
    (COUNT(*) / SUM(COUNT(*)) OVER (PARTITION BY currency))::NUMBER(18, 6) AS share_of_customers,
    SUM(net_amount) AS net_sales,
    (SUM(net_amount) / NULLIF(SUM(SUM(net_amount)) OVER (PARTITION BY currency), 0))::NUMBER(18, 6) AS share_of_sales,
    (SUM(receipt_count) / COUNT(*))::NUMBER(18, 3) AS purchases_per_customer,
    (SUM(recency_days) / COUNT(*))::NUMBER(18, 1) AS average_recency_days
FROM gold.customer_rfm
GROUP BY currency, segment
ORDER BY currency, net_sales DESC, segment;

-- Whom are we losing? The twenty of each currency who bought often, have not for long, and brought most.
SELECT
    currency,
    customer_key,
    last_purchase_date,
    recency_days,
    receipt_count,
    net_amount
FROM gold.customer_rfm
WHERE segment = 'AT_RISK'
QUALIFY ROW_NUMBER() OVER (PARTITION BY currency ORDER BY net_amount DESC, customer_key ASC) <= 20
ORDER BY currency, net_amount DESC, customer_key;

-- How many purchases do customers make?
SELECT
    currency,
    CASE
        WHEN receipt_count = 1 THEN '1'
        WHEN receipt_count <= 3 THEN '2 to 3'
        WHEN receipt_count <= 10 THEN '4 to 10'
        ELSE 'over 10'
    END AS purchases,
    COUNT(*) AS customers,
    SUM(net_amount) AS net_sales
FROM gold.customer_rfm
GROUP BY currency, purchases
ORDER BY currency, MIN(receipt_count);

-- How many customers of each month are new (kpis.yaml: new_customers), how many come back (returning_customers,
-- returning_share), and what part of net sales has no known customer (unidentified_sales_share)?
SELECT
    currency,
    activity_month_date,
    SUM(IFF(customer_type = 'NEW', customer_count, 0)) AS new_customers,
    SUM(IFF(customer_type = 'RETURNING', customer_count, 0)) AS returning_customers,
    (
        SUM(IFF(customer_type = 'RETURNING', customer_count, 0)) / NULLIF(SUM(customer_count), 0)
    )::NUMBER(18, 6) AS returning_share,
    SUM(receipt_count) AS receipts,
    SUM(net_amount) AS net_sales,
    (
        SUM(IFF(customer_type = 'UNKNOWN', net_amount, 0)) / NULLIF(SUM(net_amount), 0)
    )::NUMBER(18, 6) AS unidentified_sales_share
FROM gold.customer_cohorts
GROUP BY currency, activity_month_date
ORDER BY currency, activity_month_date;

-- What part of net sales of all months has no known customer (kpis.yaml: unidentified_sales_share)?
SELECT
    currency,
    SUM(net_amount) AS net_sales,
    (
        SUM(IFF(customer_type = 'UNKNOWN', net_amount, 0)) / NULLIF(SUM(net_amount), 0)
    )::NUMBER(18, 6) AS unidentified_sales_share
FROM gold.customer_cohorts
GROUP BY currency
ORDER BY currency;

-- What part of each month's new customers is active one, two, three, six and twelve months later?
-- Null: the month has not come, or nobody of the cohort was active in it.
SELECT
    currency,
    cohort_month_date,
    MAX(cohort_customer_count) AS customers,
    MAX(IFF(month_number = 1, retention, NULL)) AS month_1,
    MAX(IFF(month_number = 2, retention, NULL)) AS month_2,
    MAX(IFF(month_number = 3, retention, NULL)) AS month_3,
    MAX(IFF(month_number = 6, retention, NULL)) AS month_6,
    MAX(IFF(month_number = 12, retention, NULL)) AS month_12
FROM gold.customer_cohorts
WHERE customer_type <> 'UNKNOWN'
GROUP BY currency, cohort_month_date
ORDER BY currency, cohort_month_date;

-- Which goods are bought together more often than by chance? The thirty pairs with the highest lift.
SELECT
    pair.product_id,
    one.description,
    pair.paired_product_id,
    other.description AS paired_description,
    pair.basket_count,
    pair.support,
    pair.confidence,
    pair.reverse_confidence,
    pair.lift,
    pair.unknown_share
FROM gold.basket_pairs AS pair
LEFT JOIN gold.dim_product AS one
    ON pair.product_id = one.product_id AND one.is_current
LEFT JOIN gold.dim_product AS other
    ON pair.paired_product_id = other.product_id AND other.is_current
ORDER BY pair.lift DESC, pair.basket_count DESC, pair.product_id ASC, pair.paired_product_id ASC
LIMIT 30;

-- What goes best with each product? Its three companions of highest confidence, for goods in many baskets.
WITH companions AS (
    SELECT
        product_id,
        paired_product_id AS companion_id,
        basket_count,
        confidence,
        lift
    FROM gold.basket_pairs
    UNION ALL
    SELECT
        paired_product_id AS product_id,
        product_id AS companion_id,
        basket_count,
        reverse_confidence AS confidence,
        lift
    FROM gold.basket_pairs
)

SELECT
    product_id,
    companion_id,
    basket_count,
    confidence,
    lift
FROM companions
WHERE lift > 1
QUALIFY ROW_NUMBER() OVER (PARTITION BY product_id ORDER BY confidence DESC, companion_id ASC) <= 3
ORDER BY product_id, confidence DESC, companion_id;
