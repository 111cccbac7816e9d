# METADATA
# title: Nobody but approved administrators may do everything
# description: >-
#   Rights follow the duties. Looked at are the default version of customer managed policies and the inline
#   policies of users, groups and roles, and AWS's own policies that are attached to these: whether they allow
#   every action, everything but some (NotAction), or every action of a sensitive service, on all resources.
#   An unconditional Deny in the same document that takes it away again is understood; a Condition on what is
#   allowed is not, and neither are permissions boundaries and service control policies. A customer managed
#   policy is judged where it is defined, not again where it is attached; one that is used as a permissions
#   boundary only grants nothing. Service-linked roles are AWS's own.
# scope: package
# related_resources:
#   - https://docs.aws.amazon.com/IAM/latest/UserGuide/best-practices.html
#   - https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_notaction.html
#   - https://docs.aws.amazon.com/config/latest/developerguide/iam-policy-no-statements-with-admin-access.html
# custom:
#   id: iam-no-wildcard-admin
#   title_ja: ワイルドカードによる管理者権限が、承認済みの管理者以外に付与されていない
#   severity: high
#   trigger: change
#   resource_types:
#     - AWS::IAM::Group
#     - AWS::IAM::Policy
#     - AWS::IAM::Role
#     - AWS::IAM::User
#   parameters:
#     type: object
#     properties:
#       approvedAdminPrincipals:
#         type: array
#         items:
#           type: string
#         default: []
#         description: >-
#           Approved administrators: names or ARNs of users, groups, roles and policies, with * and ?,
#           such as AWSReservedSSO_AdministratorAccess_*
#         description_ja: 承認済みの管理者。ユーザー、グループ、ロール、ポリシーの名前またはARN(*と?を使用可)
#       sensitiveServices:
#         type: array
#         items:
#           type: string
#           pattern: "^[a-z0-9-]+$"
#         default: [iam, kms, cloudtrail, config, backup, guardduty]
#         description: Services of which nobody else may have every action, by their prefix in IAM
#         description_ja: 全操作の許可を禁止するサービス(IAMでのプレフィックス)
#   guidelines:
#     - guideline: 医療情報システムの安全管理に関するガイドライン
#       edition: "6.0"
#       part: システム運用編
#       clause: 14 遵守事項④
#       confidence: H
#     - guideline: 医療情報システムの安全管理に関するガイドライン
#       edition: "7.0"
#       part: システム運用編
#       clause: "14.2"
#       confidence: M
#     - guideline: 医療情報を取り扱う情報システム・サービスの提供事業者における安全管理ガイドライン
#       edition: "1.1"
#       clause: 別紙2 ①-5
#       confidence: H
#   remediation: >-
#     Name the actions and resources that the duty needs (IAM Access Analyzer makes a policy from what was used):
#     aws accessanalyzer start-policy-generation --policy-generation-details principalArn=ARN;
#     take the broad policy away: aws iam detach-role-policy --role-name NAME --policy-arn ARN;
#     aws iam delete-role-policy --role-name NAME --policy-name POLICY
#   remediation_ja: >-
#     業務に必要な操作とリソースだけを許可する(IAM Access Analyzerで利用実績からポリシーを生成できる):
#     aws accessanalyzer start-policy-generation --policy-generation-details principalArn=ARN。
#     広すぎるポリシーは外す: aws iam detach-role-policy --role-name ロール名 --policy-arn ポリシーARN、
#     aws iam delete-role-policy --role-name ロール名 --policy-name ポリシー名
package sekisho_policies.iam_no_wildcard_admin

import data.sekisho.decode
import data.sekisho.wildcard

# The field of a principal's inline policies.
inline_fields := {
	"AWS::IAM::Group": "groupPolicyList",
	"AWS::IAM::Role": "rolePolicyList",
	"AWS::IAM::User": "userPolicyList",
}

# AWS's own policies that allow as much, and what: * is everything.
managed_policies := {
	"AdministratorAccess": "*",
	"PowerUserAccess": "*",
	"IAMFullAccess": "iam",
	"AWSBackupFullAccess": "backup",
	"AWSCloudTrail_FullAccess": "cloudtrail",
	"AmazonGuardDutyFullAccess": "guardduty",
	"AmazonGuardDutyFullAccess_v2": "guardduty",
}

