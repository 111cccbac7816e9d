#!/usr/bin/env python3
"""Holds a JUnit report against the schema that Jenkins' xUnit plugin publishes.

In:  the schema (.xsd), the report.
Out: exit 0; exit 1 and the problems on standard error where it is not valid.
"""

import sys

from lxml import etree


def main() -> int:
    schema = etree.XMLSchema(etree.parse(sys.argv[1]))
    if schema.validate(etree.parse(sys.argv[2])):
        return 0
    print(schema.error_log, file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
