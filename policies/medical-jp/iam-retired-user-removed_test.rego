package sekisho_policies.iam_retired_user_removed_test

import data.sekisho_policies.iam_retired_user_removed

defaults := {
	"rosterS3Uri": "s3://hr-exports/staff.csv",
	"rosterEncoding": "auto",
	"rosterColumns": {},
	"matchBy": ["tag:EmployeeId", "userName", "email"],
	"unmatchedUsers": "ignore",
	"dateMeaning": "last_day",
	"graceHours": 0,
	"timezone": "Asia/Tokyo",
	"rosterMaxAgeDays": 7,
}

# ---- the people of the tests

row(changes) := object.union(
	{"line": 2, "employee_id": "001234", "user_name": null, "email": null, "status": "active", "status_text": "在職中", "retired_on": null},
	changes,
)

gone_row := row({"status": "left", "status_text": "退職済み", "retired_on": "2026-03-31"})

roster(rows) := {
	"source": "s3://hr-exports/staff.csv",
	"last_modified": "2026-11-22T18:00:00.000Z",
	"encoding": "CP932",
	"rows": rows,
	"errors": [],
}

user(changes) := object.union(
	{
		"UserName": "u-suzuki",
		"UserId": "AIDAEXAMPLE0000000001",
		"Arn": "arn:aws:iam::123456789012:user/u-suzuki",
		"Path": "/",
		"CreateDate": "2024-04-01T00:00:00.000Z",
		"Tags": {"EmployeeId": "001234"},
		"LoginProfile": null,
		"PasswordLastUsed": null,
		"AccessKeys": [],
	},
	changes,
)

console := {"LoginProfile": {"CreateDate": "2024-04-01T00:00:00.000Z"}}

key(status, used) := {"AccessKeyId": "AKIAEXAMPLE000000001", "Status": status, "CreateDate": "2024-04-01T00:00:00.000Z", "LastUsedDate": used}

keys(entries) := {"AccessKeys": entries}

facts(staff, users) := {"now": "2026-11-23T01:00:00.000Z", "roster": staff, "iam_users": users}

at(now, known) := object.union(known, {"now": now})

account := {"resourceType": "AWS::::Account", "resourceId": "123456789012"}

reasons(known, parameters) := result if {
	result := iam_retired_user_removed.deny with input as account with data.facts as known with data.parameters as parameters
}

of_account(known, parameters) := {reason.msg |
	some reason in reasons(known, parameters)
	object.get(reason, "resource", null) == null
}

of_users(known, parameters) := {reason.msg |
	some reason in reasons(known, parameters)
	object.get(reason, "resource", null) != null
}

judged(known, parameters) := {entry.resourceId | some entry in result} if {
	result := iam_retired_user_removed.judged with input as account with data.facts as known with data.parameters as parameters
}

compliant(known) if {
	reasons(known, defaults) == set()
	judged(known, defaults) == {"AIDAEXAMPLE0000000001"}
}

# ---- who left and can still sign in

test_employed_is_compliant if compliant(facts(roster([row({})]), [user(console)]))

test_on_leave_is_compliant if compliant(facts(roster([row({"status": "leave", "status_text": "休職中"})]), [user(console)]))

test_left_without_credentials_is_compliant if compliant(facts(roster([gone_row]), [user({})]))

test_left_with_disabled_keys_is_compliant if {
	compliant(facts(roster([gone_row]), [user(keys([key("Inactive", null), key("Expired", null)]))]))
}

test_left_with_password if {
	known := facts(roster([gone_row]), [user(console)])
	of_users(known, defaults) == {"employee 001234 left on 2026-03-31 and can still sign in: console password"}
	of_account(known, defaults) == set()
	judged(known, defaults) == {"AIDAEXAMPLE0000000001"}
}

test_left_with_key if {
	known := facts(roster([gone_row]), [user(keys([key("Active", null)]))])
	of_users(known, defaults) == {"employee 001234 left on 2026-03-31 and can still sign in: 1 active access key"}
}

test_left_with_both if {
	known := facts(roster([gone_row]), [user(object.union(console, keys([key("Active", null), key("Active", null)])))])
	of_users(known, defaults) == {"employee 001234 left on 2026-03-31 and can still sign in: console password, 2 active access keys"}
}

test_reason_names_the_user if {
	known := facts(roster([gone_row]), [user(console)])
	some reason in reasons(known, defaults)
	reason.resource == {"resourceType": "AWS::IAM::User", "resourceId": "AIDAEXAMPLE0000000001"}
	reason.msg_ja == "社員番号001234は2026-03-31に退職しましたが、まだサインインできます: コンソールパスワード"
}

