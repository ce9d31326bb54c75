-- What leaves: one register of exports to accounting systems, and one of XLSX files of purchase documents with the
-- snapshot of each document in them.

create table ops.export_job (
    export_id uuid primary key,
    organisation text not null,
    target text not null check (target in ('business_central', 'xledger')),
    kind text not null check (kind in ('expense', 'honorarium', 'purchase_document')),
    source_id text not null,
    revision integer not null check (revision > 0),
    payload jsonb not null,
    payload_hash text not null,
    idempotency_key text not null unique,
    status text not null check (
        status in ('pending', 'sending', 'created', 'posted', 'failed', 'review', 'cancelled', 'unknown')
    ),
    external_reference text,
    attempts integer not null default 0,
    next_attempt_at timestamptz,
    last_error_family text,
    last_error text,
    created_by text not null,
    created_at timestamptz not null,
    updated_at timestamptz not null
);
create index export_job_by_source on ops.export_job (organisation, kind, source_id, revision);
create index export_job_due on ops.export_job (next_attempt_at)
    where status in ('pending', 'sending', 'failed', 'unknown');
comment on table ops.export_job is
    'What goes to an accounting system, one row per revision of an expense, a fee or a purchase document and target.';
comment on column ops.export_job.export_id is 'Its key.';
comment on column ops.export_job.organisation is 'Whose it is: the name of a file of the exports'' configuration.';
comment on column ops.export_job.target is 'The system it goes to: business_central or xledger.';
comment on column ops.export_job.kind is 'expense, honorarium or purchase_document.';
comment on column ops.export_job.source_id is 'Its id where it comes from.';
comment on column ops.export_job.revision is 'Counts its versions from 1: what was exported is never changed, a new revision is.';
comment on column ops.export_job.payload is 'What is to be exported, as it came in.';
comment on column ops.export_job.payload_hash is 'SHA-256 of the payload: whether the same one came again.';
comment on column ops.export_job.idempotency_key is 'What keeps it from being made twice, here and in the target.';
comment on column ops.export_job.status is
    'pending, sending, created, posted; failed (is tried again), review (a person must decide), cancelled, unknown (sent, '
    'and no answer seen: it is looked up before anything else happens).';
comment on column ops.export_job.external_reference is 'What the target calls it.';
comment on column ops.export_job.attempts is 'How often it was tried.';
comment on column ops.export_job.next_attempt_at is 'Not to be tried before then; NULL: at any time.';
comment on column ops.export_job.last_error_family is 'Error family of the last attempt that failed.';
comment on column ops.export_job.last_error is 'What it said.';
comment on column ops.export_job.created_by is 'Who asked for it.';
comment on column ops.export_job.created_at is 'When it was asked for.';
comment on column ops.export_job.updated_at is 'When something of this row last changed.';

create table ops.export_attempt (
    export_attempt_id bigint generated always as identity primary key,
    export_id uuid not null references ops.export_job on delete cascade,
    started_at timestamptz not null,
    duration_ms integer,
    request jsonb not null,
    status_code integer,
    answer text,
    outcome text not null check (outcome in ('running', 'done', 'refused', 'failed', 'unknown'))
);
create index export_attempt_by_job on ops.export_attempt (export_id, export_attempt_id);
comment on table ops.export_attempt is 'Calls to accounting systems about an export, one row a call.';
comment on column ops.export_attempt.export_attempt_id is 'Its key; grows.';
comment on column ops.export_attempt.export_id is 'Which export: ops.export_job.';
comment on column ops.export_attempt.started_at is 'When it was sent.';
comment on column ops.export_attempt.duration_ms is 'Milliseconds to its answer; NULL while none is there.';
comment on column ops.export_attempt.request is 'Method, path and body, without secrets.';
comment on column ops.export_attempt.status_code is 'HTTP status of the answer; NULL where there was none.';
comment on column ops.export_attempt.answer is 'How the answer began.';
comment on column ops.export_attempt.outcome is
    'done, refused (it will be again), failed (it may work later), unknown (no good answer seen); running: killed, or not ended yet.';

