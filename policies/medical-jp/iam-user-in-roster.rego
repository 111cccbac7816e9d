# METADATA
# title: Every IAM user belongs to one current employee, or is declared as a service user with an owner
# description: >-
#   Compares the account's IAM users with the roster of the personnel department, and finds users that nobody
#   answers for: people who are not in the roster (contractors, old test users), ids that several people share,
#   people with more users than one, and service users without an owner. Service users and emergency users
#   are told by their tags. A user that matches nobody, several people or only people who left is denied, also
#   without credentials. A roster with unreadable rows, an empty one or an old one is a finding about the
#   account, and nobody is COMPLIANT by it. Whether those who left can still sign in is judged by
#   iam-retired-user-removed, emergency users by break-glass-controlled.
# scope: package
# related_resources:
#   - https://docs.aws.amazon.com/IAM/latest/UserGuide/id_users.html
#   - https://docs.aws.amazon.com/IAM/latest/UserGuide/id_tags_users.html
# custom:
#   id: iam-user-in-roster
#   title_ja: IAMユーザーが在籍者・所有者と1対1で対応している(共有ID・所有者不明のIDがない)
#   severity: high
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
#       rosterMaxAgeDays:
#         type: integer
#         minimum: 1
#         default: 7
#         description: Days after which a roster is too old
#         description_ja: 名簿の有効日数
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
#       dateMeaning:
#         type: string
#         enum: [last_day, first_day_off]
#         default: last_day
#         description: Whether the date in the roster is the last day employed or the first day after it
#         description_ja: 退職日の意味(last_dayは在籍最終日、first_day_offは在籍しなくなる最初の日)
#       timezone:
#         type: string
#         enum: [Asia/Tokyo, UTC]
#         default: Asia/Tokyo
#         description: Where the day of the roster begins
#         description_ja: 退職日の起点となるタイムゾーン
#       maxUsersPerPerson:
#         type: integer
#         minimum: 1
#         default: 1
#         description: IAM users that one person may have
#         description_ja: 1人が持てるIAMユーザー数の上限
#       onLeave:
#         type: string
#         enum: [disable, ignore]
#         default: disable
#         description: Whether somebody on leave must not be able to sign in
#         description_ja: 休職者の扱い(disableはサインインできれば非準拠、ignoreは在籍者と同じ)
#       serviceUserTag:
#         type: string
#         minLength: 1
#         default: UserType=service
#         description: Tag of users that belong to a system, as Key or Key=Value
#         description_ja: システム用ユーザーに付けるタグ(キー、またはキー=値)
#       breakGlassTag:
#         type: string
#         minLength: 1
#         default: break-glass=true
#         description: Tag of emergency users, as Key or Key=Value; they need an owner too
#         description_ja: 非常時用ユーザーに付けるタグ(キー、またはキー=値)。所有者タグも必要
#       ownerTag:
#         type: string
#         minLength: 1
#         default: Owner
#         description: Key of the tag that names the owner of a service user
#         description_ja: システム用ユーザーの所有者を示すタグのキー
#       ownerInRoster:
#         type: boolean
#         default: false
#         description: Whether the owner has to be a current employee of the roster, and not a department, say
#         description_ja: 所有者が名簿の在籍者であることを必須とするか(部署名などを認めない)
#   facts:
#     roster: {provider: roster, uri_parameter: rosterS3Uri}
#     iam_users: {provider: iam-users}
#   guidelines:
#     - guideline: 医療情報システムの安全管理に関するガイドライン
#       edition: "6.0"
#       part: 企画管理編
#       clause: 13 遵守事項③
#       confidence: M
#     - guideline: 医療情報システムの安全管理に関するガイドライン 第6.0版 Q&A
#       edition: 令和5年5月
#       clause: 企Q-44
#       confidence: H
#     - guideline: 医療情報システムの安全管理に関するガイドライン
#       edition: "6.0"
#       part: システム運用編
#       clause: 14 遵守事項④
#       confidence: H
#     - guideline: 医療情報を取り扱う情報システム・サービスの提供事業者における安全管理ガイドライン
#       edition: "1.1"
#       clause: 別紙2 ①-5、①-6
#       confidence: H
#   remediation: >-
#     Tag the user with the employee number, or as a service user with its owner:
#     aws iam tag-user --user-name NAME --tags Key=EmployeeId,Value=001234;
#     aws iam tag-user --user-name NAME --tags Key=UserType,Value=service Key=Owner,Value=001234;
#     delete a user that nobody answers for: aws iam delete-user --user-name NAME
#   remediation_ja: >-
#     社員番号のタグ、またはシステム用ユーザーと所有者のタグを付ける:
#     aws iam tag-user --user-name ユーザー名 --tags Key=EmployeeId,Value=001234、
#     aws iam tag-user --user-name ユーザー名 --tags Key=UserType,Value=service Key=Owner,Value=001234。
#     所有者のいないユーザーは削除する: aws iam delete-user --user-name ユーザー名
package sekisho_policies.iam_user_in_roster

