# METADATA
# title: Documents that AWS leaves encoded
# description: >-
#   Policy documents, access control lists and the like stay text inside a configuration item: JSON,
#   or JSON that is URL-encoded. These functions read them in every spelling and never fail.
# scope: package
# related_resources:
#   - https://docs.aws.amazon.com/IAM/latest/APIReference/API_PolicyDetail.html
package sekisho.decode

# The document in `value`: an object or array as it is, a string of JSON decoded, a string of URL-encoded
# JSON decoded. Anything else, null among it, is null.
document(value) := value if {
	collection(value)
} else := json.unmarshal(text) if {
	text := plain(value)
	is_string(text)
	json_collection(text)
} else := null

# `value` without the URL encoding, if it is text that has one: what stays the same in `document`.
plain(value) := text if {
	is_string(value)
	not json_collection(value)
	text := url_decoded(value)
} else := value

# `value` if it is an array or set, nothing for null, and otherwise the one value as a list. For fields that
# IAM lets be one or many, and for lists that may be null: to iterate over null is an error in Sekisho.
list(value) := value if {
	is_array(value)
} else := value if {
	is_set(value)
} else := [] if {
	is_null(value)
} else := [value]

# The statements of the policy document in `value`, in their order. IAM lets a single statement stand
# without its list; some tools wrap the document itself into a list.
statements(value) := [statement |
	some part in list(document(value))
	is_object(part)
	some statement in list(object.get(part, "Statement", null))
]

collection(value) if is_object(value)

collection(value) if is_array(value)

json_collection(text) if {
	json.is_valid(text)
	collection(json.unmarshal(text))
}

# Only what is escaped properly: a stray % is an error in one engine and kept by the other. The separators
# of a query string are escaped first, since a document has none and an engine may take them for its own.
url_decoded(text) := urlquery.decode(escaped) if {
	regex.match(`^([^%]|%[0-9A-Fa-f]{2})*$`, text)
	escaped := replace(replace(text, "&", "%26"), "=", "%3D")
}
