package sekisho_policies.iam_access_key_age_test

import data.sekisho_policies.iam_access_key_age as policy

key := {"AccessKeyId": "AKIA1", "Status": "Active", "CreateDate": "2026-11-01T00:00:00.000Z", "LastUsedDate": "2026-11-22T00:00:00.000Z"}

messages(keys) := {reason.msg |
	some reason in policy.deny with data.parameters as {"maxAgeDays": 90, "maxActiveKeys": 1, "unusedDays": 14}
		with data.facts as {"now": "2026-11-23T01:00:00.000Z", "iam_users": [{"UserId": "AIDA1", "AccessKeys": keys}]}
}

test_young if messages([key]) == set()

test_no_keys if messages([]) == set()

test_expired_is_not_active if messages([key, object.union(key, {"Status": "Expired"})]) == set()

test_old_and_never_used_are_two_reasons if {
	messages([object.union(key, {"CreateDate": "2026-01-01T00:00:00.000Z", "LastUsedDate": null})]) == {
		"access key AKIA1 is 326 days old (created 2026-01-01; at most 90 allowed)",
		"access key AKIA1 was never used since 2026-01-01",
	}
}

test_everybody_is_judged if {
	found := policy.judged with data.facts as {"iam_users": [{"UserId": "AIDA1"}, {"UserId": "AIDA2"}]}
	{one.resourceId | some one in found} == {"AIDA1", "AIDA2"}
}

test_reasons_are_in_both_languages if {
	old := object.union(key, {"CreateDate": "2026-01-01T00:00:00.000Z", "LastUsedDate": null})
	found := policy.deny with data.parameters as {"maxAgeDays": 90, "maxActiveKeys": 1, "unusedDays": 14}
		with data.facts as {"now": "2026-11-23T01:00:00.000Z", "iam_users": [{"UserId": "AIDA1", "AccessKeys": [old, key]}]}
	{reason.msg_ja | some reason in found} == {
		"アクセスキーAKIA1の作成から326日経過しています(作成日 2026-01-01、必要: 90日以内)",
		"アクセスキーAKIA1は2026-01-01の作成以降、一度も使われていません",
		"有効なアクセスキーが2個あります(上限: 1個)",
	}
}

at(now, created) := {reason.msg |
	some reason in policy.deny with data.parameters as {"maxAgeDays": 90, "maxActiveKeys": 1, "unusedDays": 14}
		with data.facts as {"now": now, "iam_users": [{"UserId": "AIDA1", "AccessKeys": [object.union(key, {"CreateDate": created})]}]}
}

test_limit_to_the_nanosecond if {
	at("2026-11-23T01:00:00.000000000Z", "2026-08-25T01:00:00.000Z") == set()
	at("2026-11-23T01:00:00.000000001Z", "2026-08-25T01:00:00.000Z") == {"access key AKIA1 is 90 days old (created 2026-08-25; at most 90 allowed)"}
}

test_day_is_that_of_japan if {
	at("2026-11-23T01:00:00.000Z", "2026-01-01T14:59:59.999999999Z") == {"access key AKIA1 is 325 days old (created 2026-01-01; at most 90 allowed)"}
	at("2026-11-23T01:00:00.000Z", "2026-01-01T15:00:00.000Z") == {"access key AKIA1 is 325 days old (created 2026-01-02; at most 90 allowed)"}
}

test_key_without_a_date_is_of_1970 if {
	at("2026-11-23T00:00:00.000Z", null) == {"access key AKIA1 is 20780 days old (created 1970-01-01; at most 90 allowed)"}
}
