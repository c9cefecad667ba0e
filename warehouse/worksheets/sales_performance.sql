-- How much was sold, per currency: lines, receipts, units, net sales ex tax, basket, share given back, known customers.
SELECT
    currency,
    COUNT(*) AS sales_lines,
    COUNT(DISTINCT event_id) AS receipts,
    SUM(quantity) AS units,
    SUM(net_amount) AS net_sales,
    (SUM(net_amount) / COUNT(DISTINCT event_id))::NUMBER(18, 4) AS net_per_receipt,
    (SUM(quantity) / COUNT(DISTINCT event_id))::NUMBER(18, 3) AS units_per_receipt,
    (
        -SUM(IFF(line_type = 'RETURN', net_amount, 0))
        / NULLIF(SUM(IFF(line_type = 'RETURN', 0, net_amount)), 0)
    )::NUMBER(18, 4) AS return_share,
    COUNT(DISTINCT NULLIF(customer_key, 'ERASED')) AS known_customers
FROM gold.fct_sales_lines
WHERE NOT is_void
GROUP BY currency
ORDER BY currency;

-- How did each business day go, against the same day a week before and as an average of seven trading days?
WITH daily AS (
    SELECT
        currency,
        business_date,
        SUM(receipt_count) AS receipts,
        SUM(units) AS units,
        SUM(net_amount) AS net_sales
    FROM gold.agg_sales_hourly
    GROUP BY currency, business_date
)

SELECT
    today.currency,
    today.business_date,
    calendar.day_name,
    today.receipts,
    today.units,
    today.net_sales,
    today.net_sales - week_before.net_sales AS change_to_week_before,
    AVG(today.net_sales) OVER (
        PARTITION BY today.currency ORDER BY today.business_date ROWS BETWEEN 6 PRECEDING AND CURRENT ROW
    )::NUMBER(18, 4) AS average_of_seven_days
FROM daily AS today
INNER JOIN gold.dim_date AS calendar ON today.business_date = calendar.business_date
LEFT JOIN daily AS week_before
    ON
        today.currency = week_before.currency
        AND today.business_date = DATEADD('day', 7, week_before.business_date)
ORDER BY today.currency, today.business_date;

-- At which hour of the store's own clock is sold most, and what share of the day is that?
SELECT
    currency,
    local_hour,
    SUM(receipt_count) AS receipts,
    SUM(net_amount) AS net_sales,
    (SUM(net_amount) / NULLIF(SUM(SUM(net_amount)) OVER (PARTITION BY currency), 0))::NUMBER(18, 4) AS share_of_sales
FROM gold.agg_sales_hourly
GROUP BY currency, local_hour
ORDER BY currency, local_hour;

-- Which stores sell most, with their rank and their share of all net sales?
SELECT
    currency,
    store_id,
    SUM(receipt_count) AS receipts,
    SUM(units) AS units,
    SUM(net_amount) AS net_sales,
    RANK() OVER (PARTITION BY currency ORDER BY SUM(net_amount) DESC) AS sales_rank,
    (SUM(net_amount) / NULLIF(SUM(SUM(net_amount)) OVER (PARTITION BY currency), 0))::NUMBER(18, 4) AS share_of_sales
FROM gold.agg_sales_hourly
GROUP BY currency, store_id
ORDER BY currency, sales_rank, store_id;

-- Which twenty products bring the most, fees and shipping aside?
SELECT
    lines.currency,
    lines.product_id,
    products.description,
    SUM(lines.quantity) AS units,
    SUM(lines.net_amount) AS net_sales
FROM gold.fct_sales_lines AS lines
INNER JOIN gold.dim_product AS products ON lines.product_id = products.product_id AND products.is_current
WHERE NOT lines.is_void AND lines.line_type IN ('ITEM', 'RETURN')
GROUP BY lines.currency, lines.product_id, products.description
QUALIFY ROW_NUMBER() OVER (PARTITION BY lines.currency ORDER BY SUM(lines.net_amount) DESC, lines.product_id ASC) <= 20
ORDER BY lines.currency, net_sales DESC, lines.product_id;

-- Which ten products moved most in the last seven days of sales against the seven days before?
WITH last_days AS (
    SELECT
        currency,
        MAX(business_date) AS last_date
    FROM gold.fct_sales_lines
    WHERE NOT is_void
    GROUP BY currency
),

