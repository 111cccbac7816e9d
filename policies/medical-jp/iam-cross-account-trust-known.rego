# METADATA
# title: IAM roles trust only known accounts and identity providers, vendors with an external id
# description: >-
#   Read is the trust policy of each role. An account has to be the role's own, one of knownAccounts, or one of
#   vendorAccounts, which ties it to the contract with that vendor; a vendor's statement has to ask for an external id.
#   "*" is let be only where a condition holds it to known accounts or organizations. Identity providers (SAML, OpenID
#   Connect, web identity) have to be among knownProviders, and an OpenID Connect provider's statement has to say for whom.
#   AWS services and service-linked roles, whose trust AWS keeps, are not questioned. What a trusted account does
#   with its trust is for the contract.
# scope: package
# related_resources:
#   - https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html
#   - https://docs.aws.amazon.com/IAM/latest/UserGuide/confused-deputy.html
#   - https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_create_for-idp_oidc.html
# custom:
#   id: iam-cross-account-trust-known
#   title_ja: IAMロールの信頼先が把握済みのアカウント・委託先・IDプロバイダーに限定されている
#   severity: high
#   trigger: change
#   resource_types:
#     - AWS::IAM::Role
#   parameters:
#     type: object
#     properties:
#       knownAccounts:
#         type: array
#         items:
#           type: string
#           pattern: "^[0-9]{12}$"
#         default: []
#         description: Accounts of the own organization that roles may trust
#         description_ja: 信頼を許可する自組織のアカウントのID
#       knownOrganizations:
#         type: array
#         items:
#           type: string
#           pattern: "^o-[a-z0-9]{10,32}$"
#         default: []
#         description: Organizations whose accounts may be trusted by a condition on aws:PrincipalOrgID
#         description_ja: aws:PrincipalOrgIDの条件で信頼を許可する組織のID
#       vendorAccounts:
#         type: object
#         additionalProperties:
#           type: string
#         default: {}
#         description: Accounts of vendors, with the number of the contract with each
#         description_ja: 委託先のアカウントIDと契約番号(委託先台帳の番号)の対応
#       knownProviders:
#         type: array
#         items:
#           type: string
#         default:
#           - arn:aws:iam::*:saml-provider/AWSSSO_*_DO_NOT_DELETE
#           - arn:aws:iam::*:oidc-provider/oidc.eks.*.amazonaws.com/id/*
#         description: Identity providers that roles may trust, * for any text; those of other accounts have to be of a known one
#         description_ja: 信頼を許可するIDプロバイダー(*可)。他アカウントのものは、そのアカウントの登録も必要
#       requireExternalId:
#         type: boolean
#         default: true
#         description: Whether the statement of a vendor has to ask for an external id
#         description_ja: 委託先を信頼するステートメントに外部ID(sts:ExternalId)の条件を必須とするか
#   guidelines:
#     - guideline: 医療情報システムの安全管理に関するガイドライン
#       edition: "6.0"
#       part: 企画管理編
#       clause: 7 遵守事項⑥
#       confidence: H
#   remediation: >-
#     Take unknown principals out of the trust policy, or name them in the rule's parameters with their contract
#     (aws iam update-assume-role-policy --role-name ROLE --policy-document file://trust.json). Ask vendors for an external
#     id: "Condition": {"StringEquals": {"sts:ExternalId": "ID"}}.
#   remediation_ja: >-
#     把握していない信頼先を信頼ポリシーから外す(aws iam update-assume-role-policy --role-name ロール名
#     --policy-document file://trust.json)。委託先は契約番号とともにルールのパラメータvendorAccountsに指定し、
#     外部IDの条件を付ける("Condition": {"StringEquals": {"sts:ExternalId": "ID"}})。
package sekisho_policies.iam_cross_account_trust_known

import data.sekisho.decode
import data.sekisho.wildcard

# AWS keeps the trust of these; nobody can change it.
not_applicable if startswith(object.get(input, ["configuration", "path"], ""), "/aws-service-role/")

statements := decode.statements(object.get(input, ["configuration", "assumeRolePolicyDocument"], null))

trusting := [statement |
	some statement in statements
	object.get(statement, "Effect", null) != "Deny"
]

principals(statement, kind) := {name |
	is_object(object.get(statement, "Principal", null))
	some name in decode.list(object.get(statement.Principal, kind, null))
}

# "Principal": "*" stands for {"AWS": "*"}.
anybody(statement) if object.get(statement, "Principal", null) == "*"

anybody(statement) if "*" in principals(statement, "AWS")

# ---- conditions

# Key, in lower case, to the values that it has to have, of one operator.
required(statement, operators) := {[lower(key), values] |
	conditions := object.get(statement, "Condition", null)
	is_object(conditions)
	some operator, tests in conditions
	lower(operator) in operators
	is_object(tests)
	some key, given in tests
	values := decode.list(given)
}

