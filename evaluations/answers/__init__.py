"""What models were asked and what they answered, one Parquet file a score.

    convert   the harness's JSON lines become Parquet: bounded memory, equal input gives equal bytes
    folder    where files lie on machines of one's own
    bucket    where files lie in S3-compatible storage
    keeping   both at once, for what was just measured
    store     files by their SHA-256: keep, look, open, verify
    read      rows by number, columns; never more of a file than is needed
    search    words in them, a bounded look at a time
    listing   which samples, in which order: right, wrong, gained, lost; from the outcomes alone
    shown     one answer as text within bounds
    browsing  a page of samples from its address

Rows are in document order, and with several seeds document by document: row `i * seeds + k` is
document `i` under the k-th seed. Everything in them was written by strangers.
"""
