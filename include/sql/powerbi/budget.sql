-- grain: one scenario, month, account and department, in the months that the scenario has a budget for
-- reads: mart.fact_budget_vs_actual
-- writes: nothing
-- sign and currency: debit positive, base currency
select
    b.agreement_key,
    b.account_key,
    b.account_number,
    b.department_key,
    b.month,
    b.is_balance_sheet,
    b.actual_base,
    b.budget_base,
    b.variance_base
from mart.fact_budget_vs_actual as b
where b.agreement_key = %(agreement_key)s
    and b.scenario = %(scenario)s
    and b.month between %(first_day)s and %(last_day)s
