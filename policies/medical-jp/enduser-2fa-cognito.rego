# METADATA
# title: User pools of the medical application require two factors and a long password
# description: >-
#   Those who open medical records sign in with two factors. Looked at are the Cognito user pools in
#   allowedRegions: whether MFA is required (ON; with OPTIONAL each user decides), and how long a password has
#   to be, which depends on it. Until the day named in deadline the message says how many days are left; the
#   verdict is the same before and after. People who sign in by another identity provider get their second
#   factor there, which no pool shows: record that as a waiver.
# scope: package
# related_resources:
#   - https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-settings-mfa.html
#   - https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_DescribeUserPool.html
#   - https://docs.aws.amazon.com/config/latest/developerguide/cognito-user-pool-mfa-enabled.html
# custom:
#   id: enduser-2fa-cognito
#   title_ja: 医療アプリの利用者認証(Cognito)で二要素認証を必須としている
#   severity: high
#   trigger: periodic
#   resource_types:
#     - AWS::::Account
#     - AWS::Cognito::UserPool
#   parameters:
#     type: object
#     properties:
#       mfa:
#         type: string
#         enum: ["ON", OPTIONAL]
#         default: "ON"
#         description: What MFA has to be set to; ON requires it of everybody
#         description_ja: MFAの必要な設定(ONは全員に必須、OPTIONALは利用者の任意を認める)
#       minLength:
#         type: integer
#         minimum: 6
#         default: 13
#         description: Length of a password, at least
#         description_ja: パスワードの最低桁数
#       minLengthWithMfa:
#         type: integer
#         minimum: 6
#         default: 8
#         description: The same where MFA is ON
#         description_ja: MFAがONの場合の最低桁数
#       deadline:
#         type: string
#         pattern: "^([0-9]{4}-[0-9]{2}-[0-9]{2})?$"
#         default: "2027-03-31"
#         description: Last day before MFA is required of everybody; empty where no days are to be counted
#         description_ja: 二要素認証の対応期限(最終日)。空なら残り日数を表示しない
#       allowedRegions:
#         type: array
#         items:
#           type: string
#         minItems: 1
#         default: [ap-northeast-1, ap-northeast-3]
#         description: Regions whose user pools are looked at
#         description_ja: 確認対象のリージョン
#       phiTag:
#         type: string
#         default: ""
#         description: Tag of the user pools to judge, as Key or Key=Value; the others get no verdict. Empty judges all
#         description_ja: 判定対象のユーザープールに付けるタグ(キー、またはキー=値)。空ならすべて判定する
#   facts:
#     pools:
#       provider: aws-api
#       service: cognito-idp
#       action: ListUserPools
#       parameters: {MaxResults: 60}
#       regions: {parameter: allowedRegions}
#     pool:
#       provider: aws-api
#       service: cognito-idp
#       action: DescribeUserPool
#       for_each: {fact: pools, items: UserPools, parameters: {UserPoolId: Id}}
#       tolerate: [ResourceNotFoundException]
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
#     Require MFA, by an authenticator app for example:
#     aws cognito-idp set-user-pool-mfa-config --user-pool-id ID --mfa-configuration ON
#     --software-token-mfa-configuration Enabled=true; the length of passwords is a setting of
#     aws cognito-idp update-user-pool (name every setting: what is left out goes back to its default)
#   remediation_ja: >-
#     認証アプリなどのMFAを必須にする:
#     aws cognito-idp set-user-pool-mfa-config --user-pool-id プールID --mfa-configuration ON
#     --software-token-mfa-configuration Enabled=true。パスワードの桁数は
#     aws cognito-idp update-user-poolで設定する(省略した項目は既定値に戻るため、すべて指定する)
package sekisho_policies.enduser_2fa_cognito

import data.sekisho.deadline
import data.sekisho.decode
import data.sekisho.tags

# What is at least as good.
accepted := {"ON": {"ON"}, "OPTIONAL": {"ON", "OPTIONAL"}}

pools := [pool |
	some answer in decode.list(data.facts.pool)
	pool := object.get(answer, ["result", "UserPool"], null)
	is_object(pool)
	concerns(pool)
]

concerns(_) if data.parameters.phiTag == ""

concerns(pool) if tags.matches(object.get(pool, "UserPoolTags", {}), data.parameters.phiTag)

resource(pool) := {"resourceType": "AWS::Cognito::UserPool", "resourceId": pool.Id}

mfa(pool) := object.get(pool, "MfaConfiguration", null)

length(pool) := object.get(pool, ["Policies", "PasswordPolicy", "MinimumLength"], null)

least_length(pool) := data.parameters.minLengthWithMfa if {
	mfa(pool) == "ON"
} else := data.parameters.minLength

left := deadline.note(data.facts.now, data.parameters.deadline)

# ---- verdicts

judged contains resource(pool) if some pool in pools

deny contains {
	"msg": sprintf("MFA is %v (%s required)%s", [mfa(pool), data.parameters.mfa, left[0]]),
	"msg_ja": sprintf("MFAの設定が%vです(必要: %s)%s", [mfa(pool), data.parameters.mfa, left[1]]),
	"resource": resource(pool),
} if {
	some pool in pools
	not mfa(pool) in accepted[data.parameters.mfa]
}

deny contains {
	"msg": sprintf("passwords need %d characters (at least %d required)", [length(pool), least_length(pool)]),
	"msg_ja": sprintf("パスワードの最低桁数が%d桁です(必要: %d桁以上)", [length(pool), least_length(pool)]),
	"resource": resource(pool),
} if {
	some pool in pools
	is_number(length(pool))
	length(pool) < least_length(pool)
}

deny contains {
	"msg": "the length of passwords is not known",
	"msg_ja": "パスワードの最低桁数を確認できません",
	"resource": resource(pool),
} if {
	some pool in pools
	not is_number(length(pool))
}
