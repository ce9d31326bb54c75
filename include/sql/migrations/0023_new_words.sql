-- A word that a vendor adds to a list of its own stops nothing: it is drift, and people are notified of it once.

alter table ops.drift add column told_at timestamptz;
comment on table ops.drift is
    'Fields a vendor sends that the entity''s declaration does not know, and words that it does not (type=11). They are kept in staging.';
comment on column ops.drift.field is 'The field''s name, as the vendor writes it; name=value for a word of a list.';
comment on column ops.drift.told_at is 'When an alert told of a word; NULL: not yet, or a field.';

alter table ops.alert
    drop constraint alert_kind_check,
    add constraint alert_kind_check check (kind in ('failure', 'late', 'expiry', 'word'));
comment on column ops.alert.kind is
    'failure: a task keeps failing. late: a night has not finished by its time. expiry: a key is about to expire, or has. word: a vendor has added a word to a list; closed from the start.';

-- Types of drafts and accounts that were not known had no name.
delete from ops.progress where consumer = 'core' and source in ('accounts', 'payment_terms', 'draft_entries');
