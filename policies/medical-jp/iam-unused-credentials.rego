# METADATA
# title: Credentials that nobody uses are disabled
# description: >-
#   An account that nobody uses is watched by nobody either. Looked at is the credential report: console
#   passwords and active access keys that were not used for maxIdleDays, or never since they were set or made
#   newUserGraceDays ago. Time begins anew when a password is set again. Emergency users are not judged
#   here but by break-glass-controlled; users who were created after the report are judged by the next one.
#   AWS tracks the use of passwords since 2014 and of keys since 2015.
# scope: package
# related_resources:
#   - https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_finding-unused.html
#   - https://docs.aws.amazon.com/config/latest/developerguide/iam-user-unused-credentials-check.html
# custom:
#   id: iam-unused-credentials
#   title_ja: 未使用の認証情報が無効化されている
#   severity: high
#   trigger: periodic
#   resource_types:
#     - AWS::::Account
#     - AWS::IAM::User
#   parameters:
#     type: object
#     properties:
#       maxIdleDays:
#         type: integer
#         minimum: 1
#         default: 45
#         description: Days without use after which credentials have to be disabled
#         description_ja: 未使用の認証情報を無効化するまでの日数
#       newUserGraceDays:
#         type: integer
#         minimum: 0
#         default: 14
#         description: Days within which new credentials need not be used
#         description_ja: 新しい認証情報の初回利用までの猶予日数
#       breakGlassTag:
#         type: string
#         minLength: 1
#         default: break-glass=true
#         description: Tag of emergency users, as Key or Key=Value; they are not judged here
#         description_ja: 非常時用ユーザーに付けるタグ(キー、またはキー=値)。このポリシーでは判定しない
#   facts:
#     iam_users: {provider: iam-users}
#     report: {provider: iam-credential-report}
#   guidelines:
#     - guideline: 医療機関におけるサイバーセキュリティ対策チェックリスト
#       edition: 令和5〜8年度
#       clause: 退職者等の不要アカウントの削除
#       confidence: H
#     - guideline: 医療情報システムの安全管理に関するガイドライン
#       edition: "6.0"
#       part: システム運用編
#       clause: "14"
#       confidence: CH
#   remediation: >-
#     Take the credential away:
#     aws iam delete-login-profile --user-name NAME;
#     aws iam update-access-key --user-name NAME --access-key-id ID --status Inactive;
#     delete a user that is not needed: aws iam delete-user --user-name NAME
#   remediation_ja: >-
#     使われていない認証情報を無効化する:
#     aws iam delete-login-profile --user-name ユーザー名、
#     aws iam update-access-key --user-name ユーザー名 --access-key-id キーID --status Inactive。
#     不要なユーザーは削除する: aws iam delete-user --user-name ユーザー名
package sekisho_policies.iam_unused_credentials

import data.sekisho.decode
import data.sekisho.tags

ns_per_day := 86400000000000

ns_japan := 9 * 3600000000000

now_ns := time.parse_rfc3339_ns(data.facts.now)

generated := object.get(data.facts.report, "GeneratedTime", null)

# Emergency users are unused by nature.
users := [user |
	some user in decode.list(data.facts.iam_users)
	not tags.matches(object.get(user, "Tags", {}), data.parameters.breakGlassTag)
]

entries := {entry.arn: entry | some entry in decode.list(object.get(data.facts.report, "users", null))}

entry_of(user) := object.get(entries, user.Arn, null)

resource(user) := {"resourceType": "AWS::IAM::User", "resourceId": user.UserId}

seen(user) if entry_of(user) != null

too_new(user) if {
	not seen(user)
	is_string(generated)
	time.parse_rfc3339_ns(user.CreateDate) > time.parse_rfc3339_ns(generated)
}

# ---- credentials: what they are called, when they were last used, since when they are there

credentials(entry) := array.concat(
	[{
		"name": "the console password",
		"name_ja": "コンソールパスワード",
		"used": object.get(entry, "password_last_used", null),
		"since": first_of([object.get(entry, "password_last_changed", null), object.get(entry, "user_creation_time", null)]),
		"where": "",
	} |
		object.get(entry, "password_enabled", null) != false
	],
	[{
		"name": sprintf("access key %d", [number]),
		"name_ja": sprintf("アクセスキー%d", [number]),
		"used": field(entry, number, "last_used_date"),
		"since": first_of([field(entry, number, "last_rotated"), object.get(entry, "user_creation_time", null)]),
		"where": where(field(entry, number, "last_used_service"), field(entry, number, "last_used_region")),
	} |
		some number in [1, 2]
		field(entry, number, "active") != false
	],
)

field(entry, number, name) := object.get(entry, sprintf("access_key_%d_%s", [number, name]), null)

first_of(values) := [value | some value in values; value != null][0]

where(service, region) := sprintf(" (%s, %s)", [service, region]) if {
	is_string(service)
	is_string(region)
} else := sprintf(" (%s)", [service]) if {
	is_string(service)
} else := ""

age_ns(text) := now_ns - time.parse_rfc3339_ns(text)

day(text) := substring(time.format(time.parse_rfc3339_ns(text) + ns_japan), 0, 10)

in_grace(credential) if age_ns(credential.since) <= data.parameters.newUserGraceDays * ns_per_day

idle := [{"user": user, "credential": credential} |
	some user in users
	entry := entry_of(user)
	entry != null
	some credential in credentials(entry)
	not in_grace(credential)
]

# ---- verdicts

judged contains resource(user) if {
	some user in users
	not too_new(user)
}

deny contains {
	"msg": sprintf("%s was last used on %s%s, %d days ago (at most %d allowed)", [one.name, date, one.where, days, most]),
	"msg_ja": sprintf("%sは%sを最後に%d日間使われていません%s(上限: %d日)", [one.name_ja, date, days, one.where, most]),
	"resource": resource(pair.user),
} if {
	most := data.parameters.maxIdleDays
	some pair in idle
	one := pair.credential
	one.used != null
	age_ns(one.used) > most * ns_per_day
	days := floor(age_ns(one.used) / ns_per_day)
	date := day(one.used)
}

deny contains {
	"msg": sprintf("%s was never used since %s", [one.name, date]),
	"msg_ja": sprintf("%sは%sから一度も使われていません", [one.name_ja, date]),
	"resource": resource(pair.user),
} if {
	some pair in idle
	one := pair.credential
	one.used == null
	date := day(one.since)
}

deny contains {
	"msg": "the credential report does not show this user",
	"msg_ja": "認証情報レポートにこのユーザーがありません",
	"resource": resource(user),
} if {
	some user in users
	not seen(user)
	not too_new(user)
}
