"""Ways of reading: how an entity gets from a vendor into staging, night after night.

One module is one way: its declaration (a frozen dataclass that checks itself against the entity),
its state (the JSON of ops.watermark, documented there), its plan (what a run reads) and its
landing. An entity names its way in `reads`, and landing asks that object; nothing else knows which
ways there are. A way imports no other way.

    snapshot        read all, compare, tombstone what vanished
    modified_since  read what the vendor stamped since the newest stamp
    append_only     read beyond the highest number
    list_moves      records move through several lists of the vendor
    parts           parts of records of another entity, read again when those change
    delta           a stream of changes with an opaque cursor
    versions        a list of ids and versions, compared with what has landed

What several ways need is there once: `full_read` (a whole set, resumed where it stopped), `window`
(days, read again), `silent_changes` (changes of old records: `open_amounts`, `references`,
`change_log`), `mismatched_ranges` (deletions found by counting halves), `gone` (what a list of versions lacks), `state` (the JSON that all
ways share).
"""
