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
		"有効なアクセスキーが2個あります(必要: 1個以下)",
	}
}
