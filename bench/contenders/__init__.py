"""Who is measured, one file a contender.

Each has NAME (a key of the results), TITLE (for the tables) and ``command(rule, items)``: a process that reads a file with an
item a line into memory, warms up, takes every item once from its bytes to a verdict on one thread, and prints one JSON
object::

    {"items": 3000, "nanoseconds": 123456789, "verdicts": "CNC…", "overheadNanoseconds": 1234}

``nanoseconds`` is for all items together. ``verdicts`` has a letter an item: C compliant, N not; the floor has none.
``overheadNanoseconds``, where it is there, is what of an item's time is not judging, as the contender's own file says.

The rules are three files of one name for each contender: `bench/rules/<rule>.rego` (Sekisho and OPA),
`bench/guard/rules/<rule>.guard`, and a class in `bench/rdklib_rule/rules.py`.
"""

RULES = {
    "region-allowed": ("region", "all"),
    "security-group-closed": ("security group", "security-groups"),
    "bucket-protected": ("S3 bucket", "buckets"),
}
"""Each rule with its short title and the items that it is about, as make-items calls them."""
