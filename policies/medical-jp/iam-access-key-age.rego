# METADATA
# title: Active access keys are young, few and in use
# description: >-
#   A key that lies in files for years is known to many. Looked at are each IAM user's active access keys: how
#   old they are, how many there are, and whether a key was ever used at all, which is a reason of its own. An
#   inactive key is none. The guideline sets no number of days: maxAgeDays is this pack's. Keys of the root
#   user are judged by root-account-protected.
# scope: package
# related_resources:
#   - https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_access-keys.html
#   - https://docs.aws.amazon.com/config/latest/developerguide/access-keys-rotated.html
# custom:
#   id: iam-access-key-age
#   title_ja: アクセスキーが期限内に更新されている
#   severity: medium
#   trigger: periodic
#   resource_types:
#     - AWS::::Account
#     - AWS::IAM::User
#   parameters:
#     type: object
#     properties:
#       maxAgeDays:
#         type: integer
#         minimum: 1
#         default: 90
#         description: Days after which an access key has to be replaced
#         description_ja: アクセスキーの有効期間(日)
#       maxActiveKeys:
#         type: integer
#         minimum: 1
#         maximum: 2
#         default: 1
#         description: Active access keys that a user may have
#         description_ja: 1ユーザーが持てる有効なアクセスキーの数
#       unusedDays:
#         type: integer
#         minimum: 1
#         default: 14
#         description: Days after which a key that was never used has to go
#         description_ja: 一度も使われていないアクセスキーを認める日数
#   facts:
#     iam_users: {provider: iam-users}
#   guidelines:
#     - guideline: 医療情報システムの安全管理に関するガイドライン
#       edition: "6.0"
#       part: システム運用編
#       clause: 14 遵守事項②
#       confidence: H
#   remediation: >-
#     Use a role where one will do. Else create a new key, change over, and take the old one away:
#     aws iam create-access-key --user-name NAME;
#     aws iam update-access-key --user-name NAME --access-key-id ID --status Inactive;
#     aws iam delete-access-key --user-name NAME --access-key-id ID
#   remediation_ja: >-
#     IAMロールで代替できる場合はロールを使う。できない場合は新しいキーに切り替え、古いキーを無効化・削除する:
#     aws iam create-access-key --user-name ユーザー名、
#     aws iam update-access-key --user-name ユーザー名 --access-key-id キーID --status Inactive、
#     aws iam delete-access-key --user-name ユーザー名 --access-key-id キーID
package sekisho_policies.iam_access_key_age

import data.sekisho.decode

ns_per_day := 86400000000000

ns_japan := 9 * 3600000000000

now_ns := time.parse_rfc3339_ns(data.facts.now)

users := decode.list(data.facts.iam_users)

resource(user) := {"resourceType": "AWS::IAM::User", "resourceId": user.UserId}

active_keys(user) := [key | some key in user.AccessKeys; not key.Status in {"Inactive", "Expired"}]

# Nothing says when a key without a date was made: it is as old as can be.
created_ns(key) := time.parse_rfc3339_ns(key.CreateDate) if {
	is_string(key.CreateDate)
} else := 0

age_days(key) := floor((now_ns - created_ns(key)) / ns_per_day)

is_older(key, days) if now_ns - created_ns(key) > days * ns_per_day

day(key) := substring(time.format(created_ns(key) + ns_japan), 0, 10)

judged contains resource(user) if some user in users

deny contains {
	"msg": sprintf("access key %s is %d days old (created %s; at most %d allowed)", [key.AccessKeyId, days, since, most]),
	"msg_ja": sprintf("アクセスキー%sの作成から%d日経過しています(作成日 %s、必要: %d日以内)", [key.AccessKeyId, days, since, most]),
	"resource": resource(user),
} if {
	most := data.parameters.maxAgeDays
	some user in users
	some key in active_keys(user)
	is_older(key, most)
	days := age_days(key)
	since := day(key)
}

deny contains {
	"msg": sprintf("access key %s was never used since %s", [key.AccessKeyId, since]),
	"msg_ja": sprintf("アクセスキー%sは%sの作成以降、一度も使われていません", [key.AccessKeyId, since]),
	"resource": resource(user),
} if {
	some user in users
	some key in active_keys(user)
	key.LastUsedDate == null
	is_older(key, data.parameters.unusedDays)
	since := day(key)
}

deny contains {
	"msg": sprintf("%d active access keys (at most %d allowed)", [number, most]),
	"msg_ja": sprintf("有効なアクセスキーが%d個あります(上限: %d個)", [number, most]),
	"resource": resource(user),
} if {
	most := data.parameters.maxActiveKeys
	some user in users
	number := count(active_keys(user))
	number > most
}
