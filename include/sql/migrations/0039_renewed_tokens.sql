-- Access tokens that were renewed are kept for the next task.

create table ops.renewed_token (
    credentials text primary key,
    sealed bytea not null,
    renewed_at timestamptz not null
);
comment on table ops.renewed_token is
    'Tokens of apps that were renewed since a person entered them in a connection, encrypted with the app''s secret.';
comment on column ops.renewed_token.credentials is 'Vendor, and a digest of what the connection holds.';
comment on column ops.renewed_token.sealed is 'Readable by those only who have the connection.';
comment on column ops.renewed_token.renewed_at is 'When that was, by the warehouse''s clock.';