-- A file gets its number when it is claimed. Numbers of files that came to nothing are not given again.
create sequence ops.export_file_number as bigint;
create table ops.export_file (
    file_id bigint primary key,
    agreement_id text not null,
    name text not null unique,
    layout text not null,
    is_logged boolean not null,
    is_again boolean not null,
    status text not null check (
        status in ('claimed', 'stored', 'registered', 'abandoned', 'deleting', 'deleted')
    ),
    documents integer not null,
    rows bigint not null,
    bytes bigint,
    sha256 text,
    path text,
    first_created_at timestamptz,
    last_created_at timestamptz,
    first_invoice_date date,
    last_invoice_date date,
    created_by text not null,
    made_for text,
    created_at timestamptz not null,
    registered_at timestamptz,
    ended_at timestamptz,
    ended_by text,
    note text,
    check (status not in ('stored', 'registered', 'deleting', 'deleted') or sha256 is not null),
    check ((status in ('abandoned', 'deleting', 'deleted')) = (ended_at is not null))
);
create index export_file_of_agreement on ops.export_file (agreement_id, file_id);
create index export_file_to_settle on ops.export_file (agreement_id)
    where status in ('claimed', 'stored', 'deleting');
comment on table ops.export_file is
    'XLSX files of purchase documents. A row is there before its file is: what a kill leaves behind is found by it.';
comment on column ops.export_file.file_id is 'Its number, as in its name: later files have higher ones.';
comment on column ops.export_file.agreement_id is 'The agreement''s id, as in its file.';
comment on column ops.export_file.name is 'Its name, by which the store has it.';
comment on column ops.export_file.layout is 'Id of the layout it was written by.';
comment on column ops.export_file.is_logged is 'Whether its documents count as exported by it.';
comment on column ops.export_file.is_again is 'Whether documents that had been exported, and had not changed, were asked for again.';
comment on column ops.export_file.status is
    'claimed (its documents are chosen), stored (written, and sent to the store), registered (read back and compared: it '
    'counts), abandoned (came to nothing), deleting (does not count any more, and is being removed), deleted.';
comment on column ops.export_file.documents is 'How many documents are in it.';
comment on column ops.export_file.rows is 'How many rows, without the header.';
comment on column ops.export_file.bytes is 'Its size.';
comment on column ops.export_file.sha256 is 'SHA-256 of its bytes, known before it is sent.';
comment on column ops.export_file.path is 'Where it lies in the store.';
comment on column ops.export_file.first_created_at is 'When the first of its documents was made at the vendor.';
comment on column ops.export_file.last_created_at is 'When the last of them was.';
comment on column ops.export_file.first_invoice_date is 'The earliest date of its documents.';
comment on column ops.export_file.last_invoice_date is 'The latest of them.';
comment on column ops.export_file.created_by is 'Who asked for it.';
comment on column ops.export_file.made_for is
    'What it was made for: a run, a request or an Idempotency-Key. The same one asks for it again, and gets it, for seven days.';
comment on column ops.export_file.created_at is 'When its documents were chosen: they are as they were then.';
comment on column ops.export_file.registered_at is 'Since when it counts.';
comment on column ops.export_file.ended_at is 'When it was deleted or abandoned.';
comment on column ops.export_file.ended_by is 'Who deleted it.';
comment on column ops.export_file.note is 'What a reader should know of it, or why it was abandoned.';

create table ops.export_file_document (
    file_id bigint not null references ops.export_file on delete cascade,
    agreement_id text not null,
    document_number text not null,
    version bigint not null,
    snapshot jsonb not null,
    primary key (file_id, document_number)
);
create index export_file_document_of_agreement on ops.export_file_document (agreement_id, document_number, file_id);
comment on table ops.export_file_document is 'Which documents are in which file, and what they were when it was made.';
comment on column ops.export_file_document.file_id is 'Which file: ops.export_file.';
comment on column ops.export_file_document.agreement_id is 'The file''s agreement.';
comment on column ops.export_file_document.document_number is 'The document: core.purchase_document.';
comment on column ops.export_file_document.version is 'Its version at the vendor.';
comment on column ops.export_file_document.snapshot is
    '{version, kind, state, date, supplier {number, code, name}, currency, amounts {net, gross, netBase, grossBase}, lines '
    '[{description, quantity, quantityText, price, vat, account, project, product, period, net, netBase}], deleted}. '
    'Amounts are texts with 2 to 4 decimals.';

