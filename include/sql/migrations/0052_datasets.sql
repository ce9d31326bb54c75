-- Models of Power BI as subjects: their refreshes are recorded and reported like any other run.

do $$
declare
    name text;
begin
    foreach name in array array['sync_run', 'watermark', 'drift', 'alert', 'watched', 'audit'] loop
        execute format(
            'alter table ops.%1$I drop constraint %2$I, add constraint %2$I '
            'check (subject_kind in (''agreement'', ''file'', ''export'', ''rates'', ''dataset''))',
            name, name || '_subject_kind_check'
        );
        execute format(
            'comment on column ops.%1$I.subject_kind is %2$L',
            name, 'What it is about: agreement, file, export, rates or dataset (a model of Power BI)'
                || case when name = 'audit' then '; NULL where it concerns none.' else '.' end
        );
    end loop;
end
$$;
