package sekisho_policies.cloudtrail_s3_data_events_test

import data.sekisho_policies.cloudtrail_s3_data_events

defaults := {"phiTag": "DataClass", "readWrite": "All"}

bucket := {"resourceId": "karte-images", "awsRegion": "ap-northeast-1", "tags": {"DataClass": "phi"}}

audit := {"TrailARN": "audit", "IsMultiRegionTrail": true, "HomeRegion": "us-east-1"}

writes := {"TrailARN": "writes", "IsMultiRegionTrail": true, "HomeRegion": "us-east-1"}

selectors(kind) := {"EventSelectors": [{
	"ReadWriteType": kind,
	"IncludeManagementEvents": false,
	"DataResources": [{"Type": "AWS::S3::Object", "Values": ["arn:aws:s3:::karte-images/"]}],
}]}

given(trail, status, kind) := {
	"trail_status": [{"for": trail, "result": status}],
	"event_selectors": [{"for": trail, "result": selectors(kind)}],
}

messages(item, facts, parameters) := {reason.msg |
	some reason in cloudtrail_s3_data_events.deny with input as item
		with data.facts as facts
		with data.parameters as parameters
}

logs := {"IsLogging": true}

all_missing := {"no trail records the read and write events of every object in this bucket"}

test_recorded if messages(bucket, given(audit, logs, "All"), defaults) == set()

test_kinds if {
	messages(bucket, given(audit, logs, "ReadOnly"), defaults) == {"no trail records the write events of every object in this bucket"}
	messages(bucket, given(audit, logs, "WriteOnly"), defaults) == {"no trail records the read events of every object in this bucket"}
	only := object.union(defaults, {"readWrite": "WriteOnly"})
	messages(bucket, given(audit, logs, "WriteOnly"), only) == set()
	messages(bucket, given(audit, logs, "ReadOnly"), only) == {"no trail records the write events of every object in this bucket"}
}

test_two_trails_together if {
	facts := {
		"trail_status": [{"for": audit, "result": logs}, {"for": writes, "result": logs}],
		"event_selectors": [{"for": audit, "result": selectors("ReadOnly")}, {"for": writes, "result": selectors("WriteOnly")}],
	}
	messages(bucket, facts, defaults) == set()
}

# The selectors of a trail that is stopped do not count for one that logs.
test_selectors_of_a_stopped_trail if {
	facts := {
		"trail_status": [{"for": audit, "result": logs}, {"for": writes, "result": {"IsLogging": false}}],
		"event_selectors": [{"for": audit, "result": {}}, {"for": writes, "result": selectors("All")}],
	}
	messages(bucket, facts, defaults) == all_missing
}

test_nobody_logs if {
	every status in [{"IsLogging": false}, {"IsLogging": null}, {}, null] {
		messages(bucket, given(audit, status, "All"), defaults) == {"no trail is logging"}
	}
	messages(bucket, {"trail_status": [], "event_selectors": []}, defaults) == {"no trail is logging"}
	messages(bucket, {"trail_status": [{"result": logs}], "event_selectors": []}, defaults) == {"no trail is logging"}
}

test_single_region_trails if {
	here := object.union(audit, {"IsMultiRegionTrail": false, "HomeRegion": "ap-northeast-1"})
	messages(bucket, given(here, logs, "All"), defaults) == set()
	there := object.union(here, {"HomeRegion": "ap-northeast-3"})
	messages(bucket, given(there, logs, "All"), defaults) == {"no trail is logging"}
	nowhere := {"TrailARN": "audit"}
	messages(object.remove(bucket, ["awsRegion"]), given(nowhere, logs, "All"), defaults) == {"no trail is logging"}
}

test_trails_without_arn_are_not_each_other if {
	facts := {
		"trail_status": [{"for": {"IsMultiRegionTrail": true}, "result": logs}],
		"event_selectors": [{"for": {}, "result": selectors("All")}],
	}
	messages(bucket, facts, defaults) == all_missing
}

test_tolerated_errors if {
	facts := {
		"trail_status": [{"for": audit, "result": logs}],
		"event_selectors": [{"for": audit, "error": {"code": "OperationNotPermittedException"}}],
	}
	messages(bucket, facts, defaults) == all_missing
}

skipped(item, parameters) if {
	cloudtrail_s3_data_events.not_applicable with input as item with data.parameters as parameters
}

test_tags_choose if {
	not skipped(bucket, defaults)
	not skipped(bucket, object.union(defaults, {"phiTag": "DataClass=phi"}))
	skipped(bucket, object.union(defaults, {"phiTag": "DataClass=x"}))
	skipped(object.remove(bucket, ["tags"]), defaults)
	not skipped(object.remove(bucket, ["tags"]), object.union(defaults, {"phiTag": ""}))
}

test_japanese if {
	reasons := cloudtrail_s3_data_events.deny with input as bucket
		with data.facts as given(audit, logs, "ReadOnly")
		with data.parameters as defaults
	{reason.msg_ja | some reason in reasons} == {"このバケットの書き込みイベントを記録する証跡がありません"}
}