-- Of core, since the facts follow it by change_seq as they follow the documents:
--     -- again with: core.purchase_document_export by document_number
-- and left join it by (agreement_id, document_number): no row, or file_id null, is not exported.
create table core.purchase_document_export (
    agreement_id text not null,
    document_number text not null,
    file_id bigint,
    file_name text,
    exported_at timestamptz,
    all_files text [] not null,
    is_exported boolean not null generated always as (file_id is not null) stored,
    is_mutated boolean not null generated always as (mutations <> '[]'::jsonb) stored,
    mutations jsonb not null,
    change_seq bigint not null,
    primary key (agreement_id, document_number)
);
create index on core.purchase_document_export (agreement_id, change_seq);
comment on table core.purchase_document_export is
    'Purchase documents that are or were in a file: in which, and what has changed since. Kept by triggers on the documents '
    'and by the register of exports; never written otherwise.';
comment on column core.purchase_document_export.file_id is 'The newest logged file it is in (ops.export_file); NULL: it is not exported.';
comment on column core.purchase_document_export.file_name is 'Name of that file.';
comment on column core.purchase_document_export.exported_at is 'As what it was then it is in that file.';
comment on column core.purchase_document_export.all_files is 'Names of all files it is in, the oldest first, also those that were not logged.';
comment on column core.purchase_document_export.is_exported is 'Whether it is in a logged file.';
comment on column core.purchase_document_export.is_mutated is 'Whether it is another one now than in that file.';
comment on column core.purchase_document_export.mutations is
    'What differs from that file: [{fieldName, oldValue, newValue}] of invoiceDate, status, type, contact, currency, amounts, '
    'lines, deleted, in this order.';

create function ops.export_amount(amount numeric) returns text
language sql immutable parallel safe
return to_char(amount, 'FM9999999999999999990.0099');
comment on function ops.export_amount(numeric) is 'An amount with 2 to 4 decimals, as texts of snapshots have it.';

create function ops.purchase_snapshots(of_agreement text, of_documents text [])
returns table (document_number text, version bigint, created_at timestamptz, date date, snapshot jsonb)
language sql stable
rows 1000
as $$
    select
        d.document_number,
        d.version,
        d.created_at,
        d.date,
        jsonb_build_object(
            'version', d.version,
            'kind', d.kind,
            'state', d.state,
            'date', d.date,
            'supplier', case when d.supplier_number is not null then jsonb_build_object(
                'number', d.supplier_number, 'code', coalesce(s.code, d.supplier_number), 'name', s.name
            ) end,
            'currency', d.currency,
            'amounts', jsonb_build_object(
                'net', ops.export_amount(d.net_amount),
                'gross', ops.export_amount(d.gross_amount),
                'netBase', ops.export_amount(d.net_amount_base),
                'grossBase', ops.export_amount(d.gross_amount_base)
            ),
            'lines', coalesce(l.lines, '[]'),
            'deleted', d.is_deleted
        ) as snapshot
    from core.purchase_document as d
    left join core.supplier as s
        on s.agreement_id = d.agreement_id
        and s.supplier_number = d.supplier_number
    left join lateral (
        select
            jsonb_agg(
                jsonb_build_object(
                    'description', l.description,
                    'quantity', trim_scale(l.quantity)::text,
                    'quantityText', l.quantity_text,
                    'price', trim_scale(l.unit_price)::text,
                    'vat', l.vat_code,
                    'account', l.account_number,
                    'project', l.project_number,
                    'product', l.product_number,
                    'period', l.period_text,
                    'net', ops.export_amount(l.net_amount),
                    'netBase', ops.export_amount(l.net_amount_base)
                )
                order by l.line_number, l.line_id
            ) as lines
        from core.purchase_document_line as l
        where l.agreement_id = d.agreement_id
            and l.document_number = d.document_number
            and not l.is_deleted
    ) as l on true
    where d.agreement_id = of_agreement
        and d.document_number = any (of_documents)
