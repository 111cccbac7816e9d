package sekisho_policies.iam_user_mfa_test

import data.sekisho_policies.iam_user_mfa as policy

user := {"UserName": "u1", "UserId": "AIDA1", "Arn": "arn:1", "CreateDate": "2024-04-01T00:00:00.000Z", "LoginProfile": {}, "AccessKeys": []}

facts(users, entries) := {
	"now": "2026-11-23T01:00:00.000Z",
	"iam_users": users,
	"report": {"GeneratedTime": "2026-11-23T00:58:12.000Z", "users": entries},
}

parameters := {"requireFor": "console", "deadline": ""}

messages(given, changes) := {reason.msg |
	some reason in policy.deny with data.facts as given with data.parameters as object.union(parameters, changes)
}

entry := {"arn": "arn:1", "password_enabled": true, "mfa_active": true}

test_with_mfa if messages(facts([user], [entry]), {}) == set()

test_mfa_has_to_be_true if {
	every value in [false, null, "true"] {
		messages(facts([user], [object.union(entry, {"mfa_active": value})]), {}) == {"the user has a console password, but no MFA device"}
	}
}

test_users_are_found_by_arn if {
	other := object.union(entry, {"arn": "arn:2", "user": "u1"})
	messages(facts([user], [other]), {}) == {"the credential report does not show this user"}
}

test_no_report if {
	given := {"now": "2026-11-23T01:00:00.000Z", "iam_users": [user], "report": {}}
	messages(given, {}) == {"the credential report does not show this user"}
}

test_one_password_is_named_before_the_key if {
	keyed := object.union(user, {"AccessKeys": [{"Status": "Active"}]})
	messages(facts([keyed], [object.union(entry, {"mfa_active": false})]), {"requireFor": "all"}) == {"the user has a console password, but no MFA device"}
}

test_days_are_those_of_japan if {
	given := facts([user], [object.union(entry, {"mfa_active": false})])
	dated := {"deadline": "2026-12-01"}
	before := object.union(given, {"now": "2026-11-29T14:59:59.000Z"})
	messages(before, dated) == {"the user has a console password, but no MFA device (due by 2026-12-01, 2 days left)"}
	after := object.union(given, {"now": "2026-11-29T15:00:01.000Z"})
	messages(after, dated) == {"the user has a console password, but no MFA device (due by 2026-12-01, 1 days left)"}
}

test_reasons_are_in_both_languages if {
	other := object.union(user, {"UserId": "AIDA2", "Arn": "arn:2"})
	given := facts([user, other], [object.union(entry, {"mfa_active": false})])
	found := policy.deny with data.facts as given with data.parameters as object.union(parameters, {"deadline": "2027-03-31"})
	{reason.msg_ja | some reason in found} == {
		"コンソールパスワードがありますが、MFAが設定されていません(期限: 2027-03-31、残り128日)",
		"認証情報レポートにこのユーザーがありません",
	}
}
