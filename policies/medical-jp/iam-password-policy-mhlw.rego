# METADATA
# title: The account's password policy follows the guideline
# description: >-
#   Today's guideline asks for length and against using a password twice, and no longer for changing it from
#   time to time. Looked at is the password policy of IAM: the minimum length (13, or 8 where every console
#   user has MFA), letters and digits, and how many earlier passwords are refused. Without a policy of its own
#   the account has AWS's default, which does not do. An account in which no IAM user has a console password
#   is NOT_APPLICABLE.
# scope: package
# related_resources:
#   - https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_passwords_account-policy.html
#   - https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetAccountPasswordPolicy.html
#   - https://docs.aws.amazon.com/config/latest/developerguide/iam-password-policy.html
# custom:
#   id: iam-password-policy-mhlw
#   title_ja: パスワードポリシーがガイドライン(13桁以上、二要素認証なら8桁以上、使い回し禁止)に適合している
#   severity: medium
#   trigger: periodic
#   resource_types:
#     - AWS::::Account
#   parameters:
#     type: object
#     properties:
#       minLength:
#         type: integer
#         minimum: 1
#         default: 13
#         description: Length of a password, at least
#         description_ja: パスワードの最低桁数
#       minLengthWithMfa:
#         type: integer
#         minimum: 1
#         default: 8
#         description: The same where every console user has MFA
#         description_ja: コンソール利用者全員が二要素認証の場合の最低桁数
#       requireAlphaNumeric:
#         type: boolean
#         default: true
#         description: Whether letters and digits have to be mixed
#         description_ja: 英字と数字の混在を必須とするか
#       reusePrevention:
#         type: integer
#         minimum: 0
#         default: 1
#         description: Earlier passwords that may not be used again, at least
#         description_ja: 再利用を禁止する過去のパスワードの最低世代数
#       forbidExpiry:
#         type: boolean
#         default: false
#         description: Whether passwords must not expire
#         description_ja: パスワードの定期変更(有効期限)を禁止するか
#   facts:
#     password_policy:
#       provider: aws-api
#       service: iam
#       action: GetAccountPasswordPolicy
#       region: us-east-1
#       tolerate: [NoSuchEntity]
#     report: {provider: iam-credential-report}
#   guidelines:
#     - guideline: 医療情報システムの安全管理に関するガイドライン
#       edition: "7.0"
#       part: システム運用編
#       clause: "14.1.1"
#       confidence: M
#     - guideline: 医療情報システムの安全管理に関するガイドライン
#       edition: "6.0"
#       part: システム運用編
#       clause: 14 遵守事項⑥
#       confidence: M
#     - guideline: 医療情報システムの安全管理に関するガイドライン
#       edition: "6.0"
#       part: システム運用編
#       clause: 8 遵守事項⑤
#       confidence: M
#     - guideline: 医療情報システムの安全管理に関するガイドライン 第6.0版 Q&A
#       edition: 令和5年5月
#       clause: シQ-54
#       confidence: H
#   remediation: >-
#     aws iam update-account-password-policy --minimum-password-length 13 --require-numbers
#     --require-lowercase-characters --password-reuse-prevention 24 --allow-users-to-change-password
#     (name every setting: what is left out goes back to its default)
#   remediation_ja: >-
#     aws iam update-account-password-policy --minimum-password-length 13 --require-numbers
#     --require-lowercase-characters --password-reuse-prevention 24 --allow-users-to-change-password
#     (省略した項目は既定値に戻るため、すべて指定する)
package sekisho_policies.iam_password_policy_mhlw

import data.sekisho.decode

settings := object.get(data.facts.password_policy, "PasswordPolicy", null)

setting(name) := object.get(settings, name, null)

entries := decode.list(object.get(data.facts.report, "users", null))

# A state that is not said counts as a password.
console_users := [entry |
	some entry in entries
	object.get(entry, "user", null) != "<root_account>"
	object.get(entry, "password_enabled", null) != false
]

without_mfa := [entry | some entry in console_users; object.get(entry, "mfa_active", null) != true]

default all_have_mfa := false

all_have_mfa if {
	count(console_users) > 0
	count(without_mfa) == 0
}

least_length := data.parameters.minLengthWithMfa if {
	all_have_mfa
} else := data.parameters.minLength

length := setting("MinimumPasswordLength") if {
	is_number(setting("MinimumPasswordLength"))
} else := 0

remembered := setting("PasswordReusePrevention") if {
	is_number(setting("PasswordReusePrevention"))
} else := 0

default mixed := false

mixed if {
	setting("RequireNumbers") == true
	some name in ["RequireLowercaseCharacters", "RequireUppercaseCharacters"]
	setting(name) == true
}

# ---- verdicts

# The report always shows the root user; one that shows nobody says nothing.
not_applicable if {
	count(entries) > 0
	count(console_users) == 0
}

deny contains {
	"msg": "the account has no password policy",
	"msg_ja": "アカウントにパスワードポリシーが設定されていません",
} if {
	not is_object(settings)
}

deny contains {
	"msg": sprintf("passwords need %d characters (at least %d required)", [length, least_length]),
	"msg_ja": sprintf("パスワードの最低桁数が%d桁です(必要: %d桁以上)", [length, least_length]),
} if {
	is_object(settings)
	length < least_length
}

deny contains {
	"msg": "passwords need not mix letters and digits",
	"msg_ja": "英字と数字の混在が必須になっていません",
} if {
	data.parameters.requireAlphaNumeric
	is_object(settings)
	not mixed
}

deny contains {
	"msg": sprintf("%d earlier passwords are refused (at least %d required)", [remembered, least]),
	"msg_ja": sprintf("再利用を禁止する世代数が%dです(必要: %d以上)", [remembered, least]),
} if {
	is_object(settings)
	least := data.parameters.reusePrevention
	remembered < least
}

deny contains {
	"msg": "passwords expire",
	"msg_ja": "パスワードの定期変更(有効期限)が設定されています",
} if {
	data.parameters.forbidExpiry
	is_object(settings)
	setting("ExpirePasswords") != false
}
