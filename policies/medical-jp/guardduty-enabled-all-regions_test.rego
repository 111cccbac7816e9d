package sekisho_policies.guardduty_enabled_all_regions_test

import data.sekisho_policies.guardduty_enabled_all_regions

defaults := {"maxPublishingFrequency": "SIX_HOURS", "excludedRegions": []}

account := {"resourceType": "AWS::::Account", "awsRegion": "ap-northeast-1"}

listed(region, ids) := {"region": region, "result": {"DetectorIds": ids}}

got(region, id, changes) := {"region": region, "for": id, "result": object.union({"Status": "ENABLED", "FindingPublishingFrequency": "SIX_HOURS"}, changes)}

messages(detectors, detector, changes) := {reason.msg |
	some reason in guardduty_enabled_all_regions.deny with input as account
		with data.facts as {"detectors": detectors, "detector": detector}
		with data.parameters as object.union(defaults, changes)
}

tokyo := listed("ap-northeast-1", ["t"])

test_every_region if {
	messages([tokyo, listed("us-east-1", ["u"])], [got("ap-northeast-1", "t", {}), got("us-east-1", "u", {})], {}) == set()
}

test_a_region_without_a_detector if {
	lists := [tokyo, listed("us-east-1", [])]
	messages(lists, [got("ap-northeast-1", "t", {})], {}) == {"GuardDuty is not enabled in us-east-1"}
	messages(lists, [got("ap-northeast-1", "t", {})], {"excludedRegions": ["us-east-1"]}) == set()
}

test_a_region_that_was_refused if {
	lists := [tokyo, {"region": "me-south-1", "error": {"code": "AccessDeniedException", "message": "no"}}]
	messages(lists, [got("ap-northeast-1", "t", {})], {}) == {"whether GuardDuty is enabled in me-south-1 cannot be seen"}
}

test_an_answer_without_its_list if {
	messages([{"region": "ap-northeast-1", "result": {}}], [], {}) == {"GuardDuty is not enabled in ap-northeast-1"}
}

test_a_detector_that_was_not_read if {
	message := {"the detector of ap-northeast-1 cannot be read"}
	messages([tokyo], [], {}) == message
	messages([tokyo], [{"region": "ap-northeast-1", "for": "t", "error": {"code": "x", "message": "y"}}], {}) == message
	messages([tokyo], [got("us-east-1", "t", {})], {}) == message
}

test_suspended if {
	messages([tokyo], [got("ap-northeast-1", "t", {"Status": "DISABLED"})], {}) == {"the detector of ap-northeast-1 is DISABLED"}
	answer := {"region": "ap-northeast-1", "for": "t", "result": {}}
	messages([tokyo], [answer], {}) == {
		"the detector of ap-northeast-1 is unknown",
		"ap-northeast-1 publishes findings too seldom (unknown, at most SIX_HOURS)",
	}
	messages([tokyo], [answer], {"excludedRegions": ["ap-northeast-1"]}) == set()
}

test_how_often_findings_are_published if {
	every allowed, given in {"SIX_HOURS": "SIX_HOURS", "ONE_HOUR": "FIFTEEN_MINUTES", "FIFTEEN_MINUTES": "FIFTEEN_MINUTES"} {
		messages([tokyo], [got("ap-northeast-1", "t", {"FindingPublishingFrequency": given})], {"maxPublishingFrequency": allowed}) == set()
	}
	every allowed, given in {"ONE_HOUR": "SIX_HOURS", "FIFTEEN_MINUTES": "ONE_HOUR"} {
		expected := {sprintf("ap-northeast-1 publishes findings too seldom (%s, at most %s)", [given, allowed])}
		messages([tokyo], [got("ap-northeast-1", "t", {"FindingPublishingFrequency": given})], {"maxPublishingFrequency": allowed}) == expected
	}
}

test_nothing_was_asked if {
	messages([], [], {}) == {"no region could be asked for its detector"}
	messages([listed("us-east-1", ["u"])], [got("us-east-1", "u", {})], {}) == {"the account's own region ap-northeast-1 was not asked for its detector"}
}

test_reasons_are_in_both_languages if {
	reasons := guardduty_enabled_all_regions.deny with input as account
		with data.facts as {"detectors": [listed("us-east-1", []), listed("us-east-2", ["d"]), listed("us-west-2", ["e"]), {"region": "eu-west-1", "error": {}}], "detector": [{"region": "us-east-2", "for": "d", "result": {}}]}
		with data.parameters as defaults
	count(reasons) == 6
	every reason in reasons {
		reason.msg_ja != ""
	}
}

# Of the three, each with those that are rarer.
test_each_limit if {
	frequencies := ["FIFTEEN_MINUTES", "ONE_HOUR", "SIX_HOURS"]
	every at, longest in frequencies {
		every place, frequency in frequencies {
			found := messages([tokyo], [got("ap-northeast-1", "t", {"FindingPublishingFrequency": frequency})], {"maxPublishingFrequency": longest})
			(count(found) == 0) == (place <= at)
		}
	}
}
