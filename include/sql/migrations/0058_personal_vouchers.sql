-- The vouchers of one agreement that are personal, for who reads the mart as its owner: the pages of the console.
create function ops.personal_vouchers(of_agreement bigint) returns table (voucher_number text, accounting_year text)
language sql stable
begin atomic
    select
        coalesce(f.voucher_number, '') as voucher_number,
        coalesce(f.accounting_year, '') as accounting_year
    from ops.personal_account_key as a
    inner join mart.fact_journal_entries as f
        on f.account_key = a.account_key
        and f.agreement_key = a.agreement_key
    where a.agreement_key = $1
    union
    select
        coalesce(f.voucher_number, '') as voucher_number,
        coalesce(f.accounting_year, '') as accounting_year
    from ops.personal_number as p
    inner join mart.fact_journal_entries as f
        on f.account_key = -1
        and f.agreement_key = p.agreement_key
        and (p.is_coded or ops.is_in_range(f.account_number, p.first_number, p.last_number))
    where p.agreement_key = $1;
end;
comment on function ops.personal_vouchers(bigint) is
    'Vouchers of an agreement (its agreement_key) with a line on a personal account: number and accounting year, empty where the line has none.';