import data.sekisho.decode
import data.sekisho.tags

ns_per_day := 86400000000000

offsets := {"Asia/Tokyo": "+09:00", "UTC": "Z"}

# Days that still belong to the employment after the date itself has begun.
days_after := {"last_day": 1, "first_day_off": 0}

now_ns := time.parse_rfc3339_ns(data.facts.now)

users := decode.list(data.facts.iam_users)

resource(user) := {"resourceType": "AWS::IAM::User", "resourceId": user.UserId}

tags_of(user) := object.get(user, "Tags", {})

# ---- the roster itself

roster_rows := decode.list(object.get(data.facts.roster, "rows", null))

roster_errors := decode.list(object.get(data.facts.roster, "errors", null))

last_modified := object.get(data.facts.roster, "last_modified", null)

roster_problem contains {
	"msg": sprintf("problems in the roster: %d; first: %s", [count(roster_errors), first.msg]),
	"msg_ja": sprintf("名簿に問題が%d件あります: %s", [count(roster_errors), first.msg_ja]),
} if {
	first := roster_errors[0]
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
	"msg": sprintf("the roster is older than %d days (last changed %s)", [days, date]),
	"msg_ja": sprintf("名簿が%d日以上更新されていません(最終更新: %s)", [days, date]),
} if {
	last_modified != null
	days := data.parameters.rosterMaxAgeDays
	now_ns - time.parse_rfc3339_ns(last_modified) > days * ns_per_day
	date := substring(last_modified, 0, 10)
}

# ---- who is who

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

# Comprehensions, because Sekisho takes an index without entries for undefined.
rows_of_employee(id) := rows if {
	rows := {row | some row in rows_by_employee_id[id]}
	count(rows) > 0
} else := {row | some row in rows_by_bare_employee_id[trim_left(id, "0")]}

rows_of_name(name) := {row | some row in rows_by_user_name[lower(name)]}

rows_of_address(address) := {row | some row in rows_by_email[lower(address)]}

addresses(user) := {user.UserName} | {trim_space(value) |
	some key, value in tags_of(user)
	lower(key) == "email"
}

rows_by(way, user) := rows_of_employee(trim_space(object.get(tags_of(user), substring(way, 4, -1), ""))) if {
	startswith(way, "tag:")
}

rows_by(way, user) := rows_of_name(user.UserName) if {
	way == "userName"
}

rows_by(way, user) := {row |
	some address in addresses(user)
	some row in rows_of_address(address)
} if {
	way == "email"
}

# The rows of the first way that finds any.
rows_of(user) := [rows |
	some way in data.parameters.matchBy
	rows := rows_by(way, user)
	count(rows) > 0
][0]

row_left(row) if {
	row.retired_on != null
	start_ns := time.parse_rfc3339_ns(sprintf("%sT00:00:00%s", [row.retired_on, offsets[data.parameters.timezone]]))
	now_ns >= start_ns + (days_after[data.parameters.dateMeaning] * ns_per_day)
}

row_left(row) if {
	row.retired_on == null
	row.status == "left"
}

employed(rows) := [row | some row in rows; not row_left(row)]

# Rows are about one person where they have one employee number; no names are read.
person_of(row) := sprintf("employee %s", [row.employee_id]) if {
	row.employee_id != null
} else := sprintf("the person in roster line %d", [row.line])

person_ja(row) := sprintf("社員番号%s", [row.employee_id]) if {
	row.employee_id != null
} else := sprintf("名簿の%d行目の職員", [row.line])

persons(rows) := {person_of(row) | some row in rows}

