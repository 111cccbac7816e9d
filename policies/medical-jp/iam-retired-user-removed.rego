# METADATA
# title: Nobody who left can still sign in as an IAM user
# description: >-
#   Compares the account's IAM users with the roster of the personnel department. Whoever left must have
#   neither a console password nor an active access key; credentials used after leaving are a reason of
#   their own, also when they are disabled by now. A roster with unreadable rows, an empty one or an old one
#   is a finding about the account, and nobody is COMPLIANT by it. Users whom the roster does not know get
#   no evaluation unless unmatchedUsers says so. The date decides who left, and the status where there is no
#   date. Rows for one person that contradict each other (one employed, one left) are a finding as long as
#   the user can sign in. SSH keys, signing certificates and service-specific credentials are not looked at.
# scope: package
# related_resources:
#   - https://docs.aws.amazon.com/IAM/latest/UserGuide/id_users_remove.html
#   - https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetAccessKeyLastUsed.html
#   - https://docs.aws.amazon.com/config/latest/developerguide/iam-user-unused-credentials-check.html
# custom:
#   id: iam-retired-user-removed
#   title_ja: 退職者のアカウントが削除・無効化されている
#   severity: critical
#   trigger: periodic
#   resource_types:
#     - AWS::::Account
#     - AWS::IAM::User
#   parameters:
#     type: object
#     required: [rosterS3Uri]
#     properties:
#       rosterS3Uri:
#         type: string
#         pattern: "^s3://[^/]+/.+$"
#         description: Where the roster lies, as s3://bucket/key
#         description_ja: 名簿の場所(s3://バケット/キー)
#       rosterEncoding:
#         type: string
#         enum: [auto, utf-8, cp932, utf-16]
#         default: auto
#         description: The roster's encoding
#         description_ja: 名簿の文字コード
#       rosterColumns:
#         type: object
#         default: {}
#         properties:
#           employee_id: {type: string}
#           user_name: {type: string}
#           email: {type: string}
#           status: {type: string}
#           retired_on: {type: string}
#         additionalProperties: false
#         description: Names of the roster's columns, where they are not among the usual ones
#         description_ja: 名簿の列名。一般的な列名(社員番号、在籍状況、退職日など)なら指定不要
#       matchBy:
#         type: array
#         items:
#           type: string
#           pattern: "^(tag:.+|userName|email)$"
#         minItems: 1
#         default: ["tag:EmployeeId", userName, email]
#         description: >-
#           How a user is found in the roster; the first way that finds a row counts. tag:KEY compares the tag
#           with the employee number, userName the user's name with the user name, email the user's name or
#           its tag Email with the address
#         description_ja: >-
#           IAMユーザーと名簿の照合方法(優先順)。tag:キーは社員番号、userNameはユーザー名、
#           emailはユーザー名またはEmailタグをメールアドレスと比べる
#       unmatchedUsers:
#         type: string
#         enum: [ignore, deny]
#         default: ignore
#         description: What becomes of users whom the roster does not know
#         description_ja: 名簿にないIAMユーザーの扱い(ignoreは判定しない、denyは非準拠)
#       dateMeaning:
#         type: string
#         enum: [last_day, first_day_off]
#         default: last_day
#         description: Whether the date in the roster is the last day employed or the first day after it
#         description_ja: 退職日の意味(last_dayは在籍最終日、first_day_offは在籍しなくなる最初の日)
#       graceHours:
#         type: integer
#         minimum: 0
#         maximum: 720
#         default: 0
#         description: Hours after leaving within which credentials may remain
#         description_ja: 退職後の猶予時間
#       timezone:
#         type: string
#         enum: [Asia/Tokyo, UTC]
#         default: Asia/Tokyo
#         description: Where the day of the roster begins
#         description_ja: 退職日の起点となるタイムゾーン
#       rosterMaxAgeDays:
#         type: integer
#         minimum: 1
#         default: 7
#         description: Days after which a roster is too old
#         description_ja: 名簿の有効日数
#   facts:
#     roster: {provider: roster, uri_parameter: rosterS3Uri}
#     iam_users: {provider: iam-users}
#   guidelines:
#     - guideline: 医療情報システムの安全管理に関するガイドライン
#       edition: "6.0"
#       part: 企画管理編
#       clause: 13 遵守事項③
#       confidence: M
#     - guideline: 医療情報システムの安全管理に関するガイドライン
#       edition: "6.0"
#       part: システム運用編
#       clause: 14 遵守事項④
#       confidence: H
#     - guideline: 医療情報システムの安全管理に関するガイドライン
#       edition: "6.0"
#       part: 企画管理編
#       clause: "7"
#       confidence: CH
#     - guideline: 医療機関におけるサイバーセキュリティ対策チェックリスト
#       edition: 令和5〜8年度
#       clause: 退職者等の不要アカウントの削除
#       confidence: H
#   remediation: >-
#     Take the credentials away, then delete the user:
#     aws iam delete-login-profile --user-name NAME;
#     aws iam update-access-key --user-name NAME --access-key-id ID --status Inactive;
#     aws iam delete-user --user-name NAME. After use past leaving, read CloudTrail for that user first.
#   remediation_ja: >-
#     認証情報を無効化してからユーザーを削除する:
#     aws iam delete-login-profile --user-name ユーザー名、
#     aws iam update-access-key --user-name ユーザー名 --access-key-id キーID --status Inactive、
#     aws iam delete-user --user-name ユーザー名。退職後の利用があれば、削除の前にCloudTrailで操作内容を確認する。
package sekisho_policies.iam_retired_user_removed