test_one_key_in_japanese if {
	known := facts(roster([gone_row]), [user(keys([key("Active", null)]))])
	some reason in reasons(known, defaults)
	reason.msg_ja == "社員番号001234は2026-03-31に退職しましたが、まだサインインできます: 有効なアクセスキー1個"
}

test_no_names_in_reasons if {
	rows := [row({"employee_id": null, "user_name": "u-suzuki", "email": "suzuki@example.jp", "status": "left", "line": 7})]
	known := facts(roster(rows), [user(console)])
	of_users(known, defaults) == {"the person in roster line 7 left and can still sign in: console password"}
	some reason in reasons(known, defaults)
	reason.msg_ja == "名簿の7行目の職員は退職しましたが、まだサインインできます: コンソールパスワード"
}

# ---- when somebody has left

last_day := row({"retired_on": "2026-11-23"})

test_last_day_belongs_to_the_employment if {
	known := facts(roster([last_day]), [user(console)])
	reasons(at("2026-11-23T14:59:59.999Z", known), defaults) == set()
	count(reasons(at("2026-11-23T15:00:00.000Z", known), defaults)) == 1
}

test_first_day_off_does_not if {
	parameters := object.union(defaults, {"dateMeaning": "first_day_off"})
	known := facts(roster([last_day]), [user(console)])
	reasons(at("2026-11-22T14:59:59.999Z", known), parameters) == set()
	count(reasons(at("2026-11-22T15:00:00.000Z", known), parameters)) == 1
}

test_grace if {
	parameters := object.union(defaults, {"graceHours": 24})
	known := facts(roster([last_day]), [user(console)])
	reasons(at("2026-11-24T14:59:59.999Z", known), parameters) == set()
	count(reasons(at("2026-11-24T15:00:00.000Z", known), parameters)) == 1
}

test_utc if {
	parameters := object.union(defaults, {"timezone": "UTC"})
	known := facts(roster([last_day]), [user(console)])
	reasons(at("2026-11-23T23:59:59.999Z", known), parameters) == set()
	count(reasons(at("2026-11-24T00:00:00.000Z", known), parameters)) == 1
}

test_status_without_date if {
	known := facts(roster([row({"status": "left"})]), [user(console)])
	of_users(known, defaults) == {"employee 001234 left and can still sign in: console password"}
}

test_date_decides_over_the_status if {
	count(reasons(facts(roster([row({"retired_on": "2026-03-31"})]), [user(console)]), defaults)) == 1
	compliant(facts(roster([row({"status": "left", "retired_on": "2026-12-31"})]), [user(console)]))
	count(reasons(facts(roster([row({"status": null, "retired_on": "2026-03-31"})]), [user(console)]), defaults)) == 1
}

test_neither_status_nor_date_is_employed if compliant(facts(roster([row({"status": null})]), [user(console)]))

# ---- used after leaving

test_password_used_after_leaving if {
	used := object.union(console, {"PasswordLastUsed": "2026-10-01T09:12:00.000Z"})
	of_users(facts(roster([gone_row]), [user(used)]), defaults) == {
		"employee 001234 left on 2026-03-31 and can still sign in: console password",
		"the console password of employee 001234 was used after leaving on 2026-03-31, last at 2026-10-01T09:12:00.000Z",
	}
}

test_use_counts_though_disabled_since if {
	known := facts(roster([gone_row]), [user(keys([
		key("Inactive", "2026-04-02T00:00:00.000Z"),
		key("Inactive", "2026-05-02T00:00:00.000Z"),
		key("Inactive", "2026-01-02T00:00:00.000Z"),
	]))])
	of_users(known, defaults) == {"an access key of employee 001234 was used after leaving on 2026-03-31, last at 2026-05-02T00:00:00.000Z"}
}

# An undefined value in the head of a rule is an error of regorus, once the set has other members.
test_use_by_one_of_several_leavers if {
	rows := [gone_row, row({"line": 3, "employee_id": "005678", "retired_on": "2026-03-31"})]
	used := user(keys([key("Inactive", "2026-05-02T00:00:00.000Z")]))
	known := facts(roster(rows), [used, object.union(stayer, {"AccessKeys": [key("Inactive", "2026-01-02T00:00:00.000Z")]})])
	count(of_users(known, defaults)) == 2
	count(of_users(object.union(known, {"iam_users": array.reverse(known.iam_users)}), defaults)) == 2
}