exact := {"stringequals", "stringequalsignorecase"}

limited(statement, key, known) if {
	some [name, values] in required(statement, exact)
	name == key
	count(values) > 0
	every value in values {
		value in known
	}
}

held(statement) if limited(statement, "aws:principalorgid", data.parameters.knownOrganizations)

held(statement) if limited(statement, "aws:principalaccount", known_accounts)

asks_external_id(statement) if {
	some ["sts:externalid", values] in required(statement, exact)
	count(values) > 0
}

# ---- accounts

own_and_known := {input.awsAccountId} | {account | some account in data.parameters.knownAccounts}

vendors := object.keys(data.parameters.vendorAccounts)

known_accounts := own_and_known | vendors

# Of an ARN, or the bare number. Null for what names none: the id of a principal that is gone, or anything else.
account_of(name) := name if {
	is_string(name)
	regex.match(`^[0-9]{12}$`, name)
} else := account if {
	is_string(name)
	regex.match(`^arn:[^:]+:[^:]+:[^:]*:[0-9]{12}:`, name)
	account := split(name, ":")[4]
} else := null

deny contains {
	"msg": sprintf("trusts account %s, which is neither known nor of a vendor under contract", [account]),
	"msg_ja": sprintf("把握していないアカウント%sを信頼しています。委託先であれば契約番号とともにvendorAccountsに指定してください", [account]),
} if {
	some statement in trusting
	some name in principals(statement, "AWS")
	account := account_of(name)
	is_string(account)
	not account in known_accounts
}

deny contains {
	"msg": sprintf("trusts the vendor of account %s (contract %s) without an external id", [account, contract]),
	"msg_ja": sprintf("委託先アカウント%s(契約: %s)を外部IDの条件なしで信頼しています", [account, contract]),
} if {
	data.parameters.requireExternalId
	some statement in trusting
	some name in principals(statement, "AWS")
	account := account_of(name)
	not account in own_and_known
	contract := data.parameters.vendorAccounts[account]
	not asks_external_id(statement)
}

deny contains {
	"msg": "trusts every AWS account, and no condition holds it to known ones",
	"msg_ja": "すべてのAWSアカウントを信頼しており、把握済みの信頼先に限定する条件がありません",
} if {
	some statement in trusting
	anybody(statement)
	not held(statement)
}

deny contains {
	"msg": sprintf("trusts %v, which no longer exists or names no account", [name]),
	"msg_ja": sprintf("削除済み、またはアカウントを特定できない信頼先があります: %v", [name]),
} if {
	some statement in trusting
	some name in principals(statement, "AWS")
	name != "*"
	account_of(name) == null
}

# ---- identity providers

is_known_provider(name) if {
	some pattern in data.parameters.knownProviders
	wildcard.matches(pattern, name)
	account_of(name) in known_accounts | {null}
}

deny contains {
	"msg": sprintf("trusts the identity provider %v, which is not a known one", [name]),
	"msg_ja": sprintf("把握していないIDプロバイダーを信頼しています: %v", [name]),
} if {
	some statement in trusting
	some name in principals(statement, "Federated")
	not is_known_provider(name)
}

# The name by which conditions call an OpenID Connect provider.
issuer(name) := split(name, ":oidc-provider/")[1] if {
	contains(name, ":oidc-provider/")
} else := name if {
	not startswith(name, "arn:")
}

is_for_somebody(statement, name) if {
	some [key, values] in required(statement, exact | {"stringlike"})
	startswith(key, sprintf("%s:", [lower(issuer(name))]))
	count(values) > 0
	not "*" in values
}

deny contains {
	"msg": sprintf("trusts all users of %v: no condition says for whom (sub or aud)", [name]),
	"msg_ja": sprintf("%vの利用者を限定する条件(sub、aud)がありません", [name]),
} if {
	some statement in trusting
	some name in principals(statement, "Federated")
	is_string(issuer(name))
	not is_for_somebody(statement, name)
}

# ---- what cannot be read

deny contains {
	"msg": "trusts whoever is not named (NotPrincipal)",
	"msg_ja": "NotPrincipalにより、記載のない相手をすべて信頼しています",
} if {
	some statement in trusting
	object.get(statement, "NotPrincipal", null) != null
}

deny contains {
	"msg": "the trust policy names no principal that can be read",
	"msg_ja": "信頼ポリシーのPrincipalを読み取れません",
} if {
	some statement in trusting
	object.get(statement, "NotPrincipal", null) == null
	not anybody(statement)
	not names_somebody(statement)
}

names_somebody(statement) if {
	some kind in ["AWS", "Federated", "Service"]
	count(principals(statement, kind)) > 0
}

deny contains {
	"msg": "the trust policy is not recorded",
	"msg_ja": "信頼ポリシーが記録されていません",
} if {
	count(statements) == 0
}
