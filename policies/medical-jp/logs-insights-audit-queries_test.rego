package sekisho_policies.logs_insights_audit_queries_test

import data.sekisho_policies.logs_insights_audit_queries

# 2026-11-23T01:00:00Z, in milliseconds.
now_ms := 1795395600000

day := 86400000

text := "fields @timestamp\n| filter userIdentity.type = 'Root'"

definition(name, query) := {"name": name, "queryString": query}

run(query, days) := {"queryString": query, "status": "Complete", "createTime": now_ms - (days * day)}

messages(definitions, runs, changes) := {reason.msg |
	some reason in logs_insights_audit_queries.deny with data.facts as {
			"now": "2026-11-23T01:00:00.000Z",
			"definitions": {"queryDefinitions": definitions},
			"runs": {"queries": runs},
		}
		with data.parameters as object.union({"requiredQueries": ["root-login"], "reviewEveryDays": 31}, changes)
}

test_saved_and_run if messages([definition("root-login", text)], [run(text, 31)], {}) == set()

test_folder if messages([definition("audit/sekisho/root-login", text)], [run(text, 1)], {}) == set()

test_not_saved if {
	every definitions in [[], null, [definition("root-login-old", text)], [definition("root-login/old", text)], [{"queryString": text}]] {
		messages(definitions, [run(text, 1)], {}) == {"the query root-login is not saved"}
	}
}

test_text_does_not_fit if {
	every query in ["", "fields @timestamp", "filter rooted = 1"] {
		messages([definition("root-login", query)], [run(query, 1)], {}) == {"the saved query root-login does not look for what its name says"}
	}
	messages([{"name": "root-login"}], [], {}) == {"the saved query root-login does not look for what its name says"}
}

test_every_known_name if {
	fit := {
		"console-failure": "filter eventName = 'ConsoleLogin' and errorMessage = 'Failed authentication'",
		"iam-change": "filter eventSource = 'iam.amazonaws.com'",
		"sg-change": "filter eventName like /SecurityGroup/",
		"kms-delete": "filter eventName = 'ScheduleKeyDeletion'",
		"phi-bucket-read": "filter eventName = 'GetObject'",
	}
	every name, query in fit {
		messages([definition(name, query)], [run(query, 1)], {"requiredQueries": [name]}) == set()
		messages([definition(name, "fields @message")], [], {"requiredQueries": [name]}) == {sprintf("the saved query %s does not look for what its name says", [name])}
	}
}

test_name_of_ones_own if {
	messages([definition("night-shift", "fields @message")], [run("fields @message", 1)], {"requiredQueries": ["night-shift"]}) == set()
	count(messages([definition("night-shift", " ")], [run(" ", 1)], {"requiredQueries": ["night-shift"]})) == 1
}

test_one_good_of_two_is_enough if {
	messages([definition("a/root-login", ""), definition("b/root-login", text)], [run(text, 1)], {}) == set()
}

test_not_run if {
	every runs in [[], null, [run("fields @message", 1)], [run(text, 32)], [object.union(run(text, 1), {"status": "Failed"})], [{"queryString": text, "status": "Complete"}]] {
		messages([definition("root-login", text)], runs, {}) == {"the query root-login was not run within 31 days"}
	}
}

test_one_millisecond_too_late if {
	late := {"queryString": text, "status": "Complete", "createTime": (now_ms - (31 * day)) - 1}
	messages([definition("root-login", text)], [late], {}) == {"the query root-login was not run within 31 days"}
}

test_the_newest_run_counts if messages([definition("root-login", text)], [run(text, 90), run(text, 2)], {}) == set()

test_source_and_line_ends_do_not_matter if {
	ran := "SOURCE \"CloudTrail/logs\" |\r\nfields @timestamp | filter userIdentity.type = 'Root'\n | limit 50"
	messages([definition("root-login", text)], [run(ran, 1)], {}) == set()
}

test_period if {
	messages([definition("root-login", text)], [run(text, 2)], {"reviewEveryDays": 1}) == {"the query root-login was not run within 1 days"}
	messages([definition("root-login", text)], [], {"reviewEveryDays": 0}) == set()
}