persons_ja(rows) := {person_ja(row) | some row in rows}

# ---- kinds of users

is_break_glass(user) if tags.matches(tags_of(user), data.parameters.breakGlassTag)

is_service(user) if tags.matches(tags_of(user), data.parameters.serviceUserTag)

humans[user.UserId] := user if {
	some user in users
	not is_break_glass(user)
	not is_service(user)
}

owned := [user | some user in users; not humans[user.UserId]]

known[id] := rows if {
	some id, user in humans
	rows := rows_of(user)
}

users_of[person] contains user.UserName if {
	some id, user in humans
	some person in persons(known[id])
}

can_sign_in(user) if user.LoginProfile != null

can_sign_in(user) if {
	some key in user.AccessKeys
	key.Status == "Active"
}

owner(user) := trim_space(object.get(tags_of(user), data.parameters.ownerTag, ""))

# Whom the owner's tag names, if anybody: by number, user name or address.
owner_rows(user) := (rows_of_employee(owner(user)) | rows_of_name(owner(user))) | rows_of_address(owner(user))

# ---- verdicts

judged contains resource(user) if {
	count(roster_problem) == 0
	some user in users
}

deny contains problem if some problem in roster_problem

deny contains {
	"msg": "the roster does not know this user",
	"msg_ja": "名簿に該当する職員がいません",
	"resource": resource(user),
} if {
	some id, user in humans
	not known[id]
}

deny contains {
	"msg": sprintf("this user matches several people: %s", [names]),
	"msg_ja": sprintf("名簿の複数の職員に該当します: %s", [names_ja]),
	"resource": resource(humans[id]),
} if {
	some id, rows in known
	count(persons(rows)) > 1
	names := concat(", ", persons(rows))
	names_ja := concat("、", persons_ja(rows))
}

deny contains {
	"msg": sprintf("%s is no longer employed", [names]),
	"msg_ja": sprintf("%sは退職しています", [names_ja]),
	"resource": resource(humans[id]),
} if {
	some id, rows in known
	count(employed(rows)) == 0
	names := concat(", ", persons(rows))
	names_ja := concat("、", persons_ja(rows))
}

deny contains {
	"msg": sprintf("%s is on leave and can sign in", [names]),
	"msg_ja": sprintf("%sは休職中ですが、サインインできます", [names_ja]),
	"resource": resource(humans[id]),
} if {
	data.parameters.onLeave == "disable"
	some id, rows in known
	can_sign_in(humans[id])
	here := employed(rows)
	count(here) > 0
	every row in here {
		row.status == "leave"
	}
	names := concat(", ", persons(rows))
	names_ja := concat("、", persons_ja(rows))
}

deny contains {
	"msg": sprintf("%s has %d IAM users (at most %d allowed): %s", [person, number, most, names]),
	"msg_ja": sprintf("同じ職員のIAMユーザーが%d個あります(上限: %d個): %s", [number, most, names]),
	"resource": resource(humans[id]),
} if {
	most := data.parameters.maxUsersPerPerson
	some id, rows in known
	some person in persons(rows)
	number := count(users_of[person])
	number > most
	names := concat(", ", users_of[person])
}

deny contains {
	"msg": sprintf("no owner: the tag %s is missing or empty", [data.parameters.ownerTag]),
	"msg_ja": sprintf("所有者が登録されていません(%sタグがないか空です)", [data.parameters.ownerTag]),
	"resource": resource(user),
} if {
	some user in owned
	owner(user) == ""
}

deny contains {
	"msg": "the owner is no longer employed",
	"msg_ja": "所有者が退職しています",
	"resource": resource(user),
} if {
	some user in owned
	rows := owner_rows(user)
	count(rows) > 0
	count(employed(rows)) == 0
}

deny contains {
	"msg": "the roster does not know the owner",
	"msg_ja": "所有者が名簿にありません",
	"resource": resource(user),
} if {
	data.parameters.ownerInRoster
	some user in owned
	owner(user) != ""
	count(owner_rows(user)) == 0
}

deny contains {
	"msg": "a service user has a console password",
	"msg_ja": "システム用ユーザーにコンソールパスワードがあります",
	"resource": resource(user),
} if {
	some user in owned
	not is_break_glass(user)
	user.LoginProfile != null
}
