package sekisho.event_selectors_test

import data.sekisho.event_selectors

both := {"read", "write"}

bucket := "arn:aws:s3:::karte-images"

basic(entry) := {"TrailARN": "t", "EventSelectors": [entry]}

advanced(parts) := {"TrailARN": "t", "AdvancedEventSelectors": [{"Name": "n", "FieldSelectors": parts}]}

management := {"Field": "eventCategory", "Equals": ["Management"]}

data_events := {"Field": "eventCategory", "Equals": ["Data"]}

objects := {"Field": "resources.type", "Equals": ["AWS::S3::Object"]}

test_basic_management if {
	event_selectors.management(basic({"ReadWriteType": "All", "IncludeManagementEvents": true})) == both
	event_selectors.management(basic({"ReadWriteType": "ReadOnly", "IncludeManagementEvents": true})) == {"read"}
	event_selectors.management(basic({"ReadWriteType": "WriteOnly", "IncludeManagementEvents": true})) == {"write"}
}

test_basic_without_management if {
	every value in [false, null, "true"] {
		event_selectors.management(basic({"ReadWriteType": "All", "IncludeManagementEvents": value})) == set()
	}
	event_selectors.management(basic({"ReadWriteType": "All"})) == set()
	event_selectors.management(basic({"IncludeManagementEvents": true})) == set()
}

test_basic_selectors_add_up if {
	answer := {"EventSelectors": [
		{"ReadWriteType": "ReadOnly", "IncludeManagementEvents": true},
		{"ReadWriteType": "WriteOnly", "IncludeManagementEvents": true},
	]}
	event_selectors.management(answer) == both
}

test_advanced_management if {
	event_selectors.management(advanced([management])) == both
	event_selectors.management(advanced([management, {"Field": "readOnly", "Equals": ["true"]}])) == {"read"}
	event_selectors.management(advanced([management, {"Field": "readOnly", "Equals": ["false"]}])) == {"write"}
	event_selectors.management(advanced([management, {"Field": "readOnly", "Equals": ["true", "false"]}])) == both
	event_selectors.management(advanced([data_events, objects])) == set()
}

# Empty lists beside the operator that is used, as some tools print them.
test_empty_operators_say_nothing if {
	part := {"Field": "eventCategory", "Equals": ["Management"], "StartsWith": [], "NotEquals": null}
	event_selectors.management(advanced([part])) == both
}

test_management_without_kms_and_data_api if {
	excluded := {"Field": "eventSource", "NotEquals": ["kms.amazonaws.com", "rdsdata.amazonaws.com"]}
	event_selectors.management(advanced([management, excluded])) == both
}

test_narrowed_management_does_not_count if {
	every part in [
		{"Field": "eventSource", "NotEquals": ["kms.amazonaws.com", "iam.amazonaws.com"]},
		{"Field": "eventSource", "Equals": ["kms.amazonaws.com"]},
		{"Field": "eventName", "NotEquals": ["AssumeRole"]},
		{"Field": "userIdentity.arn", "StartsWith": ["arn:aws:sts::123456789012:assumed-role/x"]},
		{"Field": "readOnly", "NotEquals": ["true"]},
		{"Field": "readOnly", "Equals": ["x"]},
	] {
		event_selectors.management(advanced([management, part])) == set()
	}
}

test_twice_the_same_field_does_not_count if event_selectors.management(advanced([management, management])) == set()

basic_objects(kind, values) := basic({
	"ReadWriteType": kind,
	"IncludeManagementEvents": false,
	"DataResources": [{"Type": "AWS::S3::Object", "Values": values}],
})

test_basic_objects if {
	every value in ["arn:aws:s3", "arn:aws:s3:::", "arn:aws:s3:::karte-images/"] {
		event_selectors.s3_objects(basic_objects("All", ["arn:aws:s3:::other/", value]), bucket) == both
	}
	event_selectors.s3_objects(basic_objects("WriteOnly", ["arn:aws:s3:::karte-images/"]), bucket) == {"write"}
}

