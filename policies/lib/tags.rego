# METADATA
# title: Choosing resources by tag
# description: >-
#   A rule's parameter names a tag as "Key" or "Key=Value"; these functions say whether an item has it.
# scope: package
package sekisho.tags

# Whether `tags`, the map of an item, has the tag that `selector` names: "Key" for a tag with any value,
# "Key=Value" for that value alone. The key ends at the first "=". Case counts, as it does in AWS. An empty
# selector chooses nothing, and so does a map that is none. Undefined where it does not match.
matches(tags, selector) if {
	selector != ""
	is_object(tags)
	not contains(selector, "=")
	selector in object.keys(tags)
}

matches(tags, selector) if {
	selector != ""
	is_object(tags)
	some key, value in tags
	key != ""
	selector == sprintf("%s=%s", [key, value])
	not contains(key, "=")
}