$$;
comment on function ops.purchase_snapshots(text, text []) is
    'What documents are now, as ops.export_file_document keeps it.';

create function ops.lines_missing(lines jsonb, others jsonb) returns jsonb
language sql immutable parallel safe
as $$
    select coalesce(jsonb_agg(s.line order by s.place), '[]')
    from (
        select
            o.line,
            o.place,
            row_number() over (partition by o.line order by o.place) as nth
        from jsonb_array_elements(lines) with ordinality as o (line, place)
    ) as s
    left join (
        select
            n.line,
            row_number() over (partition by n.line) as nth
        from jsonb_array_elements(others) as n (line)
    ) as t
        on t.line = s.line
        and t.nth = s.nth
    where t.nth is null
$$;
comment on function ops.lines_missing(jsonb, jsonb) is
    'Those of some lines that are not among the others, in their order. Two that are alike are two.';

-- Lines are compared whatever their order and their ids: only those that differ are shown.
create function ops.purchase_mutations(old_one jsonb, new_one jsonb) returns jsonb
language sql immutable parallel safe
as $$
    select
        coalesce(
            jsonb_agg(
                jsonb_build_object('fieldName', m.field, 'oldValue', m.was, 'newValue', m.now)
                order by m.place
            ),
            '[]'
        )
    from (
        select
            f.place,
            f.field,
            f.was,
            f.now
        from (
            values
            (1, 'invoiceDate', old_one -> 'date', new_one -> 'date'),
            (2, 'status', old_one -> 'state', new_one -> 'state'),
            (3, 'type', old_one -> 'kind', new_one -> 'kind'),
            (5, 'currency', old_one -> 'currency', new_one -> 'currency'),
            (6, 'amounts', old_one -> 'amounts', new_one -> 'amounts')
        ) as f (place, field, was, now)
        where f.was is distinct from f.now
            and not coalesce((new_one ->> 'deleted')::boolean, true)
        union all
        select
            4 as place,
            'contact' as field,
            old_one -> 'supplier' as was,
            new_one -> 'supplier' as now
        where old_one -> 'supplier' -> 'number' is distinct from new_one -> 'supplier' -> 'number'
            and not coalesce((new_one ->> 'deleted')::boolean, true)
        union all
        select
            7 as place,
            'lines' as field,
            d.was,
            d.now
        from (
            select
                ops.lines_missing(old_one -> 'lines', new_one -> 'lines') as was,
                ops.lines_missing(new_one -> 'lines', old_one -> 'lines') as now
        ) as d
        where d.was <> d.now
            and not coalesce((new_one ->> 'deleted')::boolean, true)
        union all
        select
            8 as place,
            'deleted' as field,
            to_jsonb(false) as was,
            to_jsonb(true) as now
        where coalesce((new_one ->> 'deleted')::boolean, true)
    ) as m
$$;
comment on function ops.purchase_mutations(jsonb, jsonb) is
    'What differs between two snapshots of a document; of one that was deleted, that alone.';

create function ops.renew_purchase_exports(
    of_agreement text, of_documents text [], may_add boolean
) returns bigint
language plpgsql
as $$
declare
    renewed bigint;
