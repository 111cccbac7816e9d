# METADATA
# title: What the event selectors of a trail record
# description: >-
#   Reads the answer of CloudTrail's GetEventSelectors, basic and advanced. The result is a set of "read" and
#   "write": the kinds of events that are recorded in full. A selector that is narrowed further (to some
#   principals, event names, a part of a bucket) does not count, because something would be missing.
# scope: package
# related_resources:
#   - https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_AdvancedFieldSelector.html
#   - https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_DataResource.html
package sekisho.event_selectors

import data.sekisho.decode

kinds := {"All": {"read", "write"}, "ReadOnly": {"read"}, "WriteOnly": {"write"}}

# Services that CloudTrail lets a trail leave out of its management events, for their number.
excludable := {"kms.amazonaws.com", "rdsdata.amazonaws.com"}

# Kinds of management events that are recorded.
management(answer) := {kind |
	some selector in basic(answer)
	object.get(selector, "IncludeManagementEvents", null) == true
	some kind in object.get(kinds, object.get(selector, "ReadWriteType", ""), set())
} | {kind |
	some selector in advanced(answer)
	equals(selector, "eventCategory") == {"Management"}
	count(fields(selector) - {"eventCategory", "readOnly", "eventSource"}) == 0
	every part in parts(selector, "eventSource") {
		operators(part) == {"NotEquals"}
		count({name | some name in decode.list(part.NotEquals)} - excludable) == 0
	}
	some kind in advanced_kinds(selector)
}

# Kinds of object-level events that are recorded for every object of the bucket with the ARN `bucket`.
s3_objects(answer, bucket) := {kind |
	some selector in basic(answer)
	some resource in decode.list(object.get(selector, "DataResources", null))
	object.get(resource, "Type", null) == "AWS::S3::Object"
	some value in decode.list(object.get(resource, "Values", null))
	value in {"arn:aws:s3", "arn:aws:s3:::", concat("", [bucket, "/"])}
	some kind in object.get(kinds, object.get(selector, "ReadWriteType", ""), set())
} | {kind |
	some selector in advanced(answer)
	equals(selector, "eventCategory") == {"Data"}
	equals(selector, "resources.type") == {"AWS::S3::Object"}
	count(fields(selector) - {"eventCategory", "resources.type", "readOnly", "resources.ARN"}) == 0
	every part in parts(selector, "resources.ARN") {
		whole_bucket(part, concat("", [bucket, "/"]))
	}
	some kind in advanced_kinds(selector)
}

basic(answer) := decode.list(object.get(answer, "EventSelectors", null))

advanced(answer) := decode.list(object.get(answer, "AdvancedEventSelectors", null))

parts(selector, field) := [part |
	some part in decode.list(object.get(selector, "FieldSelectors", null))
	object.get(part, "Field", null) == field
]

fields(selector) := {object.get(part, "Field", null) |
	some part in decode.list(object.get(selector, "FieldSelectors", null))
}

# The operators that say something.
operators(part) := {name |
	some name, values in part
	name != "Field"
	count(decode.list(values)) > 0
}

# The values of a field that is compared for equality and by nothing else; else none.
equals(selector, field) := {value |
	count(parts(selector, field)) == 1
	some part in parts(selector, field)
	operators(part) == {"Equals"}
	some value in decode.list(part.Equals)
}

advanced_kinds(selector) := {"read", "write"} if {
	not "readOnly" in fields(selector)
} else := {kind |
	some value in equals(selector, "readOnly")
	kind := object.get({"true": "read", "false": "write"}, lower(sprintf("%v", [value])), null)
	kind != null
}

# Operators that choose are alternatives, those that leave out hold all together.
whole_bucket(part, prefix) if {
	count(operators(part) - {"NotStartsWith", "NotEquals"}) == 0
	leaves_alone(part, prefix)
}

whole_bucket(part, prefix) if {
	count(operators(part) - {"StartsWith", "Equals", "NotStartsWith", "NotEquals"}) == 0
	some value in decode.list(object.get(part, "StartsWith", null))
	startswith(prefix, value)
	leaves_alone(part, prefix)
}

leaves_alone(part, prefix) if {
	count([value |
		some operator in ["NotStartsWith", "NotEquals"]
		some value in decode.list(object.get(part, operator, null))
		overlaps(value, prefix)
	]) == 0
}

overlaps(value, prefix) if startswith(value, prefix)

overlaps(value, prefix) if startswith(prefix, value)
