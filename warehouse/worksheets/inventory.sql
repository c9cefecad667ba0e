-- How is the stock? Over goods whose books are opened: days it lasts, part of it that sold, part that is out, and part
-- to order. These are sums divided by sums (kpis.yaml: days_of_supply, sell_through, stock_out_rate, reorder_share),
-- so a store that sells much counts for much.
SELECT
    MAX(as_of_date) AS as_of_date,
    COUNT_IF(is_tracked) AS tracked_products,
    COUNT_IF(NOT is_tracked) AS untracked_products,
    (
        SUM(IFF(is_tracked AND NOT is_negative, on_hand, 0))
        / NULLIF(SUM(IFF(is_tracked, daily_demand, 0))::NUMBER(28, 6), 0)
    )::NUMBER(18, 6) AS days_of_supply,
    (SUM(IFF(is_tracked, demand, 0)) / NULLIF(SUM(IFF(is_tracked, available, 0)), 0))::NUMBER(18, 6) AS sell_through,
    (COUNT_IF(is_tracked AND is_stock_out) / NULLIF(COUNT_IF(is_tracked), 0))::NUMBER(18, 6) AS stock_out_rate,
    (
        COUNT_IF(is_below_reorder_point) / NULLIF(COUNT_IF(reorder_point IS NOT NULL), 0)
    )::NUMBER(18, 6) AS reorder_share
FROM gold.inventory_now;

-- What is the stock worth, per store and currency, and of how many goods in stock is the cost not known?
SELECT
    store_id,
    currency,
    SUM(stock_value) AS stock_value,
    COUNT_IF(on_hand > 0) AS products_in_stock,
    COUNT_IF(on_hand > 0 AND unit_cost IS NULL) AS products_without_cost
FROM gold.inventory_now
GROUP BY store_id, currency
ORDER BY store_id, currency;

-- What should be ordered now? The fifty most urgent: stock at or below demand over the lead time plus safety stock.
SELECT
    stock.store_id,
    stock.product_id,
    product.description,
    stock.on_hand,
    stock.reorder_point,
    (stock.reorder_point - stock.on_hand)::NUMBER(22, 3) AS missing_units,
    stock.days_of_supply,
    stock.lead_time_days
FROM gold.inventory_now AS stock
LEFT JOIN gold.dim_product AS product
    ON stock.product_id = product.product_id AND product.is_current
WHERE stock.is_below_reorder_point
ORDER BY stock.days_of_supply ASC NULLS LAST, missing_units DESC, stock.store_id ASC, stock.product_id ASC
LIMIT 50;

-- What is sold out, and how many units a day are asked for in vain? The fifty most wanted.
SELECT
    store_id,
    product_id,
    on_hand,
    daily_demand,
    last_moved_date,
    DATEDIFF('day', last_moved_date, as_of_date) AS days_without_movement
FROM gold.inventory_now
WHERE is_stock_out AND daily_demand > 0
ORDER BY daily_demand DESC, store_id ASC, product_id ASC
LIMIT 50;

-- What lies there and does not sell? The fifty dearest goods without any demand in 28 days.
SELECT
    store_id,
    product_id,
    currency,
    on_hand,
    stock_value,
    last_moved_date
FROM gold.inventory_now
WHERE demand = 0 AND on_hand > 0
ORDER BY stock_value DESC NULLS LAST, store_id ASC, product_id ASC
LIMIT 50;

-- How much is lost, per store and month: units that counts found missing, and their part of units sold?
-- Shrink is positive for a loss (kpis.yaml: shrink_units, shrink_rate). A count that opens the books is none.
SELECT
    store_id,
    DATE_TRUNC('MONTH', business_date)::DATE AS month_date,
    -SUM(shrink) AS shrink_units,
    SUM(sold) AS units_sold,
    (-SUM(shrink) / NULLIF(SUM(sold), 0))::NUMBER(18, 6) AS shrink_rate,
    SUM(written_off) AS units_written_off
FROM gold.fct_inventory_daily
GROUP BY store_id, DATE_TRUNC('MONTH', business_date)::DATE
ORDER BY store_id, month_date;

-- Which counts differed most from the books? The twenty largest; phantom: none was there where the books held some.
SELECT
    business_date,
    store_id,
    product_id,
    (counted_quantity - count_variance)::NUMBER(22, 3) AS expected_quantity,
    counted_quantity,
    count_variance,
    is_phantom
FROM gold.fct_inventory_movements
WHERE count_variance <> 0
ORDER BY ABS(count_variance) DESC, business_date ASC, store_id ASC, product_id ASC
LIMIT 20;

