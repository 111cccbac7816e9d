package sekisho_policies.backup_restore_tested_test

import data.sekisho_policies.backup_restore_tested as policy

defaults := {
	"maxDaysSinceTest": 365,
	"requireValidation": false,
	"recordedTestOn": "",
	"recordedTestDocument": "",
	"allowedRegions": ["ap-northeast-1"],
}

job := {
	"SourceResourceArn": "karte",
	"Status": "COMPLETED",
	"CompletionDate": "2026-11-02T03:10:00.000Z",
	"CreatedBy": {"RestoreTestingPlanArn": "plan"},
}

facts(jobs) := {"now": "2026-11-23T01:00:00.000Z", "restores": [{"region": "ap-northeast-1", "result": {"RestoreJobs": jobs}}]}

messages(given, parameters) := {reason.msg |
	some reason in policy.deny with data.facts as given with data.parameters as object.union(defaults, parameters)
}

test_tested if messages(facts([job]), {}) == set()

test_no_answers if {
	every answers in [null, [], [{}], [{"region": "ap-northeast-1", "result": null}]] {
		given := {"now": "2026-11-23T01:00:00.000Z", "restores": answers}
		messages(given, {}) == {"no restore was tested: none is on record in ap-northeast-1"}
	}
}

test_job_without_state_does_not_count if {
	count(messages(facts([object.remove(job, ["Status"])]), {})) == 1
}

test_of_two_jobs_that_ended_together_the_failure_counts if {
	failed := object.union(job, {"Status": "ABORTED"})
	messages(facts([job, failed]), {}) == {"the last restore test of karte failed: ABORTED"}
}

test_a_later_job_that_is_not_over_hides_nothing if {
	failed := object.union(job, {"Status": "FAILED"})
	running := object.union(job, {"Status": "RUNNING", "CompletionDate": "2026-11-10T03:10:00.000Z"})
	"the last restore test of karte failed: FAILED" in messages(facts([failed, running]), {})
}

test_record_begins_at_midnight_in_japan if {
	record := {"recordedTestOn": "2026-11-23", "recordedTestDocument": "BCP-1"}
	early := object.union(facts([]), {"now": "2026-11-22T15:00:00.000Z"})
	messages(early, record) == set()
	too_early := object.union(facts([]), {"now": "2026-11-22T14:59:59.000Z"})
	count(messages(too_early, record)) == 1
}

test_record_at_the_limit if {
	record := {"recordedTestOn": "2026-11-13", "recordedTestDocument": "BCP-1", "maxDaysSinceTest": 10}
	at := object.union(facts([]), {"now": "2026-11-22T15:00:00.000Z"})
	messages(at, record) == set()
	after := object.union(facts([]), {"now": "2026-11-22T15:00:01.000Z"})
	messages(after, record) == {"the last restore was tested on 2026-11-13 (at most 10 days ago allowed)"}
}

test_limit_to_the_nanosecond if {
	old := object.union(job, {"CompletionDate": "2026-11-13T01:00:00.000Z"})
	messages(facts([old]), {"maxDaysSinceTest": 10}) == set()
	after := object.union(facts([old]), {"now": "2026-11-23T01:00:00.000000001Z"})
	messages(after, {"maxDaysSinceTest": 10}) == {"the last restore was tested on 2026-11-13 (at most 10 days ago allowed)"}
}

test_failure_at_the_limit_counts if {
	failed := object.union(job, {"Status": "FAILED", "CompletionDate": "2026-11-13T01:00:00.000Z"})
	other := object.union(job, {"SourceResourceArn": "images", "CompletionDate": "2026-11-20T01:00:00.000Z"})
	messages(facts([failed, other]), {"maxDaysSinceTest": 10}) == {"the last restore test of karte failed: FAILED"}
}

test_day_is_that_of_japan if {
	messages(facts([object.union(job, {"CompletionDate": "2025-01-01T14:59:59.999999999Z"})]), {}) == {"the last restore was tested on 2025-01-01 (at most 365 days ago allowed)"}
	messages(facts([object.union(job, {"CompletionDate": "2025-01-01T15:00:00.000Z"})]), {}) == {"the last restore was tested on 2025-01-02 (at most 365 days ago allowed)"}
}
