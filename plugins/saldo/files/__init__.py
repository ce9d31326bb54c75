"""Files of people: what they are configured as, where they lie, and what of them is new.

What they are: configuration, loading, layouts, subjects. Where they lie: places. One look at them: intake, with register and
state (what is known of them), leaving, withdrawing, together and locking; trial is a look that keeps nothing. What their
rows become: choice of kinds (budgets, mappings), expense_files with expense_claims, own_rates; copying, judging, companies
and excerpting serve all. What counts after: in_force, effects, facts, totals. What their owners hear: mails.
"""