import data.sekisho.decode

ns_per_hour := ((60 * 60) * 1000) * 1000000

ns_per_day := 24 * ns_per_hour

offsets := {"Asia/Tokyo": "+09:00", "UTC": "Z"}

# Days that still belong to the employment after the date itself has begun.
days_after := {"last_day": 1, "first_day_off": 0}

now_ns := time.parse_rfc3339_ns(data.facts.now)

# ---- the roster itself

roster_rows := decode.list(data.facts.roster.rows)

roster_errors := decode.list(data.facts.roster.errors)

roster_problem contains {
	"msg": sprintf("problems in the roster: %d; %s: %s", [count(roster_errors), place, first.msg]),
	"msg_ja": sprintf("名簿に問題が%d件あります。%s: %s", [count(roster_errors), place_ja, first.msg_ja]),
} if {
	count(roster_errors) > 0
	first := roster_errors[0]
	place := error_place(first, "line %v", "file")
	place_ja := error_place(first, "%v行目", "ファイル全体")
}

roster_problem contains {
	"msg": "the roster has no rows",
	"msg_ja": "名簿にデータがありません",
} if {
	count(roster_rows) == 0
	count(roster_errors) == 0
}

roster_problem contains {
	"msg": "the roster's age is unknown",
	"msg_ja": "名簿の更新日時が不明です",
} if {
	last_modified == null
}

roster_problem contains {
	"msg": sprintf("the roster is older than %d days (last changed %s)", [data.parameters.rosterMaxAgeDays, date]),
	"msg_ja": sprintf("名簿が%d日以上更新されていません(最終更新: %s)", [data.parameters.rosterMaxAgeDays, date]),
} if {
	last_modified != null
	age_ns := now_ns - time.parse_rfc3339_ns(last_modified)
	age_ns > data.parameters.rosterMaxAgeDays * ns_per_day
	date := substring(last_modified, 0, 10)
}

# Somebody signs in to the console, and the roster knows nobody: the two were not compared at all.
roster_problem contains {
	"msg": sprintf("no IAM user is found in the roster by %s", [ways]),
	"msg_ja": sprintf("名簿と一致するIAMユーザーがいません(照合方法: %s)", [ways]),
} if {
	count(roster_rows) > 0
	count(console_users) > 0
	count(person) == 0
	ways := concat(", ", data.parameters.matchBy)
}

last_modified := object.get(data.facts.roster, "last_modified", null)

console_users contains user.UserId if {
	some user in data.facts.iam_users
	user.LoginProfile != null
}

error_place(problem, line_format, whole) := sprintf(line_format, [problem.line]) if {
	is_number(object.get(problem, "line", null))
} else := whole

# ---- who is who: indexes, so that the work grows with users plus rows and not with their product

rows_by_employee_id[row.employee_id] contains row if {
	some row in roster_rows
	row.employee_id != null
}

# Spreadsheets drop leading zeros.
rows_by_bare_employee_id[bare] contains row if {
	some row in roster_rows
	row.employee_id != null
	bare := trim_left(row.employee_id, "0")
	bare != ""
}

rows_by_user_name[name] contains row if {
	some row in roster_rows
	row.user_name != null
	name := lower(row.user_name)
}

rows_by_email[address] contains row if {
	some row in roster_rows
	row.email != null
	address := lower(row.email)
}

# The rows of one user, by each way that finds any, in the order of matchBy.
rows_found(user) := [rows |
	some way in data.parameters.matchBy
	rows := rows_by(way, user)
	count(rows) > 0
]

rows_by(way, user) := rows_of_employee(trim_space(object.get(user, ["Tags", substring(way, 4, -1)], ""))) if {
	startswith(way, "tag:")
}

rows_by(way, user) := object.get(rows_by_user_name, lower(user.UserName), set()) if {
	way == "userName"
}

rows_by(way, user) := {row |
	some address in addresses(user)
	some row in object.get(rows_by_email, address, set())
} if {
	way == "email"
}

rows_of_employee(id) := rows if {
	rows := object.get(rows_by_employee_id, id, set())
	count(rows) > 0
} else := object.get(rows_by_bare_employee_id, trim_left(id, "0"), set())

addresses(user) := {lower(user.UserName)} | {lower(trim_space(value)) |
	some key, value in object.get(user, "Tags", {})
	lower(key) == "email"
}

# ---- who left

# When the credentials must be gone, in nanoseconds since 1970.
breach_ns(date) := (start + employed_ns) + grace_ns if {
	employed_ns := days_after[data.parameters.dateMeaning] * ns_per_day
	grace_ns := data.parameters.graceHours * ns_per_hour
	start := time.parse_rfc3339_ns(sprintf("%sT00:00:00%s", [date, offsets[data.parameters.timezone]]))
}

