-- DuckDB 1.2 or later: the state now of an entity in the lake (docs/reading-the-lake.md).
--
-- set variable files = lake_files('lake/economic-prod/nordlys/entries');
-- from lake_state_now(getvariable('files'), ['entryNumber']);

-- The files that count: of every folder the newest full_sync, and every sync_changes after it. folder: of one entity;
-- with a * for the agreement, of many.
create or replace macro lake_files(folder) as (
    with
        found as (
            select
                file,
                regexp_extract(file, '^(.*)[/\\]', 1) as place,
                regexp_extract(file, '(full_sync|sync_changes)-\d{8}_\d\d_\d\d_\d\d-\w+\.parquet$', 1) as kind,
                regexp_extract(file, '-(\d{8}_\d\d_\d\d_\d\d)-\w+\.parquet$', 1) as stamp
            from glob(folder || '/*.parquet')
        ),
        dated as (
            select
                *,
                max(stamp) filter (kind = 'full_sync') over (partition by place) as begins
            from found
        )
    select list(file order by place, stamp)
    from dated
    where stamp >= begins
);

-- The last row of every key, unless it says that the record is gone. files: of one entity; key: the names of its
-- key columns, as saldo.key in the files' metadata has them. Only changes are sorted, which are few: a row of a full_sync
-- counts when none of them has its key.
create or replace macro lake_state_now(files, key) as table (
    with
        read as not materialized (
            select
                *,
                row(*columns(key)) as _key,
                regexp_matches(filename, '[/\\]full_sync-[^/\\]*$') as _is_full
            from read_parquet(files, filename = true, file_row_number = true, union_by_name = true)
        ),
        changed as materialized (
            select *
            from read
            where not _is_full
            qualify row_number() over (
                partition by _agreement_id, _key
                order by
                    regexp_extract(filename, '-(\d{8}_\d\d_\d\d_\d\d)-\w+\.parquet$', 1) desc,
                    file_row_number desc
            ) = 1
        )
    select * exclude (_key, _is_full, filename, file_row_number)
    from read
    where _is_full
        and not exists (
            select 1
            from changed
            where changed._agreement_id = read._agreement_id and changed._key = read._key
        )
    union all
    select * exclude (_key, _is_full, filename, file_row_number)
    from changed
    where mutationType <> 'DELETED'
);