test_use_on_the_last_day_is_no_incident if {
	# 23:59:59 in Tokyo on the last day, and a second later.
	compliant(facts(roster([gone_row]), [user({"PasswordLastUsed": "2026-03-31T14:59:59.000Z"})]))
	of_users(facts(roster([gone_row]), [user({"PasswordLastUsed": "2026-03-31T15:00:00.000Z"})]), defaults) == {"the console password of employee 001234 was used after leaving on 2026-03-31, last at 2026-03-31T15:00:00.000Z"}
}

test_use_without_a_date_accuses_nobody if {
	compliant(facts(roster([row({"status": "left"})]), [user({"PasswordLastUsed": "2026-10-01T09:12:00.000Z"})]))
}

test_use_of_the_employed_is_no_incident if {
	compliant(facts(roster([row({})]), [user(object.union(console, {"PasswordLastUsed": "2026-10-01T09:12:00.000Z"}))]))
}

# ---- matching

matched(rows, one, ways) if {
	known := facts(roster(rows), [one])
	count(judged(known, object.union(defaults, {"matchBy": ways}))) == 1
}

test_by_tag if {
	matched([row({})], user({}), ["tag:EmployeeId"])
	matched([row({})], user({"Tags": {"社員番号": " 001234 "}}), ["tag:社員番号"])
	not matched([row({})], user({"Tags": {"EmployeeId": "001235"}}), ["tag:EmployeeId"])
	not matched([row({})], user({"Tags": {"EmployeeId": ""}}), ["tag:EmployeeId"])
}

test_tag_without_value_matches_no_zero if {
	not matched([row({"employee_id": "000"})], user({"Tags": {"EmployeeId": ""}}), ["tag:EmployeeId"])
	not matched([row({"employee_id": "000"})], unknown, ["tag:EmployeeId"])
	matched([row({"employee_id": "000"})], user({"Tags": {"EmployeeId": "000"}}), ["tag:EmployeeId"])
}

test_leading_zeros_lost_in_a_spreadsheet if {
	matched([row({"employee_id": "1234"})], user({}), ["tag:EmployeeId"])
	matched([row({})], user({"Tags": {"EmployeeId": "1234"}}), ["tag:EmployeeId"])
}

test_exact_number_comes_before_lost_zeros if {
	rows := [row({"employee_id": "1234", "status": "left"}), row({"line": 3})]
	compliant(facts(roster(rows), [user(console)]))
}

test_by_user_name if {
	matched([row({"employee_id": null, "user_name": "U-Suzuki"})], user({}), ["userName"])
	not matched([row({"user_name": "u-suzuki"})], user({}), ["email"])
}

test_by_email if {
	rows := [row({"employee_id": null, "email": "Suzuki@example.jp"})]
	matched(rows, user({"UserName": "suzuki@example.jp"}), ["email"])
	matched(rows, user({"Tags": {"EMail": "suzuki@EXAMPLE.jp"}}), ["email"])
	not matched(rows, user({}), ["email"])
	not matched(rows, user({"Tags": {"Manager": "suzuki@example.jp"}}), ["email"])
}

test_first_way_that_finds_a_row_counts if {
	rows := [gone_row, row({"line": 3, "employee_id": "009999", "user_name": "u-suzuki"})]
	known := facts(roster(rows), [user(console)])
	of_users(known, defaults) == {"employee 001234 left on 2026-03-31 and can still sign in: console password"}
	reasons(known, object.union(defaults, {"matchBy": ["userName", "tag:EmployeeId"]})) == set()
}

# ---- several rows for one person

test_left_and_employed_contradict_each_other if {
	rows := [gone_row, row({"line": 9})]
	known := facts(roster(rows), [user(console)])
	of_users(known, defaults) == {"the roster has employee 001234 both as employed and as left, and the user can sign in: console password"}
	compliant(facts(roster(rows), [user({})]))
	compliant(facts(roster(rows), [user({
		"PasswordLastUsed": "2026-10-01T09:12:00.000Z",
		"AccessKeys": [key("Inactive", "2026-10-01T09:12:00.000Z")],
	})]))
}

test_left_twice_counts_from_the_later_date if {
	rows := [gone_row, row({"line": 9, "status": "left", "retired_on": "2026-09-30"})]
	compliant(facts(roster(rows), [user({"PasswordLastUsed": "2026-06-01T00:00:00.000Z"})]))
	known := facts(roster(rows), [user(console)])
	of_users(known, defaults) == {"employee 001234 left on 2026-09-30 and can still sign in: console password"}
}

