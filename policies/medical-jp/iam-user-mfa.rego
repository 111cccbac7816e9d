# METADATA
# title: IAM users who sign in to the console use multi-factor authentication
# description: >-
#   A password alone is stolen too easily. Looked at is the credential report: whether each user with a
#   console password (with requireFor=all also each user with an active access key) has an MFA device. Users
#   who were created after the report are judged by the next one. The guideline's demand is about those who
#   use the medical information system; the AWS console is its analogue for those who run it. Until the day
#   named in deadline the message says how many days are left; the verdict is the same before and after.
#   The root user is judged by root-account-protected, people who come by IAM Identity Center have no IAM user.
# scope: package
# related_resources:
#   - https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_mfa_enable.html
#   - https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_getting-report.html
#   - https://docs.aws.amazon.com/config/latest/developerguide/mfa-enabled-for-iam-console-access.html
# custom:
#   id: iam-user-mfa
#   title_ja: コンソール利用者に二要素認証(MFA)が設定されている
#   severity: critical
#   trigger: periodic
#   resource_types:
#     - AWS::::Account
#     - AWS::IAM::User
#   parameters:
#     type: object
#     properties:
#       requireFor:
#         type: string
#         enum: [console, all]
#         default: console
#         description: Who needs MFA; console means users with a console password, all also those with an active access key
#         description_ja: MFAを必須とする対象。consoleはコンソールパスワードを持つユーザー、allは有効なアクセスキーを持つユーザーも含む
#       deadline:
#         type: string
#         pattern: "^([0-9]{4}-[0-9]{2}-[0-9]{2})?$"
#         default: "2027-03-31"
#         description: Last day before MFA is required of everybody; empty where no days are to be counted
#         description_ja: 二要素認証の対応期限(最終日)。空なら残り日数を表示しない
#   facts:
#     iam_users: {provider: iam-users}
#     report: {provider: iam-credential-report}
#   guidelines:
#     - guideline: 医療情報システムの安全管理に関するガイドライン
#       edition: "7.0"
#       part: システム運用編
#       clause: 14 遵守事項⑤
#       confidence: M
#     - guideline: 医療情報システムの安全管理に関するガイドライン
#       edition: "6.0"
#       part: システム運用編
#       clause: 14 遵守事項①
#       confidence: H
#   remediation: >-
#     Register a device for the user:
#     aws iam enable-mfa-device --user-name NAME --serial-number ARN --authentication-code1 CODE
#     --authentication-code2 CODE; or move people to IAM Identity Center
#   remediation_ja: >-
#     ユーザーにMFAデバイスを登録する:
#     aws iam enable-mfa-device --user-name ユーザー名 --serial-number デバイスARN --authentication-code1 コード1
#     --authentication-code2 コード2。またはIAM Identity Centerへ移行する
package sekisho_policies.iam_user_mfa

import data.sekisho.deadline
import data.sekisho.decode

left := deadline.note(data.facts.now, data.parameters.deadline)

generated := object.get(data.facts.report, "GeneratedTime", null)

users := decode.list(data.facts.iam_users)

entries := {entry.arn: entry | some entry in decode.list(object.get(data.facts.report, "users", null))}

entry_of(user) := object.get(entries, user.Arn, null)

resource(user) := {"resourceType": "AWS::IAM::User", "resourceId": user.UserId}

seen(user) if entry_of(user) != null

# Not in the report because it was not there yet.
too_new(user) if {
	not seen(user)
	is_string(generated)
	time.parse_rfc3339_ns(user.CreateDate) > time.parse_rfc3339_ns(generated)
}

# ---- who needs it

# Either of the two, the report being some hours old.
by_password(user) if user.LoginProfile != null

by_password(user) if object.get(entry_of(user), "password_enabled", null) != false

by_key(user) if {
	some key in user.AccessKeys
	key.Status == "Active"
}

by_key(user) if {
	some field in ["access_key_1_active", "access_key_2_active"]
	object.get(entry_of(user), field, null) == true
}

credential(user) := ["a console password", "コンソールパスワード"] if {
	by_password(user)
} else := ["an access key", "アクセスキー"] if {
	data.parameters.requireFor == "all"
	by_key(user)
}

# ---- verdicts

judged contains resource(user) if {
	some user in users
	not too_new(user)
}

deny contains {
	"msg": sprintf("the user has %s, but no MFA device%s", [what[0], left[0]]),
	"msg_ja": sprintf("%sがありますが、MFAが設定されていません%s", [what[1], left[1]]),
	"resource": resource(user),
} if {
	some user in users
	entry := entry_of(user)
	entry != null
	object.get(entry, "mfa_active", null) != true
	what := credential(user)
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