kind := input.resourceType

configuration(field) := object.get(input, ["configuration", field], null)

# ---- the documents

# Of a customer managed policy the version that is in force, of a principal its inline policies.
documents := [with_wide("", decode.plain(object.get(version, "document", null))) |
	some version in decode.list(configuration("policyVersionList"))
	object.get(version, "isDefaultVersion", null) == true
] if {
	kind == "AWS::IAM::Policy"
} else := [with_wide(name, decode.plain(object.get(entry, "policyDocument", null))) |
	some entry in decode.list(configuration(inline_fields[kind]))
	name := sprintf("%v", [object.get(entry, "policyName", "(no name)")])
]

# Wide are the statements that may allow every action of something: most do not, and are looked at no further.
with_wide(name, document) := {"name": name, "statements": statements, "wide": [statement |
	may_be_wide(document)
	some statement in statements
	allows(statement)
	names_all_of_something(statement)
]} if {
	statements := decode.statements(document)
}

# Whether the text of a document names all of anything, for most do not. Anything may stand behind an escape.
may_be_wide(document) if not is_string(document)

may_be_wide(document) if {
	is_string(document)
	regex.match(`["*:][*]"|NotAction|\\u`, document)
}

unreadable contains document.name if {
	some document in documents
	count(document.statements) == 0
}

# ---- what a statement says

# Asterisks and nothing else. Most texts do not begin with one.
is_all(text) if {
	startswith(text, "*")
	trim_left(text, "*") == ""
}

# "*" and "*:*".
names_everything(pattern) if {
	startswith(pattern, "*")
	every part in split(pattern, ":") {
		is_all(part)
	}
}

# What names the service in a pattern for every action of one: "iam" in "iam:*" and "IAM:*", "i*" in "i*:*".
service_pattern(pattern) := parts[0] if {
	endswith(pattern, "*")
	parts := split(lower(pattern), ":")
	count(parts) == 2
	is_all(parts[1])
}

names_service(pattern, service) if wildcard.matches(service_pattern(pattern), service)

# All resources there are; what NotResource leaves out is a part of them.
on_everything(statement) if {
	some pattern in decode.list(object.get(statement, "Resource", null))
	names_all_resources(pattern, "*")
}

on_everything(statement) if object.get(statement, "NotResource", null) != null

names_all_resources(pattern, _) if is_all(pattern)

# arn:aws:SERVICE:REGION:ACCOUNT:*
names_all_resources(pattern, service) if {
	parts := split(pattern, ":")
	parts[2] in {"*", service}
	is_all(parts[5])
}

on_service(statement, _) if on_everything(statement)

on_service(statement, service) if {
	some pattern in decode.list(object.get(statement, "Resource", null))
	names_all_resources(pattern, service)
}

actions(statement) := decode.list(object.get(statement, "Action", null))

excepted(statement) := decode.list(object.get(statement, "NotAction", null))

allows(statement) if object.get(statement, "Effect", null) == "Allow"

# A denial with a condition leaves somebody or some time out.
denies_always(statement) if {
	object.get(statement, "Effect", null) == "Deny"
	object.get(statement, "Condition", {}) in [{}, null]
	"*" in decode.list(object.get(statement, "Resource", null))
}

# ---- what a document grants

names_all_of_something(statement) if {
	some pattern in actions(statement)
	regex.match(`(^|[:*])[*]$`, pattern)
}

names_all_of_something(statement) if count(excepted(statement)) > 0

grants contains {"name": document.name, "what": "*", "except": ""} if {
	some document in documents
	some statement in document.wide
	some pattern in actions(statement)
	names_everything(pattern)
	on_everything(statement)
	not withheld(document, "*")
}

grants contains {"name": document.name, "what": "*", "except": except} if {
	some document in documents
	some statement in document.wide
	count(excepted(statement)) > 0
	on_everything(statement)
	not withheld(document, "*")
	except := concat(", ", sort(excepted(statement)))
}

grants contains {"name": document.name, "what": service, "except": ""} if {
	some document in documents
	some statement in document.wide
	some named in services_named(statement)
	some service in data.parameters.sensitiveServices
	wildcard.matches(named, service)
	on_service(statement, service)
	not withheld(document, service)
}

