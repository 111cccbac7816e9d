package sekisho_policies.break_glass_controlled_test

import data.sekisho_policies.break_glass_controlled as policy

parameters := {"breakGlassTag": "break-glass=true", "rotateWithinHours": 24, "reviewDays": 30, "requireAny": true}

user := {
	"UserId": "AIDA1",
	"Arn": "arn:1",
	"Tags": {"break-glass": "true"},
	"LoginProfile": {"CreateDate": "2026-04-01T00:00:00.000Z"},
	"PasswordLastUsed": "2026-05-10T03:00:00.000Z",
	"AccessKeys": [],
}

role := {"RoleId": "AROA1", "Tags": [{"Key": "break-glass", "Value": "true"}], "RoleLastUsed": {"LastUsedDate": "2026-11-20T00:00:00.000Z"}}

reasons(users, entries, roles) := {reason |
	some reason in policy.deny with data.parameters as parameters with data.facts as {
		"now": "2026-11-23T01:00:00.000Z",
		"iam_users": users,
		"report": {"users": entries},
		"role": [{"result": {"Role": one}} | some one in roles],
	}
}

messages(users, entries, roles) := {reason.msg | some reason in reasons(users, entries, roles)}

unchanged := {"the password was used on 2026-05-10 12:00 (Japan) and not changed since"}

test_unchanged if {
	messages([user], [], []) == unchanged
	messages([user], [{"arn": "arn:1", "password_last_changed": null}], []) == unchanged
	messages([user], [{"arn": "arn:2", "password_last_changed": "2026-05-11T00:00:00.000Z"}], []) == unchanged
}

test_changed if messages([user], [{"arn": "arn:1", "password_last_changed": "2026-05-11T00:00:00.000Z"}], []) == set()

test_key_of_unknown_state_is_active if {
	key := {"AccessKeyId": "AKIA1", "Status": null, "LastUsedDate": "2026-05-10T03:00:00.000Z"}
	keyed := object.union(user, {"LoginProfile": null, "AccessKeys": [key]})
	messages([keyed], [], []) == {"access key AKIA1 was used on 2026-05-10 12:00 (Japan) and is still active"}
	expired := object.union(keyed, {"AccessKeys": [object.union(key, {"Status": "Expired"})]})
	messages([expired], [], []) == set()
}

test_answers_that_are_none if {
	found := policy.deny with data.parameters as parameters with data.facts as {
		"now": "2026-11-23T01:00:00.000Z",
		"iam_users": null,
		"report": {},
		"role": null,
	}
	{reason.msg | some reason in found} == {"no emergency user or role exists (tag break-glass=true)"}
}

test_role_alone_is_enough if {
	messages([], [], [object.remove(role, ["RoleLastUsed"])]) == set()
	messages([], [], [object.union(role, {"RoleLastUsed": {"LastUsedDate": null}})]) == set()
}

test_reasons_are_in_both_languages if {
	keyed := object.union(user, {"AccessKeys": [{"AccessKeyId": "AKIA1", "Status": "Active", "LastUsedDate": "2026-05-10T16:00:00.000Z"}]})
	{reason.msg_ja | some reason in reasons([keyed], [], [role])} == {
		"パスワードが2026-05-10 12:00に使用されましたが、変更されていません",
		"アクセスキーAKIA1が2026-05-11 01:00に使用されましたが、有効なままです",
		"ロールが2026-11-20 09:00に使用されています。使用の理由を確認し、記録してください",
	}
}
