package sekisho_policies.iam_user_in_roster_test

import data.sekisho_policies.iam_user_in_roster as policy

parameters := {
	"rosterMaxAgeDays": 7,
	"matchBy": ["tag:EmployeeId", "userName", "email"],
	"dateMeaning": "last_day",
	"timezone": "Asia/Tokyo",
	"maxUsersPerPerson": 1,
	"onLeave": "disable",
	"serviceUserTag": "UserType=service",
	"breakGlassTag": "break-glass=true",
	"ownerTag": "Owner",
	"ownerInRoster": false,
}

row := {"line": 2, "employee_id": "001001", "user_name": "suzuki", "email": null, "status": "active", "retired_on": null}

user := {"UserName": "u1", "UserId": "AIDA1", "Tags": {"EmployeeId": "001001"}, "LoginProfile": null, "AccessKeys": []}

facts(rows, users) := {
	"now": "2026-11-23T01:00:00.000Z",
	"roster": {"last_modified": "2026-11-22T18:00:00.000Z", "rows": rows, "errors": []},
	"iam_users": users,
}

messages(given, changes) := {reason.msg |
	some reason in policy.deny with data.facts as given with data.parameters as object.union(parameters, changes)
}

test_known if messages(facts([row], [user]), {}) == set()

test_judged_unless_the_roster_is_at_fault if {
	found := policy.judged with data.facts as facts([row], [user]) with data.parameters as parameters
	found == {{"resourceType": "AWS::IAM::User", "resourceId": "AIDA1"}}
	none := policy.judged with data.facts as facts([], [user]) with data.parameters as parameters
	none == set()
}

test_first_way_that_finds_somebody_counts if {
	other := object.union(row, {"line": 3, "employee_id": "001002", "user_name": "u1"})
	messages(facts([row, other], [user]), {}) == set()
	messages(facts([row, other], [user]), {"matchBy": ["userName", "tag:EmployeeId"]}) == set()
	messages(facts([other], [user]), {"matchBy": ["tag:EmployeeId"]}) == {"the roster does not know this user"}
}

test_empty_and_absent_tags_match_nobody if {
	nobody := object.union(row, {"employee_id": null, "user_name": null})
	every given in [{"EmployeeId": ""}, {"EmployeeId": "0"}, {}] {
		anonymous := json.patch(user, [{"op": "replace", "path": "/Tags", "value": given}])
		messages(facts([nobody], [anonymous]), {}) == {"the roster does not know this user"}
	}
}

# A date says more than the word beside it.
test_left_in_words_and_still_to_leave if {
	leaving := object.union(row, {"status": "left", "retired_on": "2027-03-31"})
	messages(facts([leaving], [user]), {}) == set()
}

test_midnight_of_the_time_zone if {
	leaving := object.union(row, {"retired_on": "2026-11-22"})
	last := object.union(facts([leaving], [user]), {"now": "2026-11-22T14:59:59.000Z"})
	messages(last, {}) == set()
	after := object.union(facts([leaving], [user]), {"now": "2026-11-22T15:00:00.000Z"})
	messages(after, {}) == {"employee 001001 is no longer employed"}
	messages(after, {"timezone": "UTC"}) == set()
}

test_on_leave_in_one_row_and_working_in_another if {
	leave := object.union(row, {"line": 3, "status": "leave"})
	able := object.union(user, {"LoginProfile": {}})
	messages(facts([row, leave], [able]), {}) == set()
	left := object.union(row, {"status": "left"})
	messages(facts([left, leave], [able]), {}) == {"employee 001001 is on leave and can sign in"}
}

test_break_glass_comes_before_the_roster if {
	emergency := json.patch(user, [{"op": "replace", "path": "/Tags", "value": {"break-glass": "true", "Owner": "x"}}])
	messages(facts([row], [object.union(emergency, {"LoginProfile": {}})]), {}) == set()
}

test_rows_without_lists if {
	given := object.union(facts([row], [user]), {"roster": {"last_modified": "2026-11-22T18:00:00.000Z", "rows": null, "errors": null}})
	"the roster has no rows" in messages(given, {})
}

test_reasons_are_in_both_languages if {
	stale := {"last_modified": null, "rows": [], "errors": [{"msg": "a", "msg_ja": "b"}]}
	able := {"LoginProfile": {}}
	rows := [
		object.union(row, {"status": "leave"}),
		object.union(row, {"line": 3, "employee_id": "2", "status": "left", "user_name": "left"}),
		object.union(row, {"line": 4, "employee_id": null, "user_name": "shared"}),
		object.union(row, {"line": 5, "employee_id": null, "user_name": "shared"}),
	]
	users := [
		object.union(user, able),
		object.union(user, {"UserId": "AIDA2", "UserName": "u2"}),
		{"UserId": "AIDA3", "UserName": "left", "Tags": {}, "LoginProfile": null, "AccessKeys": []},
		{"UserId": "AIDA4", "UserName": "shared", "Tags": {}, "LoginProfile": null, "AccessKeys": []},
		{"UserId": "AIDA5", "UserName": "s", "Tags": {"UserType": "service"}, "LoginProfile": {}, "AccessKeys": []},
		{"UserId": "AIDA6", "UserName": "t", "Tags": {"UserType": "service", "Owner": "left"}, "LoginProfile": null, "AccessKeys": []},
		{"UserId": "AIDA7", "UserName": "v", "Tags": {"UserType": "service", "Owner": "x"}, "LoginProfile": null, "AccessKeys": []},
		{"UserId": "AIDA8", "UserName": "w", "Tags": {}, "LoginProfile": null, "AccessKeys": []},
	]
	given := object.union(parameters, {"ownerInRoster": true})
	found := policy.deny with data.facts as facts(rows, users) with data.parameters as given
	roster_found := policy.deny with data.facts as object.union(facts([], []), {"roster": stale}) with data.parameters as given
	{reason.resource.resourceId | some reason in found} == {"AIDA1", "AIDA2", "AIDA3", "AIDA4", "AIDA5", "AIDA6", "AIDA7", "AIDA8"}
	count(roster_found) == 2
	every reason in found | roster_found {
		reason.msg_ja != ""
	}
	japanese := concat(" ", sort({reason.msg_ja | some reason in found}))
	every text in ["社員番号2", "名簿の4行目の職員", "名簿の5行目の職員"] {
		contains(japanese, text)
	}
}