begin
    -- Whoever changes a document and whoever registers it as exported wait for each other here, until the other has
    -- committed: neither can overlook the other, and change_seq grows in the order of commits.
    perform pg_advisory_xact_lock(hashtextextended('saldo ' || of_agreement || ' state of purchase exports', 0));
    with filed as materialized (
        select
            d.document_number,
            array_agg(f.name order by f.file_id) as all_files,
            max(f.file_id) filter (where f.is_logged) as file_id
        from ops.export_file_document as d
        inner join ops.export_file as f on f.file_id = d.file_id
        where d.agreement_id = of_agreement
            and d.document_number = any (of_documents)
            and f.status = 'registered'
        group by d.document_number
    ),

    known as materialized (
        select f.document_number
        from filed as f
        where may_add
        union
        select e.document_number
        from core.purchase_document_export as e
        where e.agreement_id = of_agreement
            and e.document_number = any (of_documents)
    ),

    present as materialized (
        select
            s.document_number,
            s.snapshot
        from ops.purchase_snapshots(
            of_agreement,
            (select array_agg(f.document_number) from filed as f where f.file_id is not null)
        ) as s
    ),

    change as materialized (
        select nextval('core.change_seq') as change_seq
        from known
        limit 1
    )

    insert into core.purchase_document_export as t (
        agreement_id, document_number, file_id, file_name, exported_at, all_files, mutations, change_seq
    )
    select
        of_agreement,
        k.document_number,
        f.file_id,
        n.name,
        n.created_at,
        coalesce(f.all_files, '{}'),
        case
            when f.file_id is null then '[]'
            when p.snapshot = d.snapshot then '[]'
            else ops.purchase_mutations(d.snapshot, p.snapshot)
        end,
        c.change_seq
    from known as k
    cross join change as c
    left join filed as f on f.document_number = k.document_number
    left join ops.export_file as n on n.file_id = f.file_id
    left join ops.export_file_document as d
        on d.file_id = f.file_id
        and d.document_number = k.document_number
    left join present as p on p.document_number = k.document_number
    on conflict (agreement_id, document_number) do update set
        file_id = excluded.file_id,
        file_name = excluded.file_name,
        exported_at = excluded.exported_at,
        all_files = excluded.all_files,
        mutations = excluded.mutations,
        change_seq = excluded.change_seq
    where row(t.file_id, t.all_files, t.mutations) is distinct from
        row(excluded.file_id, excluded.all_files, excluded.mutations);
    get diagnostics renewed = row_count;
    return renewed;
end
$$;
comment on function ops.renew_purchase_exports(text, text [], boolean) is
    'Brings core.purchase_document_export up to date for some documents; returns how many rows changed. may_add: also rows '
    'for documents that have none yet, which the register alone does: what is erased with its agreement stays so.';

create function ops.follow_purchase_documents() returns trigger
language plpgsql
as $$
declare
    part record;
begin
    for part in
        select
            r.agreement_id,
            array_agg(distinct r.document_number) as documents
        from changed_rows as r
        group by r.agreement_id
        order by r.agreement_id
    loop
        perform ops.renew_purchase_exports(part.agreement_id, part.documents, false);
    end loop;
    return null;
end
$$;
comment on function ops.follow_purchase_documents() is 'What changed of documents that are in files shows in core.purchase_document_export.';

create trigger follow_inserted after insert on core.purchase_document
referencing new table as changed_rows
for each statement execute function ops.follow_purchase_documents();
create trigger follow_updated after update on core.purchase_document
referencing new table as changed_rows
for each statement execute function ops.follow_purchase_documents();
create trigger follow_deleted after delete on core.purchase_document
referencing old table as changed_rows
for each statement execute function ops.follow_purchase_documents();
create trigger follow_inserted after insert on core.purchase_document_line
referencing new table as changed_rows
for each statement execute function ops.follow_purchase_documents();
create trigger follow_updated after update on core.purchase_document_line
referencing new table as changed_rows
for each statement execute function ops.follow_purchase_documents();
create trigger follow_deleted after delete on core.purchase_document_line
referencing old table as changed_rows
for each statement execute function ops.follow_purchase_documents();

comment on column ops.audit.action is
    'run started, deletes confirmed, document opened, purchases exported, export deleted, export file opened, '
    'export file stored, export file removed, personal data erased.';