-- Can the books be trusted, per store? Part of the days of opened books that ended below zero (kpis.yaml:
-- negative_stock_share), days with a phantom, days on which more was sold than the books held.
SELECT
    store_id,
    COUNT_IF(is_tracked) AS tracked_days,
    (COUNT_IF(is_tracked AND is_negative) / NULLIF(COUNT_IF(is_tracked), 0))::NUMBER(18, 6) AS negative_stock_share,
    COUNT_IF(is_phantom) AS phantom_days,
    COUNT_IF(is_sold_while_out) AS sold_while_out_days
FROM gold.fct_inventory_daily
GROUP BY store_id
ORDER BY store_id;

-- What is earned, per currency? Margin of sales whose cost is known, its part of their net sales, and beside it the
-- part of net sales whose cost is not known (kpis.yaml: margin, margin_rate, sales_without_cost_share).
WITH sold AS (
    SELECT
        currency,
        net_amount,
        cost_amount,
        IFF(cost_amount IS NULL, NULL, net_amount) AS net_with_cost
    FROM gold.fct_inventory_movements
    WHERE movement_type IN ('SALE', 'RETURN')
)

SELECT
    currency,
    SUM(net_amount) AS net_sales,
    SUM(net_with_cost) - SUM(cost_amount) AS margin,
    ((SUM(net_with_cost) - SUM(cost_amount)) / NULLIF(SUM(net_with_cost), 0))::NUMBER(18, 6) AS margin_rate,
    (
        SUM(IFF(cost_amount IS NULL, net_amount, 0)) / NULLIF(SUM(net_amount), 0)
    )::NUMBER(18, 6) AS sales_without_cost_share
FROM sold
GROUP BY currency
ORDER BY currency;

-- On which goods is most earned? The twenty best of each currency, returns taken off.
WITH sold AS (
    SELECT
        currency,
        product_id,
        -SUM(quantity) AS units,
        SUM(net_amount) AS net_sales,
        SUM(net_amount) - SUM(cost_amount) AS margin
    FROM gold.fct_inventory_movements
    WHERE movement_type IN ('SALE', 'RETURN') AND cost_amount IS NOT NULL
    GROUP BY currency, product_id
)

SELECT
    currency,
    product_id,
    units,
    net_sales,
    margin,
    (margin / NULLIF(net_sales, 0))::NUMBER(18, 6) AS margin_rate
FROM sold
QUALIFY ROW_NUMBER() OVER (PARTITION BY currency ORDER BY margin DESC, product_id ASC) <= 20
ORDER BY currency, margin DESC, product_id;

-- What moved the stock of each store on each of its last fourteen days? The columns add up to the change.
WITH days AS (
    SELECT
        store_id,
        business_date,
        SUM(closing - opening) AS change,
        SUM(received + transferred_in - transferred_out - returned_to_vendor) AS delivered,
        SUM(returned - sold) AS sold_net,
        SUM(adjusted - written_off) AS corrected,
        SUM(opened) AS opened,
        SUM(shrink) AS shrink
    FROM gold.fct_inventory_daily
    GROUP BY store_id, business_date
)

SELECT
    store_id,
    business_date,
    change,
    delivered,
    sold_net,
    corrected,
    opened,
    shrink
FROM days
QUALIFY ROW_NUMBER() OVER (PARTITION BY store_id ORDER BY business_date DESC) <= 14
ORDER BY store_id, business_date DESC;

-- Do movements, days and present stock agree? Goods for which they do not, at most 20; none is good.
WITH moved AS (
    SELECT
        store_id,
        product_id,
        SUM(quantity) AS by_movements
    FROM gold.fct_inventory_movements
    GROUP BY store_id, product_id
),

closed AS (
    SELECT
        store_id,
        product_id,
        closing AS by_days
    FROM gold.fct_inventory_daily
    QUALIFY ROW_NUMBER() OVER (PARTITION BY store_id, product_id ORDER BY business_date DESC) = 1
)

SELECT
    stock.store_id,
    stock.product_id,
    stock.on_hand,
    closed.by_days,
    moved.by_movements
FROM gold.inventory_now AS stock
LEFT JOIN moved ON stock.store_id = moved.store_id AND stock.product_id = moved.product_id
LEFT JOIN closed ON stock.store_id = closed.store_id AND stock.product_id = closed.product_id
WHERE stock.on_hand IS DISTINCT FROM moved.by_movements OR stock.on_hand IS DISTINCT FROM closed.by_days
ORDER BY stock.store_id, stock.product_id
LIMIT 20;