weeks AS (
    SELECT
        lines.currency,
        lines.product_id,
        SUM(IFF(lines.business_date > DATEADD('day', -7, last_days.last_date), lines.net_amount, 0)) AS this_week,
        SUM(IFF(lines.business_date > DATEADD('day', -7, last_days.last_date), 0, lines.net_amount)) AS week_before
    FROM gold.fct_sales_lines AS lines
    INNER JOIN last_days ON lines.currency = last_days.currency
    WHERE
        NOT lines.is_void
        AND lines.line_type IN ('ITEM', 'RETURN')
        AND lines.business_date > DATEADD('day', -14, last_days.last_date)
    GROUP BY lines.currency, lines.product_id
)

SELECT
    currency,
    product_id,
    this_week,
    week_before,
    this_week - week_before AS change
FROM weeks
QUALIFY ROW_NUMBER() OVER (PARTITION BY currency ORDER BY ABS(this_week - week_before) DESC, product_id ASC) <= 10
ORDER BY currency, ABS(change) DESC, product_id;

-- What comes back? The twenty products with the largest value of returns, and their share of what was sold.
SELECT
    currency,
    product_id,
    -SUM(IFF(line_type = 'RETURN', quantity, 0)) AS units_returned,
    -SUM(IFF(line_type = 'RETURN', net_amount, 0)) AS value_returned,
    (
        -SUM(IFF(line_type = 'RETURN', net_amount, 0))
        / NULLIF(SUM(IFF(line_type = 'ITEM', net_amount, 0)), 0)
    )::NUMBER(18, 4) AS return_share
FROM gold.fct_sales_lines
WHERE NOT is_void AND line_type IN ('ITEM', 'RETURN')
GROUP BY currency, product_id
HAVING SUM(IFF(line_type = 'RETURN', net_amount, 0)) < 0
QUALIFY ROW_NUMBER() OVER (
    PARTITION BY currency ORDER BY SUM(IFF(line_type = 'RETURN', net_amount, 0)) ASC, product_id ASC
) <= 20
ORDER BY currency, value_returned DESC, product_id;

-- How large is a basket? Sales by number of lines.
WITH baskets AS (
    SELECT
        currency,
        event_id,
        COUNT(*) AS line_count,
        SUM(quantity) AS units,
        SUM(net_amount) AS net_sales
    FROM gold.fct_sales_lines
    WHERE NOT is_void AND transaction_type IN ('SALE', 'EXCHANGE')
    GROUP BY currency, event_id
)

SELECT
    currency,
    CASE
        WHEN line_count = 1 THEN '1'
        WHEN line_count <= 5 THEN '2 to 5'
        WHEN line_count <= 20 THEN '6 to 20'
        ELSE 'over 20'
    END AS lines_in_basket,
    COUNT(*) AS receipts,
    SUM(net_sales) AS net_sales,
    AVG(net_sales)::NUMBER(18, 4) AS net_per_receipt,
    AVG(units)::NUMBER(18, 3) AS units_per_receipt
FROM baskets
GROUP BY currency, lines_in_basket
ORDER BY currency, MIN(line_count);

-- Who buys? Known customers in ten equal groups by what they spent, the best group first.
WITH spending AS (
    SELECT
        currency,
        customer_key,
        COUNT(DISTINCT event_id) AS receipts,
        SUM(net_amount) AS net_sales
    FROM gold.fct_sales_lines
    WHERE NOT is_void AND customer_key <> 'ERASED'
    GROUP BY currency, customer_key
),

tenths AS (
    SELECT
        currency,
        receipts,
        net_sales,
        NTILE(10) OVER (PARTITION BY currency ORDER BY net_sales DESC, customer_key ASC) AS tenth
    FROM spending
)

SELECT
    currency,
    tenth,
    COUNT(*) AS customers,
    SUM(receipts) AS receipts,
    SUM(net_sales) AS net_sales,
    (SUM(net_sales) / NULLIF(SUM(SUM(net_sales)) OVER (PARTITION BY currency), 0))::NUMBER(18, 4) AS share_of_sales
FROM tenths
GROUP BY currency, tenth
ORDER BY currency, tenth;
