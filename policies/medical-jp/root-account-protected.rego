# METADATA
# title: The root user has MFA and no keys, and is not used
# description: >-
#   Nothing limits the root user, so it is kept for the few tasks that need it. Looked at are MFA, access keys
#   and signing certificates, and the last use of password and keys. Where the root credentials were removed
#   (central management of root access by Organizations), there is no password, and no MFA is asked for. A use
#   within minIdleDays is denied; a task that needed the root user is recorded as a waiver.
# scope: package
# related_resources:
#   - https://docs.aws.amazon.com/IAM/latest/UserGuide/root-user-best-practices.html
#   - https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetAccountSummary.html
#   - https://docs.aws.amazon.com/IAM/latest/UserGuide/id_root-enable-root-access.html
# custom:
#   id: root-account-protected
#   title_ja: rootユーザーが保護され、日常的に使われていない
#   severity: critical
#   trigger: periodic
#   resource_types:
#     - AWS::::Account
#   parameters:
#     type: object
#     properties:
#       minIdleDays:
#         type: integer
#         minimum: 0
#         default: 90
#         description: Days that must have passed since the root user was used; 0 means that use is not judged
#         description_ja: rootユーザーの最終使用から経過しているべき日数。0なら使用の有無を判定しない
#   facts:
#     summary: {provider: aws-api, service: iam, action: GetAccountSummary, region: us-east-1}
#     report: {provider: iam-credential-report}
#   guidelines:
#     - guideline: 医療情報システムの安全管理に関するガイドライン
#       edition: "6.0"
#       part: システム運用編
#       clause: 14 遵守事項①
#       confidence: H
#     - guideline: 医療情報システムの安全管理に関するガイドライン
#       edition: "7.0"
#       part: システム運用編
#       clause: "14.2"
#       confidence: M
#   remediation: >-
#     Sign in as the root user, register an MFA device and delete keys and certificates under Security
#     credentials; or remove the root credentials of member accounts from the management account:
#     aws iam enable-organizations-root-credentials-management, then under Root access management of the console
#   remediation_ja: >-
#     rootユーザーでサインインし、「セキュリティ認証情報」でMFAを登録し、アクセスキーと証明書を削除する。
#     メンバーアカウントは管理アカウントからroot認証情報を削除できる:
#     aws iam enable-organizations-root-credentials-managementのあと、コンソールの「ルートアクセス管理」で削除する
package sekisho_policies.root_account_protected

import data.sekisho.decode

ns_per_day := 86400000000000

ns_japan := 9 * 3600000000000

now_ns := time.parse_rfc3339_ns(data.facts.now)

summary(name) := object.get(data.facts.summary, ["SummaryMap", name], null)

roots := [entry |
	some entry in decode.list(object.get(data.facts.report, "users", null))
	object.get(entry, "user", null) == "<root_account>"
]

uses := {moment |
	some entry in roots
	some field in ["password_last_used", "access_key_1_last_used_date", "access_key_2_last_used_date"]
	text := object.get(entry, field, null)
	is_string(text)
	moment := time.parse_rfc3339_ns(text)
}

date(moment) := substring(time.format(moment + ns_japan), 0, 10)

deny contains {
	"msg": "the root user has no MFA device",
	"msg_ja": "rootユーザーにMFAが設定されていません",
} if {
	summary("AccountMFAEnabled") != 1
	summary("AccountPasswordPresent") != 0
}

deny contains {
	"msg": "the root user has an access key",
	"msg_ja": "rootユーザーにアクセスキーがあります",
} if {
	summary("AccountAccessKeysPresent") != 0
}

deny contains {
	"msg": "the root user has a signing certificate",
	"msg_ja": "rootユーザーに署名証明書があります",
} if {
	summary("AccountSigningCertificatesPresent") != 0
}

deny contains {
	"msg": sprintf("the root user was used on %s (%d days without use required)", [day, least]),
	"msg_ja": sprintf("rootユーザーが%sに使用されました(直近%d日間の使用は不可)", [day, least]),
} if {
	least := data.parameters.minIdleDays
	now_ns - max(uses) < least * ns_per_day
	day := date(max(uses))
}

deny contains {
	"msg": "the credential report does not show the root user",
	"msg_ja": "認証情報レポートにrootユーザーがありません",
} if {
	count(roots) == 0
}
