-- What people see of their sheet around its wrong cells, and what the console lets them do.

create table ops.file_excerpt (
    file_id bigint not null,
    version integer not null,
    sheets jsonb not null,
    written_at timestamptz not null,
    primary key (file_id, version),
    foreign key (file_id, version) references ops.file (file_id, version) on delete cascade
);
comment on table ops.file_excerpt is
    'Of files that were refused: the cells around what is wrong, as texts, for a month.';
comment on column ops.file_excerpt.file_id is 'The file: ops.file.';
comment on column ops.file_excerpt.version is 'The version that was refused: ops.file.';
comment on column ops.file_excerpt.sheets is
    'By sheet: [{sheet, columns, heading, rows: [{line, cells}]}]. Of expenses only headings and wrong cells are kept, the others are "…".';
comment on column ops.file_excerpt.written_at is 'When the file was read.';

create index file_by_reading on ops.file (config_id, read_at desc, file_id desc, version desc);
comment on index ops.file_by_reading is 'Pages of what was read, the newest first.';
