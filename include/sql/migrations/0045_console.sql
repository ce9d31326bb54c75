comment on column ops.audit.action is
    'run started, deletes confirmed, document opened, purchases exported, export deleted, export file opened, '
    'export file stored, export file removed, expense received, accounting export asked for, accounting export cancelled, '
    'accounting export retried, accounting export booked by hand, accounting export edited, access refused, personal data erased.';
