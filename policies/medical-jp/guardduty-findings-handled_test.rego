package sekisho_policies.guardduty_findings_handled_test

import data.sekisho_policies.guardduty_findings_handled

defaults := {"highDays": 1, "mediumDays": 7}

detectors := [{"region": "ap-northeast-1", "result": {"DetectorIds": ["d"]}}]

none := [{"region": "ap-northeast-1", "for": "d", "result": {"FindingIds": []}}]

one := [{"region": "ap-northeast-1", "for": "d", "result": {"FindingIds": ["f"]}}]

finding(severity, created) := {"region": "ap-northeast-1", "for": "f", "result": {"Findings": [{"Id": "f", "Type": "T", "Severity": severity, "CreatedAt": created, "Service": {"Archived": false}}]}}

given(detectors_, listed, findings) := {"detectors": detectors_, "open_findings": listed, "findings": findings, "now": "2026-11-23T01:00:00.000Z"}

messages(facts, changes) := {reason.msg |
	some reason in guardduty_findings_handled.deny with input as {"awsRegion": "ap-northeast-1"}
		with data.facts as facts
		with data.parameters as object.union(defaults, changes)
}

of(found) := messages(given(detectors, one, [found]), {})

test_nothing_is_open if messages(given(detectors, none, []), {}) == set()

test_in_time if {
	of(finding(8, "2026-11-22T00:00:00.000Z")) == set()
	of(finding(5, "2026-11-16T01:00:00.000Z")) == set()
}

test_late if {
	of(finding(8, "2026-11-21T00:00:00.000Z")) == {"finding T (f, ap-northeast-1) is open for 2 days, 1 are allowed"}
	of(finding(7, "2026-11-20T00:00:00.000Z")) == {"finding T (f, ap-northeast-1) is open for 3 days, 1 are allowed"}
	of(finding(6.9, "2026-11-15T00:00:00.000Z")) == {"finding T (f, ap-northeast-1) is open for 8 days, 7 are allowed"}
	messages(given(detectors, one, [finding(8, "2026-11-21T00:00:00.000Z")]), {"highDays": 2}) == set()
	messages(given(detectors, one, [finding(5, "2026-11-21T00:00:00.000Z")]), {"mediumDays": 1}) == {"finding T (f, ap-northeast-1) is open for 2 days, 1 are allowed"}
}

# 15:00 UTC is midnight in Japan.
test_days_are_those_of_japan if {
	of(finding(8, "2026-11-21T14:59:59.999Z")) == {"finding T (f, ap-northeast-1) is open for 2 days, 1 are allowed"}
	of(finding(8, "2026-11-21T15:00:00Z")) == set()
}

test_without_severity_it_is_the_worst if {
	every severity in [null, "low"] {
		of(finding(severity, "2026-11-21T00:00:00.000Z")) == {"finding T (f, ap-northeast-1) is open for 2 days, 1 are allowed"}
	}
}

test_without_a_time if {
	every created in [null, "", "yesterday", 1] {
		of(finding(8, created)) == {"since when finding T (f, ap-northeast-1) is open cannot be told"}
	}
}

test_archived_meanwhile if {
	archived := {"region": "ap-northeast-1", "for": "f", "result": {"Findings": [{"Service": {"Archived": true}}]}}
	of(archived) == set()
}

test_no_detector_at_home if {
	message := {"ap-northeast-1 has no detector of GuardDuty: nothing is found there"}
	messages(given([{"region": "ap-northeast-1", "result": {"DetectorIds": []}}], [], []), {}) == message
	messages(given([], [], []), {}) == message
	elsewhere := [{"region": "us-east-1", "result": {"DetectorIds": []}}]
	messages(given(array.concat(detectors, elsewhere), none, []), {}) == set()
}

test_what_cannot_be_read if {
	message := {"the findings of ap-northeast-1 cannot be read"}
	messages(given(detectors, [], []), {}) == message
	messages(given(detectors, [{"region": "ap-northeast-1", "for": "d", "result": {}}], []), {}) == message
	messages(given(detectors, [{"region": "us-east-1", "for": "d", "result": {"FindingIds": []}}], []), {}) == message
	messages(given(detectors, one, []), {}) == message
	messages(given(detectors, one, [{"region": "us-east-1", "for": "f", "result": {"Findings": [{"Service": {"Archived": true}}]}}]), {}) == message
	messages(given(detectors, one, [{"region": "ap-northeast-1", "for": "f", "error": {"code": "x"}}]), {}) == message
	messages(given(detectors, none, [{"region": "ap-northeast-1", "for": "f", "error": {"code": "x"}}]), {}) == message
	refused := array.concat(detectors, [{"region": "us-east-1", "error": {"code": "x"}}])
	messages(given(refused, none, []), {}) == {"the findings of us-east-1 cannot be read"}
}

test_reasons_are_in_both_languages if {
	facts := given([{"region": "us-east-1", "error": {}}], one, [finding(8, "2026-11-01T00:00:00.000Z"), finding(8, null)])
	reasons := guardduty_findings_handled.deny with input as {"awsRegion": "ap-northeast-1"}
		with data.facts as facts
		with data.parameters as defaults
	count(reasons) == 4
	every reason in reasons {
		reason.msg_ja != ""
	}
}
