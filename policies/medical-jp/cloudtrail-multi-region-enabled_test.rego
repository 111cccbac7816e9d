package sekisho_policies.cloudtrail_multi_region_enabled_test

import data.sekisho_policies.cloudtrail_multi_region_enabled

arn := "arn:aws:cloudtrail:ap-northeast-1:123456789012:trail/audit"

defaults := {
	"allowedRegions": ["ap-northeast-1", "ap-northeast-3"],
	"requireOrganizationTrail": false,
	"readWrite": "All",
	"maxDeliveryHours": 24,
}

trail := {
	"Name": "audit",
	"TrailARN": arn,
	"HomeRegion": "ap-northeast-3",
	"IsMultiRegionTrail": true,
	"IncludeGlobalServiceEvents": true,
	"HasCustomEventSelectors": false,
}

working := {"IsLogging": true, "LatestDeliveryTime": "2026-11-23T00:55:12.000Z"}

given(entries, status, selectors) := {
	"now": "2026-11-23T01:00:00.000Z",
	"trails": {"trailList": entries},
	"trail_status": [{"for": entry, "result": status} | some entry in entries],
	"event_selectors": [{"for": entry, "result": selectors} | some entry in entries],
}

items := {"AWS::CloudTrail::Trail": {"audit": {"configuration": {"trailARN": arn}}, "bare": {"configuration": null}}}

denied(facts, parameters) := reasons if {
	reasons := cloudtrail_multi_region_enabled.deny with data.facts as facts
		with data.parameters as parameters
		with data.inventory as items
}

account(facts, parameters) := {reason.msg |
	some reason in denied(facts, parameters)
	object.get(reason, "resource", null) == null
}

of_trail(facts, parameters) := {reason.msg |
	some reason in denied(facts, parameters)
	reason.resource == {"resourceType": "AWS::CloudTrail::Trail", "resourceId": "audit"}
}

test_working if denied(given([trail], working, {}), defaults) == set()

test_no_answer_is_no_trail if {
	every list in [[], null] {
		facts := object.union(given([], {}, {}), {"trails": {"trailList": list}})
		account(facts, defaults) == {"no trail records all regions"}
	}
	account(object.union(given([], {}, {}), {"trails": {}}), defaults) == {"no trail records all regions"}
}

test_unknown_breadth_is_not_all_regions if {
	every entry in [object.remove(trail, ["IsMultiRegionTrail"]), object.union(trail, {"IsMultiRegionTrail": null})] {
		account(given([entry], working, {}), defaults) == {"no trail records all regions"}
	}
}

# Without the word that there are no custom selectors, they are read.
test_selectors_are_read_unless_there_are_none if {
	every value in [true, null] {
		entry := object.union(trail, {"HasCustomEventSelectors": value})
		account(given([entry], working, {}), defaults) == {"trail audit: management events are not all recorded, missing: read, write"}
	}
	all := {"EventSelectors": [{"ReadWriteType": "All", "IncludeManagementEvents": true}]}
	account(given([object.union(trail, {"HasCustomEventSelectors": true})], working, all), defaults) == set()
}

test_read_events_alone_never_do if {
	read := {"EventSelectors": [{"ReadWriteType": "ReadOnly", "IncludeManagementEvents": true}]}
	facts := given([object.union(trail, {"HasCustomEventSelectors": true})], working, read)
	every kind in ["All", "WriteOnly"] {
		account(facts, object.union(defaults, {"readWrite": kind})) == {"trail audit: management events are not all recorded, missing: write"}
	}
}

test_status_of_another_trail_does_not_count if {
	other := object.union(trail, {"TrailARN": "arn:aws:cloudtrail:ap-northeast-1:123456789012:trail/other"})
	facts := object.union(given([trail], working, {}), {"trail_status": [{"for": other, "result": working}]})
	account(facts, defaults) == {"trail audit: its status cannot be seen"}
	of_trail(facts, defaults) == {"its status cannot be seen"}
}

test_a_result_that_is_null_is_not_seen if {
	facts := object.union(given([trail], working, {}), {"trail_status": [{"for": trail, "result": null}]})
	account(facts, defaults) == {"trail audit: its status cannot be seen"}
}

test_delivery_errors if {
	every code in [null, ""] {
		account(given([trail], object.union(working, {"LatestDeliveryError": code}), {}), defaults) == set()
	}
	account(given([trail], object.union(working, {"LatestDeliveryError": "NoSuchBucket"}), {}), defaults) == {"trail audit: delivery to the bucket fails: NoSuchBucket"}
}

test_hours_without_delivery if {
	status := object.union(working, {"LatestDeliveryTime": "2026-11-22T22:59:59.999Z"})
	account(given([trail], status, {}), object.union(defaults, {"maxDeliveryHours": 2})) == {"trail audit: nothing was delivered to the bucket for over 2 hours (last: 2026-11-22T22:59:59.999Z)"}
	account(given([trail], status, {}), object.union(defaults, {"maxDeliveryHours": 3})) == set()
}

test_never_delivered if {
	expected := {"trail audit: nothing was delivered to the bucket for over 24 hours (last: never)"}
	account(given([trail], {"IsLogging": true}, {}), defaults) == expected
	account(given([trail], {"IsLogging": true, "StartLoggingTime": "2026-11-20T00:00:00.000Z"}, {}), defaults) == expected
	account(given([trail], {"IsLogging": true, "LatestDeliveryTime": null}, {}), defaults) == expected
}

# A trail that is stopped is not said to be late as well.
test_stopped_alone if {
	account(given([trail], {"IsLogging": false}, {}), defaults) == {"trail audit: logging is stopped"}
}

test_organization_trail if {
	required := object.union(defaults, {"requireOrganizationTrail": true})
	account(given([trail], working, {}), required) == {"trail audit: it is no organization trail"}
	account(given([object.union(trail, {"IsOrganizationTrail": true})], working, {}), required) == set()
}

test_without_a_name_the_arn_stands if {
	entry := object.remove(trail, ["Name"])
	account(given([entry], {"IsLogging": false}, {}), defaults) == {sprintf("trail %s: logging is stopped", [arn])}
}

test_only_recorded_trails_are_judged if {
	other := object.union(trail, {"TrailARN": "arn:aws:cloudtrail:ap-northeast-1:210987654321:trail/org"})
	judged := cloudtrail_multi_region_enabled.judged with data.facts as given([trail, other], working, {})
		with data.parameters as defaults
		with data.inventory as items
	judged == {{"resourceType": "AWS::CloudTrail::Trail", "resourceId": "audit"}}
}

test_reasons_are_in_both_languages if {
	entry := {"TrailARN": arn, "IsMultiRegionTrail": true}
	reasons := denied(given([entry], {"IsLogging": true, "LatestDeliveryError": "x"}, {}), object.union(defaults, {"requireOrganizationTrail": true}))
	count(reasons) == 12
	every reason in reasons {
		reason.msg_ja != ""
	}
}

test_japanese_names_what_is_missing if {
	entry := object.union(trail, {"HasCustomEventSelectors": true})
	reasons := {reason.msg_ja | some reason in denied(given([entry], working, {}), defaults)}
	"証跡audit: 管理イベントの書き込み・読み取りを記録していません" in reasons
}