# ---- users whom the roster does not know

unknown := object.union(
	object.remove(user({}), ["Tags"]),
	{"UserName": "ci-deploy", "UserId": "AIDAEXAMPLE0000000002", "Tags": {"Team": "platform"}},
)

test_unknown_user_gets_no_evaluation if {
	known := facts(roster([row({})]), [user(console), unknown])
	reasons(known, defaults) == set()
	judged(known, defaults) == {"AIDAEXAMPLE0000000001"}
}

test_unknown_user_may_be_denied if {
	known := facts(roster([row({})]), [user(console), unknown])
	some reason in reasons(known, object.union(defaults, {"unmatchedUsers": "deny"}))
	reason.msg == "the roster does not know this user"
	reason.resource.resourceId == "AIDAEXAMPLE0000000002"
	count(reasons(known, object.union(defaults, {"unmatchedUsers": "deny"}))) == 1
}

test_nobody_found_at_all if {
	known := facts(roster([row({"employee_id": "777"})]), [user(console)])
	of_account(known, defaults) == {"no IAM user is found in the roster by tag:EmployeeId, userName, email"}
	judged(known, defaults) == set()
}

test_account_of_service_users_only if {
	known := facts(roster([row({"employee_id": "777"})]), [object.union(unknown, keys([key("Active", null)]))])
	reasons(known, defaults) == set()
}

test_account_without_users if reasons(facts(roster([row({})]), []), defaults) == set()

# ---- a roster that cannot be relied on

leaver := user(console)

stayer := user(object.union(console, {"UserName": "u-sato", "UserId": "AIDAEXAMPLE0000000003", "Tags": {"EmployeeId": "005678"}}))

staff := roster([gone_row, row({"line": 3, "employee_id": "005678"})])

unreliable(changes) := facts(object.union(staff, changes), [leaver, stayer])

still_denied := {"employee 001234 left on 2026-03-31 and can still sign in: console password"}

test_reliable_roster_judges_both if {
	known := unreliable({})
	of_account(known, defaults) == set()
	of_users(known, defaults) == still_denied
	judged(known, defaults) == {"AIDAEXAMPLE0000000001", "AIDAEXAMPLE0000000003"}
}

test_broken_rows if {
	broken := {"line": 5, "column": "退職日", "msg": "\"2026/13/1\" is not a date", "msg_ja": "「2026/13/1」は日付ではありません"}
	known := unreliable({"errors": [broken, object.union(broken, {"line": 6})]})
	of_account(known, defaults) == {"problems in the roster: 2; line 5: \"2026/13/1\" is not a date"}
	of_users(known, defaults) == still_denied
	judged(known, defaults) == set()
	some reason in reasons(known, defaults)
	reason.msg_ja == "名簿に問題が2件あります。5行目: 「2026/13/1」は日付ではありません"
}

test_broken_file if {
	broken := {"line": null, "column": null, "msg": "the roster is empty", "msg_ja": "名簿が空です"}
	known := unreliable({"rows": [], "errors": [broken]})
	of_account(known, defaults) == {"problems in the roster: 1; file: the roster is empty"}
	judged(known, defaults) == set()
}

test_empty_roster if {
	known := unreliable({"rows": []})
	of_account(known, defaults) == {"the roster has no rows"}
	of_users(known, defaults) == set()
	judged(known, defaults) == set()
}

test_stale_roster if {
	known := unreliable({"last_modified": "2026-11-16T00:59:59.999Z"})
	of_account(known, defaults) == {"the roster is older than 7 days (last changed 2026-11-16)"}
	of_users(known, defaults) == still_denied
	judged(known, defaults) == set()
	reasons(known, object.union(defaults, {"rosterMaxAgeDays": 8})) != reasons(known, defaults)
}

test_roster_of_exactly_the_limit if of_account(unreliable({"last_modified": "2026-11-16T01:00:00.000Z"}), defaults) == set()

test_roster_of_unknown_age if {
	every known in [unreliable({"last_modified": null}), facts(object.remove(staff, ["last_modified"]), [leaver, stayer])] {
		of_account(known, defaults) == {"the roster's age is unknown"}
		judged(known, defaults) == set()
	}
}

test_reasons_are_in_both_languages if {
	known := facts(roster([gone_row]), [user(object.union(console, keys([key("Active", "2026-05-02T00:00:00.000Z")])))])
	every reason in reasons(known, defaults) {
		reason.msg_ja != ""
	}
}
