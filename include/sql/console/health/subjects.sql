-- What alerts are about.
select distinct
    a.subject_kind as kind,
    a.subject_id as id
from ops.alert as a