# How the statement names services of which it means every action, where it does not mean everything.
services_named(statement) := {named |
	some pattern in actions(statement)
	named := service_pattern(pattern)
	not names_everything(pattern)
}

# A Deny of the same document takes it away again: by naming it, or by naming the little that is left.
withheld(document, what) if {
	some statement in document.statements
	denies_always(statement)
	some pattern in actions(statement)
	covers(pattern, what)
}

withheld(document, what) if {
	some statement in document.statements
	denies_always(statement)
	left := excepted(statement)
	count(left) > 0
	every pattern in left {
		not reaches(pattern, what)
	}
}

covers(pattern, _) if names_everything(pattern)

covers(pattern, what) if {
	what != "*"
	names_service(pattern, what)
}

# Whether what a Deny leaves out still holds a sensitive service, or everything.
reaches(pattern, _) if names_everything(pattern)

reaches(pattern, what) if {
	what != "*"
	wildcard.matches(split(lower(pattern), ":")[0], what)
}

# ---- policies of AWS that are attached

attached contains {"name": name, "what": what} if {
	kind in object.keys(inline_fields)
	some entry in decode.list(configuration("attachedManagedPolicies"))
	arn := object.get(entry, "policyArn", "")
	regex.match(`^arn:[a-z-]+:iam::aws:policy/`, arn)
	parts := split(arn, "/")
	name := parts[count(parts) - 1]
	what := managed_policies[name]
	what in array.concat(["*"], data.parameters.sensitiveServices)
}

# ---- verdicts

not_applicable if {
	some pattern in data.parameters.approvedAdminPrincipals
	some field in ["resourceName", "ARN"]
	wildcard.matches(pattern, object.get(input, field, null))
}

not_applicable if {
	kind == "AWS::IAM::Role"
	startswith(object.get(input, ["configuration", "path"], ""), "/aws-service-role/")
}

# A boundary limits; what is attached nowhere else grants nothing.
not_applicable if {
	kind == "AWS::IAM::Policy"
	configuration("attachmentCount") == 0
	boundaries := configuration("permissionsBoundaryUsageCount")
	is_number(boundaries)
	boundaries > 0
}

subject(name) := ["the policy", "ポリシー"] if {
	name == ""
} else := [sprintf("inline policy %s", [name]), sprintf("インラインポリシー%s", [name])]

deny contains {
	"msg": sprintf("%s allows every action on all resources", [who[0]]),
	"msg_ja": sprintf("%sがすべてのリソースへの全操作を許可しています", [who[1]]),
} if {
	some grant in grants
	grant.what == "*"
	grant.except == ""
	who := subject(grant.name)
}

deny contains {
	"msg": sprintf("%s allows every action but %s", [who[0], grant.except]),
	"msg_ja": sprintf("%sが%sを除く全操作を許可しています", [who[1], grant.except]),
} if {
	some grant in grants
	grant.except != ""
	who := subject(grant.name)
}

deny contains {
	"msg": sprintf("%s allows %s:* on all resources", [who[0], grant.what]),
	"msg_ja": sprintf("%sがすべてのリソースへの%s:*を許可しています", [who[1], grant.what]),
} if {
	some grant in grants
	grant.what != "*"
	who := subject(grant.name)
}

deny contains {
	"msg": sprintf("AWS managed policy %s is attached", [one.name]),
	"msg_ja": sprintf("AWS管理ポリシー%sがアタッチされています", [one.name]),
} if {
	some one in attached
}

deny contains {
	"msg": sprintf("the document of %s cannot be read", [who[0]]),
	"msg_ja": sprintf("%sの内容を読み取れません", [who[1]]),
} if {
	some name in unreadable
	who := subject(name)
}

deny contains {
	"msg": "the version of the policy that is in force is not recorded",
	"msg_ja": "有効なバージョンのポリシーが記録されていません",
} if {
	kind == "AWS::IAM::Policy"
	count(documents) == 0
}

deny contains {
	"msg": sprintf("%s is not recorded", [field]),
	"msg_ja": sprintf("%sが記録されていません", [field]),
} if {
	some field in [inline_fields[kind], "attachedManagedPolicies"]
	not is_array(configuration(field))
}
