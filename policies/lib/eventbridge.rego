# METADATA
# title: Whether a rule of EventBridge gets an event
# description: >-
#   A rule's EventPattern is JSON whose lists say which values pass. This asks whether a pattern lets an example
#   event through. Filters that are not known here let nothing through, so that a rule is never credited with
#   more than it does.
# scope: package
# related_resources:
#   - https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-event-patterns-content-based-filtering.html
package sekisho.eventbridge

import data.sekisho.decode

# Whether `pattern`, an object or its JSON text, lets `event` through. Every list in the pattern has to have a
# filter that the event's value at the same place passes. A pattern without lists lets nothing through.
matches(pattern, event) if {
	found := leaves(decode.document(pattern))
	count(found) > 0
	every leaf in found {
		passes(leaf.filters, object.get(event, leaf.path, null))
	}
}

# The lists of a pattern with their places.
leaves(document) := [{"path": path, "filters": filters} |
	is_object(document)
	walk(document, [path, filters])
	is_array(filters)
	every step in path {
		is_string(step)
	}
]

# Where the event holds a list, one of its values is enough.
passes(filters, value) if {
	some filter in filters
	some one in decode.list(value)
	lets_through(filter, one)
}

passes(filters, null) if {"exists": false} in filters

lets_through(filter, value) if filter == value

# Whatever is asked here exists.
lets_through(filter, _) if operator(filter).exists == true

lets_through(filter, value) if {
	is_string(value)
	startswith(value, operator(filter).prefix)
}

lets_through(filter, value) if {
	is_string(value)
	endswith(value, operator(filter).suffix)
}

lets_through(filter, value) if {
	is_string(value)
	lower(value) == lower(operator(filter)["equals-ignore-case"])
}

# Stars at the ends; one in the middle is not known here.
lets_through(filter, value) if {
	is_string(value)
	text := operator(filter).wildcard
	core := trim(text, "*")
	not contains(core, "*")
	contains(value, core)
	any_start(text, value, core)
	any_end(text, value, core)
}

lets_through(filter, value) if {
	excluded := decode.list(operator(filter)["anything-but"])
	every one in excluded {
		is_string(one)
	}
	not value in excluded
}

lets_through(filter, value) if {
	is_number(value)
	terms := operator(filter).numeric
	count(terms) in {2, 4}
	compares(value, terms[0], terms[1])
	compares(value, terms[count(terms) - 2], terms[count(terms) - 1])
}

# Operators hold one key each; an object with more is not known here.
operator(filter) := filter if {
	is_object(filter)
	count(filter) == 1
}

any_start(text, _, _) if startswith(text, "*")

any_start(_, value, core) if startswith(value, core)

any_end(text, _, _) if endswith(text, "*")

any_end(_, value, core) if endswith(value, core)

compares(value, "=", limit) if value == limit

compares(value, "<", limit) if value < limit

compares(value, "<=", limit) if value <= limit

compares(value, ">", limit) if value > limit

compares(value, ">=", limit) if value >= limit
