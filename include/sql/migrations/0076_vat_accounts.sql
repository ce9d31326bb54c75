-- Which accounts have the VAT: those that codes post on, the second one of reverse charge among them, and those of vendors whose codes
-- name none.

alter table mart.dim_account add column is_vat boolean not null default false;
comment on column mart.dim_account.is_vat is
    'VAT is posted on it: a VAT code names it, as its account or contra account; of vendors whose codes name none, also what is settled with the authority.';

update mart.dim_account as d
set is_vat = true
from core.agreement as g
inner join mart.dim_agreement as m on m.agreement_id = g.agreement_id
where d.agreement_key = m.agreement_key
    and (
        exists (
            select
            from core.vat as v
            where v.agreement_id = g.agreement_id
                and d.account_number in (v.account_number, v.contra_account_number)
        )
        or exists (
            select
            from core.account as a
            where a.agreement_id = g.agreement_id
                and coalesce(a.code, a.account_number) = d.account_number
                and a.role in ('input_tax', 'output_tax', 'settled_tax', 'tax')
        )
    );