test_basic_objects_elsewhere if {
	every value in ["arn:aws:s3:::karte-images/2026", "arn:aws:s3:::karte-images-old/", "arn:aws:s3:::karte-images", "arn:aws:s3:::karte"] {
		event_selectors.s3_objects(basic_objects("All", [value]), bucket) == set()
	}
	other := basic({"ReadWriteType": "All", "DataResources": [{"Type": "AWS::Lambda::Function", "Values": ["arn:aws:s3"]}]})
	event_selectors.s3_objects(other, bucket) == set()
}

of_objects(part) := event_selectors.s3_objects(advanced([data_events, objects, part]), bucket)

test_advanced_objects if {
	event_selectors.s3_objects(advanced([data_events, objects]), bucket) == both
	of_objects({"Field": "readOnly", "Equals": ["false"]}) == {"write"}
	every value in ["arn:aws:s3:::karte-images/", "arn:aws:s3:::karte", "arn:aws:s3:::"] {
		of_objects({"Field": "resources.ARN", "StartsWith": ["arn:aws:s3:::x/", value]}) == both
	}
	of_objects({"Field": "resources.ARN", "StartsWith": ["arn:aws:s3:::karte-images/"], "Equals": ["arn:aws:s3:::x/y"]}) == both
}

test_advanced_objects_of_other_buckets if {
	of_objects({"Field": "resources.ARN", "NotStartsWith": ["arn:aws:s3:::access-logs/"]}) == both
	of_objects({"Field": "resources.ARN", "NotEquals": ["arn:aws:s3:::access-logs/a"]}) == both
	of_objects({
		"Field": "resources.ARN",
		"StartsWith": ["arn:aws:s3:::karte"],
		"NotStartsWith": ["arn:aws:s3:::karte-logs/"],
	}) == both
}

test_narrowed_objects_do_not_count if {
	every part in [
		{"Field": "resources.ARN", "StartsWith": ["arn:aws:s3:::karte-images/2026"]},
		{"Field": "resources.ARN", "StartsWith": ["arn:aws:s3:::karte-images-old/"]},
		{"Field": "resources.ARN", "Equals": ["arn:aws:s3:::karte-images/"]},
		{"Field": "resources.ARN", "EndsWith": [".dcm"]},
		{"Field": "resources.ARN", "StartsWith": ["arn:aws:s3:::karte-images/"], "NotEndsWith": [".tmp"]},
		{"Field": "resources.ARN", "NotStartsWith": ["arn:aws:s3:::karte-images/tmp/"]},
		{"Field": "resources.ARN", "NotStartsWith": ["arn:aws:s3:::karte"]},
		{"Field": "resources.ARN", "NotEquals": ["arn:aws:s3:::karte-images/index.html"]},
		{"Field": "resources.ARN", "NotEndsWith": [".tmp"]},
		{"Field": "eventName", "Equals": ["GetObject"]},
		{"Field": "userIdentity.arn", "NotStartsWith": ["arn:aws:sts::123456789012:assumed-role/batch"]},
	] {
		of_objects(part) == set()
	}
}

test_other_categories_and_types if {
	event_selectors.s3_objects(advanced([management, objects]), bucket) == set()
	event_selectors.s3_objects(advanced([data_events]), bucket) == set()
	lambda := {"Field": "resources.type", "Equals": ["AWS::Lambda::Function"]}
	event_selectors.s3_objects(advanced([data_events, lambda]), bucket) == set()
}

test_no_selectors if {
	every answer in [{}, {"EventSelectors": null, "AdvancedEventSelectors": null}, {"EventSelectors": [], "AdvancedEventSelectors": []}, {"AdvancedEventSelectors": [{"Name": "n"}]}] {
		event_selectors.management(answer) == set()
		event_selectors.s3_objects(answer, bucket) == set()
	}
}