row_left(row) if {
	row.retired_on != null
	now_ns >= breach_ns(row.retired_on)
}

row_left(row) if {
	row.retired_on == null
	row.status == "left"
}

# Every user whom the roster knows, by UserId, and what the roster says.
person[user.UserId] := {
	"user": user,
	"label": label(rows),
	"label_ja": label_ja(rows),
	"left": [row | some row in rows; row_left(row)],
	"employed": [row | some row in rows; not row_left(row)],
	"keys": [key | some key in user.AccessKeys; not key.Status in {"Inactive", "Expired"}],
} if {
	some user in data.facts.iam_users
	rows := rows_found(user)[0]
}

# Employee numbers; no names, which e-mail addresses and user names often are.
label(rows) := sprintf("employee %s", [concat(", ", ids)]) if {
	ids := employee_ids(rows)
	count(ids) > 0
} else := sprintf("the person in roster line %d", [min({row.line | some row in rows})])

label_ja(rows) := sprintf("社員番号%s", [concat(", ", ids)]) if {
	ids := employee_ids(rows)
	count(ids) > 0
} else := sprintf("名簿の%d行目の職員", [min({row.line | some row in rows})])

employee_ids(rows) := {row.employee_id | some row in rows; row.employee_id != null}

can_sign_in(one) if one.user.LoginProfile != null

can_sign_in(one) if count(one.keys) > 0

credentials(one) := concat(", ", array.concat(
	[text | one.user.LoginProfile != null; text := "console password"],
	[text | count(one.keys) > 0; text := key_text(count(one.keys))],
))

key_text(number) := "1 active access key" if {
	number == 1
} else := sprintf("%d active access keys", [number])

credentials_ja(one) := concat("、", array.concat(
	[text | one.user.LoginProfile != null; text := "コンソールパスワード"],
	[text | count(one.keys) > 0; text := sprintf("有効なアクセスキー%d個", [count(one.keys)])],
))

gone contains id if {
	some id, one in person
	count(one.employed) == 0
}

contradicted contains id if {
	some id, one in person
	count(one.left) > 0
	count(one.employed) > 0
}

# The last of several times somebody left; only where all are dated, since nobody is accused on a guess.
left_on(one) := max({row.retired_on | some row in one.left}) if {
	every row in one.left {
		row.retired_on != null
	}
}

resource(id) := {"resourceType": "AWS::IAM::User", "resourceId": id}

# ---- verdicts

judged contains resource(id) if {
	count(roster_problem) == 0
	some id, _ in person
}

deny contains problem if some problem in roster_problem

deny contains {
	"msg": sprintf("%s left%s and can still sign in: %s", [one.label, date, credentials(one)]),
	"msg_ja": sprintf("%sは%s退職しましたが、まだサインインできます: %s", [one.label_ja, date_ja, credentials_ja(one)]),
	"resource": resource(id),
} if {
	some id in gone
	one := person[id]
	can_sign_in(one)
	date := dated(one, " on %s")
	date_ja := dated(one, "%sに")
}

deny contains {
	"msg": sprintf("the console password of %s was used after leaving on %s, last at %s", [one.label, date, used]),
	"msg_ja": sprintf("%sのコンソールパスワードが退職(%s)後に使われました(最終: %s)", [one.label_ja, date, used]),
	"resource": resource(id),
} if {
	some id in gone
	one := person[id]
	date := left_on(one)
	used := one.user.PasswordLastUsed
	used_after(used, date)
}

deny contains {
	"msg": sprintf("an access key of %s was used after leaving on %s, last at %s", [one.label, date, max(uses)]),
	"msg_ja": sprintf("%sのアクセスキーが退職(%s)後に使われました(最終: %s)", [one.label_ja, date, max(uses)]),
	"resource": resource(id),
} if {
	some id in gone
	one := person[id]
	date := left_on(one)
	uses := {key.LastUsedDate | some key in one.user.AccessKeys; used_after(key.LastUsedDate, date)}

	# Not left to max: an undefined value in the head of a rule is an error in Sekisho.
	count(uses) > 0
}

deny contains {
	"msg": sprintf(
		"the roster has %s both as employed and as left, and the user can sign in: %s",
		[one.label, credentials(one)],
	),
	"msg_ja": sprintf(
		"名簿に%sの在籍と退職の両方の行があり、サインインできる状態です: %s",
		[one.label_ja, credentials_ja(one)],
	),
	"resource": resource(id),
} if {
	some id in contradicted
	one := person[id]
	can_sign_in(one)
}

deny contains {
	"msg": "the roster does not know this user",
	"msg_ja": "名簿に該当する職員がいません",
	"resource": resource(user.UserId),
} if {
	data.parameters.unmatchedUsers == "deny"
	some user in data.facts.iam_users
	count(rows_found(user)) == 0
}

used_after(used, date) if {
	used != null
	time.parse_rfc3339_ns(used) >= breach_ns(date)
}

dated(one, format) := sprintf(format, [left_on(one)]) if {
	left_on(one)
} else := ""
