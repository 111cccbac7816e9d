# METADATA
# title: Emergency users and roles exist, are not used in normal times and are re-keyed after use
# description: >-
#   An emergency is prepared for beforehand, and what was used in it is changed afterwards. Emergency users and
#   roles are told by their tag. A user whose password was used has to get another one within
#   rotateWithinHours, and an access key that was used has to go. A role has nothing to change; its use stays a
#   finding for reviewDays, so that somebody looks at it and records it. That an account has no emergency user
#   or role at all is a finding about the account. That a use is noticed at once is a matter of
#   CloudTrail and EventBridge.
# scope: package
# related_resources:
#   - https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetRole.html
#   - https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_getting-report.html
# custom:
#   id: break-glass-controlled
#   title_ja: 非常時用アカウントが管理され、使用後に認証情報が変更されている
#   severity: medium
#   trigger: periodic
#   resource_types:
#     - AWS::::Account
#     - AWS::IAM::Role
#     - AWS::IAM::User
#   parameters:
#     type: object
#     properties:
#       breakGlassTag:
#         type: string
#         minLength: 1
#         default: break-glass=true
#         description: Tag of emergency users and roles, as Key or Key=Value
#         description_ja: 非常時用のユーザーとロールに付けるタグ(キー、またはキー=値)
#       rotateWithinHours:
#         type: integer
#         minimum: 0
#         default: 24
#         description: Hours after use within which credentials have to be changed
#         description_ja: 使用後に認証情報を変更するまでの時間
#       reviewDays:
#         type: integer
#         minimum: 0
#         default: 30
#         description: Days for which the use of a role is a finding
#         description_ja: ロールの使用を非準拠として扱う日数
#       requireAny:
#         type: boolean
#         default: true
#         description: Whether the account has to have an emergency user or role
#         description_ja: 非常時用のユーザーまたはロールの準備を必須とするか
#   facts:
#     iam_users: {provider: iam-users}
#     report: {provider: iam-credential-report}
#     roles: {provider: aws-api, service: iam, action: ListRoles, region: us-east-1}
#     role:
#       provider: aws-api
#       service: iam
#       action: GetRole
#       for_each: {fact: roles, items: Roles, parameters: {RoleName: RoleName}}
#       tolerate: [NoSuchEntity]
#   guidelines:
#     - guideline: 医療情報システムの安全管理に関するガイドライン
#       edition: "6.0"
#       part: システム運用編
#       clause: 11 遵守事項①
#       confidence: H
#   remediation: >-
#     After use: aws iam update-login-profile --user-name NAME --password NEW;
#     aws iam delete-access-key --user-name NAME --access-key-id ID; record who used it, when and why. To declare one:
#     aws iam tag-user --user-name NAME --tags Key=break-glass,Value=true
#   remediation_ja: >-
#     使用後は認証情報を変更し、使用者・日時・理由を記録する:
#     aws iam update-login-profile --user-name ユーザー名 --password 新パスワード、
#     aws iam delete-access-key --user-name ユーザー名 --access-key-id キーID。非常時用であることはタグで示す:
#     aws iam tag-user --user-name ユーザー名 --tags Key=break-glass,Value=true
package sekisho_policies.break_glass_controlled

import data.sekisho.decode
import data.sekisho.tags

ns_per_hour := 3600000000000

ns_per_day := 24 * ns_per_hour

ns_japan := 9 * ns_per_hour

now_ns := time.parse_rfc3339_ns(data.facts.now)

# ---- the emergency users and roles

users := [user |
	some user in decode.list(data.facts.iam_users)
	tags.matches(object.get(user, "Tags", {}), data.parameters.breakGlassTag)
]

roles := [role |
	some answer in decode.list(data.facts.role)
	role := object.get(answer, ["result", "Role"], null)
	is_object(role)
	tags.matches(tag_map(object.get(role, "Tags", null)), data.parameters.breakGlassTag)
]

tag_map(list) := {tag.Key: tag.Value | some tag in decode.list(list)}

entries := {entry.arn: entry | some entry in decode.list(object.get(data.facts.report, "users", null))}

user_resource(user) := {"resourceType": "AWS::IAM::User", "resourceId": user.UserId}

role_resource(role) := {"resourceType": "AWS::IAM::Role", "resourceId": role.RoleId}

# In Japan, to the minute.
japan_time(text) := concat(" ", [substring(clock, 0, 10), substring(clock, 11, 5)]) if {
	clock := time.format(time.parse_rfc3339_ns(text) + ns_japan)
}

is_overdue(used) if now_ns > time.parse_rfc3339_ns(used) + (data.parameters.rotateWithinHours * ns_per_hour)

# Since then the password is another one: the report knows of changes, the login profile of new beginnings.
changed_after(user, used) if {
	some text in [
		object.get(entries, [user.Arn, "password_last_changed"], null),
		object.get(user, ["LoginProfile", "CreateDate"], null),
	]
	is_string(text)
	time.parse_rfc3339_ns(text) > time.parse_rfc3339_ns(used)
}

# ---- verdicts

judged contains user_resource(user) if some user in users

judged contains role_resource(role) if some role in roles

deny contains {
	"msg": sprintf("no emergency user or role exists (tag %s)", [data.parameters.breakGlassTag]),
	"msg_ja": sprintf("非常時用のユーザーまたはロールがありません(タグ %s)", [data.parameters.breakGlassTag]),
} if {
	data.parameters.requireAny
	count(users) == 0
	count(roles) == 0
}

deny contains {
	"msg": sprintf("the password was used on %s (Japan) and not changed since", [moment]),
	"msg_ja": sprintf("パスワードが%sに使用されましたが、変更されていません", [moment]),
	"resource": user_resource(user),
} if {
	some user in users
	user.LoginProfile != null
	used := user.PasswordLastUsed
	used != null
	is_overdue(used)
	not changed_after(user, used)
	moment := japan_time(used)
}

deny contains {
	"msg": sprintf("access key %s was used on %s (Japan) and is still active", [key.AccessKeyId, moment]),
	"msg_ja": sprintf("アクセスキー%sが%sに使用されましたが、有効なままです", [key.AccessKeyId, moment]),
	"resource": user_resource(user),
} if {
	some user in users
	some key in user.AccessKeys
	not key.Status in {"Inactive", "Expired"}
	key.LastUsedDate != null
	is_overdue(key.LastUsedDate)
	moment := japan_time(key.LastUsedDate)
}

deny contains {
	"msg": sprintf("the role was used on %s (Japan): check and record why", [moment]),
	"msg_ja": sprintf("ロールが%sに使用されています。使用の理由を確認し、記録してください", [moment]),
	"resource": role_resource(role),
} if {
	some role in roles
	used := object.get(role, ["RoleLastUsed", "LastUsedDate"], null)
	is_string(used)
	now_ns - time.parse_rfc3339_ns(used) < data.parameters.reviewDays * ns_per_day
	moment := japan_time(used)
}
